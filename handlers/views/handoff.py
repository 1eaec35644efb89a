"""The handoff's modals: what will happen, the credentials themselves, and *That wasn't me*."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from access.model.contact_key import ContactKeys, EncryptedCredentials, KeyKind
from access.model.credentials import Credentials, env_file
from access.model.handoff import Handoff
from access.model.ids import HandoffId
from access.model.rendered import Block
from access.model.resource_server import Askers
from access.model.token import Token
from handlers import ids
from handlers.mrkdwn import code, instant, strong
from handlers.views.keys import key_name
from handlers.views.kit import View, context, modal, section
from handlers.views.token_line import last_use


@dataclass(frozen=True, slots=True)
class ApiGuide:
    """Where the organisation's API is and where it is explained; either may be unknown."""

    url: str | None
    docs: str | None


def explain_form(handoff: Handoff, third_party_name: str, keys: ContactKeys) -> View:
    """Return the modal that says what will happen; its submit is the reveal. `keys`: the contact's own."""
    return modal(
        "Before I show them",
        [
            section(
                f"I am about to show you the credentials of {strong(third_party_name)}. *I can do that only once.*"
            ),
            section(
                "Do this at a computer with your password manager open: *closing the window loses it.* Nobody can show "
                "them again, not even an admin."
            ),
            *_how_shown(keys),
            context(f"Not a good moment? Close this; the offer stands until {instant(handoff.lapses_at)}."),
        ],
        callback=ids.HANDOFF_FORM,
        about=handoff.id,
        submit="Show them once",
        close="Not now",
    )


def _how_shown(keys: ContactKeys) -> list[Block]:
    if keys.in_force is not None:
        name = key_name(keys.in_force)
        return [section(f"They come encrypted to your public key {name}. Only its private key opens them.")]
    if keys.waiting is not None:
        waits = "Your public key isn't approved yet, so I would show them *in clear*. You may wait until it is."
        return [section(waits)]
    return []


def credentials_view(credentials: Credentials, api: ApiGuide) -> View:
    """Return the reveal: nothing in it is interactive, so that no later payload can echo it."""
    token = credentials.token.reveal()
    return modal(
        "Your credentials",
        [
            section(
                f"The credentials of {strong(credentials.third_party_name)}. *Save them now: they are shown this once, "
                "and closing the window loses them.*"
            ),
            section("*Client ID*"),
            _preformatted(credentials.client_id),
            *_client_secret(credentials),
            section("*Token*"),
            _preformatted(token),
            section("*All of it, for a .env file*"),
            _preformatted(env_file(credentials, api.url).reveal().rstrip("\n")),
            *_example(api),
            section(
                f"The token works until {instant(credentials.expires_at)}. To check later which one you have, compare "
                f"its fingerprint: {code(credentials.fingerprint)}."
            ),
            context("Then close this window and tell me, with the buttons of my message, whether it works."),
        ],
        callback=ids.REVEAL,
        close="I have saved them",
    )


def _client_secret(credentials: Credentials) -> list[Block]:
    """What was made elsewhere may have come without one."""
    if credentials.client_secret is None:
        return []
    return [section("*Client secret*"), _preformatted(credentials.client_secret.reveal())]


def encrypted_view(shown: EncryptedCredentials, api: ApiGuide) -> View:
    """Return the reveal to a contact with a key of their own: no secret is in it, and nothing that sends it back."""
    identity = "key.txt" if shown.key.kind is KeyKind.AGE else _IDENTITIES[shown.key.kind or KeyKind.ED25519]
    on_windows = identity.replace("~/.ssh/", "$HOME\\.ssh\\")
    command, windows = (f"age -d -i {each} -o .env credentials.age" for each in (identity, on_windows))
    return modal(
        "Your credentials",
        [
            section(
                f"The credentials of {strong(shown.third_party_name)}, encrypted to your public key "
                f"{key_name(shown.key)}. *Save the whole block now as a file* `credentials.age`: it is shown this "
                "once, and closing the window loses it."
            ),
            _preformatted(shown.armoured.rstrip("\n")),
            section(f"*Then open it* with age and your private key ({code(identity)}, or wherever yours is):"),
            section("*Linux:* `sudo apt install age`, or as your system installs it, then"),
            _preformatted(command),
            section("*macOS:* `brew install age`, then"),
            _preformatted(command),
            section("*Windows*, in PowerShell: `winget install FiloSottile.age`, then"),
            _preformatted(windows),
            section("You then have a file `.env` with all of the credentials, ready for a program."),
            *_example(api),
            section(
                f"The client ID is {code(shown.client_id)}. The token works until {instant(shown.expires_at)}; to "
                f"check later which one you have, compare its fingerprint: {code(shown.fingerprint)}."
            ),
            context("Then close this window and tell me, with the buttons of my message, whether it works."),
        ],
        callback=ids.REVEAL,
        close="I have saved it",
    )


_IDENTITIES: Final[Mapping[KeyKind, str]] = {KeyKind.ED25519: "~/.ssh/id_ed25519", KeyKind.RSA: "~/.ssh/id_rsa"}
"""Where `ssh-keygen` puts them."""


def dispute_form(handoff: HandoffId, token: Token, third_party_name: str, askers: Askers) -> View:
    """Return the modal that asks before *That wasn't me* is taken as said."""
    return modal(
        "That wasn't me",
        [
            section(
                f"Did somebody else open the credentials of {strong(third_party_name)}? Then say so: I alert the "
                "admins and the owner."
            ),
            section(
                "If you are still the contact, the token is suspended at once: *your own program is refused too* "
                "until an admin has decided."
                if not token.is_external
                else "I can't stop the token myself, because it was made elsewhere: the admins have it stopped there. "
                "*Your own program is refused then, too.*"
            ),
            context(last_use(token, askers)),
        ],
        callback=ids.DISPUTE_FORM,
        about=handoff,
        submit="It wasn't me",
        close="Cancel",
    )


def _example(api: ApiGuide) -> list[Block]:
    blocks: list[Block] = []
    if api.url:
        blocks.append(section("*An example request*"))
        blocks.append(_preformatted('curl -H "Authorization: Bearer $API_TOKEN" "$API_URL"'))
    if api.docs:
        blocks.append(_rich_text("section", {"type": "text", "text": "How to use the API: "}, _link(api.docs)))
    return blocks


def _preformatted(text: str) -> Block:
    return _rich_text("preformatted", {"type": "text", "text": text})


def _link(url: str) -> dict[str, Any]:
    return {"type": "link", "url": url}


def _rich_text(kind: str, *elements: dict[str, Any]) -> Block:
    return {"type": "rich_text", "elements": [{"type": f"rich_text_{kind}", "elements": list(elements)}]}
