"""A contact's public key: how it is named, the form that takes it, what is asked about it and what came of that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.card import ThirdPartyCard, Who
from access.model.contact_key import ContactKey, ContactKeys, KeyKind, KeyOutcome
from access.model.ids import ProposalId
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from handlers import ids
from handlers.mrkdwn import code, instant, person, strong
from handlers.views.forms import State, typed_in
from handlers.views.kit import View, actions, button, confirmation, context, message, modal, section, text_input

REGISTERED: Final = (
    "I have your public key. It counts once an admin has approved it; what is decided, you read in my message here."
)
"""What a contact, or who waits to become it, reads as soon as they have given a key."""

REMOVAL_ASKED: Final = (
    "I have asked the admins. Until one of them has approved it, your key stays, and what is decided you read in my "
    "message about it."
)
NO_WINDOW: Final = (
    "Slack doesn't let you open my window, and both a key is given and credentials are shown nowhere else. Nothing is "
    "lost: please ask the person who offers you the credentials to invite you to their workspace as a guest."
)
_COMPARE: Final = (
    "Before you approve: does it really come from them? Compare the fingerprint with them by another way than Slack, "
    "because whoever has their Slack account could give a key of their own."
)


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A change of a key with the people in it. `in_force`: the key that is, at present. `required`: none without."""

    party: ThirdParty
    change: ContactKey
    in_force: ContactKey | None
    contact: Who
    owner: Who
    decided_by: Who
    required: bool
    now: datetime


def key_name(key: ContactKey) -> str:
    """Return what people compare: the kind and the fingerprint; of an age key, which is short, the key itself too."""
    name = f"{code(key.kind or '')} {code(key.fingerprint or '')}"
    return f"{name}, {code(key.text)}" if key.kind is KeyKind.AGE and key.text else name


def approve_button(proposal: ProposalId, key: ContactKey | None, *, spoken: str = "") -> Block:
    """Return the button that approves a proposal and the key that is shown with it, and no other one."""
    value = f"{proposal}:{key.id}" if key else proposal
    return button("Approve", ids.APPROVE, value, style="primary", spoken=spoken)


def reject_key(key: ContactKey, label: str = "Reject the key") -> Block:
    """Return the button that says no to a key."""
    return button(label, ids.REJECT_KEY, key.id)


def own_key(party: ThirdParty, keys: ContactKeys, *, required: bool) -> list[Block]:
    """Say to the contact which key they have, with the buttons that change it."""
    return [section(own_key_text(keys, required=required)), *actions(*own_key_buttons(party, keys))]


def own_key_text(keys: ContactKeys, *, required: bool) -> str:
    """Say to the contact how credentials are shown to them."""
    if keys.in_force:
        text = f"Credentials are shown to you encrypted to your public key {key_name(keys.in_force)}."
    elif required:
        text = (
            "Credentials are shown here only encrypted to a public key of your own (age or SSH), and none of yours is "
            "approved yet."
        )
    else:
        text = (
            "If you have a public key (age or SSH), you may add it: then credentials are shown to you encrypted to it, "
            "and Slack never carries them in clear."
        )
    if keys.waiting is None:
        return text
    if keys.waiting.is_removal:
        return f"{text} You asked to remove it, and that waits for an admin."
    return f"{text} You gave {key_name(keys.waiting)}, which counts once an admin has approved it."


def own_key_buttons(party: ThirdParty, keys: ContactKeys) -> Iterator[Block]:
    """Yield the buttons by which the contact changes their key."""
    label = "Change the key" if keys.in_force or keys.waiting else "Add a public key"
    yield button(label, ids.ADD_KEY, party.id)
    if keys.in_force and not (keys.waiting and keys.waiting.is_removal):
        dialog = confirmation(
            "Remove your key?",
            "I ask the admins. If one approves it, credentials are not encrypted to it any more.",
            "Ask for it",
        )
        yield button("Remove the key", ids.REMOVE_KEY, keys.in_force.id, confirm=dialog)


def key_form(party: ThirdParty, keys: ContactKeys) -> View:
    """Return the form that takes a public key."""
    present = f" At present it is {key_name(keys.in_force)}." if keys.in_force else ""
    return modal(
        "Your public key",
        [
            section(
                f"I encrypt the credentials of {strong(party.name)} to your public key, so that you alone can open "
                f"them and Slack never carries them in clear. An admin approves the key first.{present}"
            ),
            text_input(
                ids.KEY_FIELD,
                "Public key",
                hint="One line that begins with age1, ssh-ed25519 or ssh-rsa: the content of a .pub file. Never the "
                "private key.",
                lines=True,
            ),
            context(
                "You have none? `age-keygen -o key.txt` makes one and prints the public key; or use the line in "
                "`~/.ssh/id_ed25519.pub`, if there is such a file."
            ),
        ],
        callback=ids.KEY_FORM,
        about=party.id,
        submit="Send",
        close="Cancel",
    )


def parse_key_form(state: State) -> str:
    """Return what was pasted. Raises NotOurForm."""
    return typed_in(state, ids.KEY_FIELD)


