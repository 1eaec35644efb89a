"""Questions that come before something is ended for good, seen by the person who asked for it alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from access.model.card import ThirdPartyCard
from access.model.rendered import Rendered
from access.model.resource_server import Askers
from access.model.token import Token
from handlers import ids
from handlers.mrkdwn import code, escape, instant
from handlers.views.kit import View, actions, button, confirmation, context, message, modal, section
from handlers.views.token_line import CANNOT_STOP, last_use, revoke_now, stop_elsewhere


@dataclass(frozen=True, slots=True)
class OverlapShown:
    """Two tokens of the third party `name`, both of which work. `askers`: who asks about them."""

    name: str
    old: Token
    new: Token
    askers: Askers


def remove_question(card: ThirdPartyCard) -> Rendered:
    """Ask whether a third party is to end."""
    count = len(card.live)
    tokens = {0: "It has no working token.", 1: "Its token stops working at once."}
    lost = tokens.get(count, f"Its {count} tokens stop working at once.")
    dialog = confirmation(
        "Remove it?", "Its tokens are revoked at once. This can't be undone; the history stays.", "Remove"
    )
    return message(
        section(
            f"*Remove {escape(card.party.name)}?* {lost} This can't be undone. The history stays, and the "
            f"name may be used again.{stop_elsewhere(*(line.token for line in card.live))}"
        ),
        *(context(f"{code(line.token.fingerprint)}: {last_use(line.token, card.askers)}") for line in card.live),
        *actions(
            button("Remove now", ids.REMOVE_NOW, card.party.id, style="danger", confirm=dialog),
            button("Keep it", ids.DISMISS),
        ),
    )


def revoke_question(card: ThirdPartyCard, tokens: Sequence[Token]) -> Rendered:
    """Ask whether, or which of, these tokens are to be revoked."""
    which = "this token" if len(tokens) == 1 else "one of these tokens"
    return message(
        section(f"*Revoke {which} of {escape(card.party.name)}?* {_what_revoking_does(tokens)}"),
        *(section(_token(token, card.askers), button=revoke_now(token)) for token in tokens),
        *(context(f"{code(other)} keeps working.") for other in _kept(card, tokens)),
        *actions(button("Keep it" if len(tokens) == 1 else "Keep them", ids.DISMISS)),
    )


def _what_revoking_does(tokens: Sequence[Token]) -> str:
    if any(token.is_external for token in tokens):
        return f"In my books it ends at once, and that can't be undone.{stop_elsewhere(*tokens)}"
    return "It stops working at once, and that can't be undone."


def retire_question(overlap: OverlapShown) -> Rendered:
    """Ask whether the old one of two tokens is to end."""
    stops = "It stops working at once, and that can't be undone. A program that still uses it is refused from then on."
    dialog = confirmation("Retire the old token?", CANNOT_STOP if overlap.old.is_external else stops, "Retire")
    return message(
        *(section(text) for text in retirement_explained(overlap)),
        *actions(
            button("Retire it now", ids.RETIRE_NOW, overlap.old.id, style="danger", confirm=dialog),
            button("Keep it", ids.DISMISS),
        ),
    )


def retire_form(overlap: OverlapShown) -> View:
    """Return the modal in which the contact is asked the same; its submit retires the old token."""
    return modal(
        "Everything is switched?",
        [section(text) for text in retirement_explained(overlap)],
        callback=ids.RETIRE_FORM,
        about=overlap.old.id,
        submit="Retire the old one",
        close="Not yet",
    )


def retirement_explained(overlap: OverlapShown) -> Iterator[str]:
    """Say what it means to retire an old token, and when both were last used, as far as that is known."""
    yield (
        f"*Does every program of {escape(overlap.name)} use the new credentials?* Then the old token can retire: "
        f"{_what_retiring_does(overlap.old)}"
    )
    yield f"The old one, {code(overlap.old.fingerprint)}. {last_use(overlap.old, overlap.askers)}"
    yield f"The new one, {code(overlap.new.fingerprint)}. {last_use(overlap.new, overlap.askers)}"


def _what_retiring_does(old: Token) -> str:
    if old.is_external:
        return f"in my books it ends at once, and that can't be undone.{stop_elsewhere(old)}"
    return "it stops working at once, and that can't be undone."


def _kept(card: ThirdPartyCard, tokens: Sequence[Token]) -> Iterator[str]:
    for line in card.live:
        if line.token.works(card.now) and line.token not in tokens:
            yield line.token.fingerprint


def _token(token: Token, askers: Askers) -> str:
    which = f"{code(token.fingerprint)}, issued {instant(token.issued_at)}, expires {instant(token.expires_at)}"
    return f"{which}\n{last_use(token, askers)}"