def key_request(shown: KeyShown) -> Rendered:
    """Ask the admins about a change of a contact's key, and afterwards show who decided what."""
    who, name, change = person(shown.contact), strong(shown.party.name), shown.change
    if change.is_removal:
        asks = f"{who}, the contact of {name}, asks to have no public key any more"
    else:
        asks = f"{who}, the contact of {name}, gives a public key: {key_name(change)}"
    if change.outcome is not None:
        return message(section(f"{_decision(shown)}. {asks}."), *actions(*_show(shown)))
    return message(
        section(f"{asks}. {_meaning(shown)} Approve or reject?"),
        context(_COMPARE),
        *actions(*decide_buttons(change), *_show(shown)),
    )


def decide_buttons(change: ContactKey) -> Iterator[Block]:
    """Yield the buttons by which an admin decides about a change."""
    label = "Approve the removal" if change.is_removal else "Approve the key"
    yield button(label, ids.APPROVE_KEY, change.id, style="primary")
    yield button("Reject", ids.REJECT_KEY, change.id)


def waiting_key(card: ThirdPartyCard) -> list[Block]:
    """Return the question about a change of the contact's key on the card of a third party."""
    change = card.keys.waiting
    if change is None:
        return []
    if change.is_removal:
        text = f"*Key to remove:* {person(card.contact)} asks to have no public key any more."
    else:
        text = f"*Key to approve:* {person(card.contact)} gives {key_name(change)}."
    buttons = decide_buttons(change) if card.may_manage else ()
    return [section(text), *([context(_COMPARE)] if card.may_manage else []), *actions(*buttons)]


def proposed_key(key: ContactKey | None) -> list[Block]:
    """Say which key somebody gives who is proposed as the contact."""
    if key is None:
        return []
    return [section(f"They give a public key, which is approved together with them: {key_name(key)}.")]


def key_asked(shown: KeyShown) -> Rendered:
    """Tell the contact that a change of their key was asked for in their name, and afterwards what came of it."""
    name, at = strong(shown.party.name), instant(shown.change.asked_at)
    if shown.change.is_removal:
        asked = f"You asked {at} to have no public key any more for the credentials of {name}."
    else:
        asked = f"You gave {at} a public key for the credentials of {name}: {key_name(shown.change)}."
    if shown.change.outcome is not None:
        decided = _TO_CONTACT[shown.change.is_removal, shown.change.outcome].format(
            by=person(shown.decided_by), at=instant(shown.change.decided_at or shown.now), owner=person(shown.owner)
        )
        return message(section(f"{asked} {decided}"))
    return message(
        section(f"{asked} An admin decides about it, and you read it here. {_until_then(shown)}"),
        context(
            "If that wasn't you, somebody else may have your Slack account: please tell "
            f"{person(shown.owner)} now, by another way than Slack."
        ),
    )


_TO_CONTACT: Final[Mapping[tuple[bool, KeyOutcome], str]] = {
    (False, KeyOutcome.APPROVED): "{by} approved it {at}: credentials are encrypted to it from then on.",
    (True, KeyOutcome.APPROVED): "{by} approved it {at}: credentials are not encrypted to that key any more.",
    (False, KeyOutcome.REJECTED): "{by} said no {at}. Please talk with them, or with {owner}.",
    (True, KeyOutcome.REJECTED): "{by} said no {at}, so your key stays. Please talk with them, or with {owner}.",
    (False, KeyOutcome.SUPERSEDED): "You have asked for something else since, which takes its place.",
    (True, KeyOutcome.SUPERSEDED): "You have asked for something else since, which takes its place.",
    (False, KeyOutcome.WITHDRAWN): "You are not the contact any more, so there is nothing left to decide.",
    (True, KeyOutcome.WITHDRAWN): "You are not the contact any more, so there is nothing left to decide.",
}


def _until_then(shown: KeyShown) -> str:
    if shown.in_force:
        return f"Until then, credentials are encrypted to {key_name(shown.in_force)}."
    if shown.required:
        return "Until then, no credentials are shown to you."
    return "Until then, credentials are shown to you in clear."


def _meaning(shown: KeyShown) -> str:
    former = f"{key_name(shown.in_force)}" if shown.in_force else ""
    if shown.change.is_removal:
        after = (
            "no credentials are shown to them until they have another"
            if shown.required
            else "credentials are shown to them in clear"
        )
        return f"It is {former} now; without it, {after}." if former else f"Without it, {after}."
    instead = f" It takes the place of {former}." if former else ""
    return f"Once it is approved, credentials are shown to them encrypted to it, and to nobody else.{instead}"


def _decision(shown: KeyShown) -> str:
    by = person(shown.decided_by)
    return {
        KeyOutcome.APPROVED: f"✓ Approved by {by}",
        KeyOutcome.REJECTED: f"✗ Rejected by {by}",
        KeyOutcome.SUPERSEDED: "– Nothing to decide any more, the contact has asked for something else since",
        KeyOutcome.WITHDRAWN: "– Nothing to decide any more, they are not the contact now",
    }[shown.change.outcome or KeyOutcome.SUPERSEDED]


def _show(shown: KeyShown) -> list[Block]:
    return [] if shown.party.removed_at else [button("Show", ids.SHOW, shown.party.id)]
