"""What a third party waits for, in words and with its button."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from access.model.card import NextStep, ThirdPartyCard
from access.model.rendered import Block
from access.model.token import TokenState
from handlers import ids
from handlers.mrkdwn import code, command, instant, person
from handlers.views.keys import approve_button, reject_key
from handlers.views.kit import button, confirmation
from handlers.views.token_line import lift, replace, retire


def next_step_text(card: ThirdPartyCard) -> str:
    """Say what is to be done now, and by whom where the reader may not do it."""
    text = _TEXTS[card.next_step](card)
    beside = card.next_step is NextStep.OFFER_IMPORTED and card.may_be_renewed
    may = card.may_serve if beside or card.next_step in _OWNERS_TOO else card.may_manage
    return text if may or card.next_step in _NOBODYS else f"{text} An admin can do that."


def next_step_buttons(card: ThirdPartyCard) -> Iterator[Block]:
    """Yield the buttons of the next step that the reader may press, the main one first."""
    about, step = card.party.id, card.next_step
    if card.may_serve:
        yield from _owners_buttons(card)
    if step is NextStep.NOTHING:
        yield button("Test", ids.TEST, about)
    if not card.may_manage:
        return
    if step in _MAIN_BUTTONS and not (card.waiting and card.may_be_renewed):  # an owner's button, then
        label, action = _MAIN_BUTTONS[step]
        yield button(label, action, about, style="primary")
    elif card.proposal and step is NextStep.APPROVE_CONTACT:
        yield approve_button(card.proposal.id, card.proposed_key)
        yield button("Reject", ids.REJECT, card.proposal.id)
        if card.proposed_key:
            yield reject_key(card.proposed_key)
    elif card.proposal and step is NextStep.WAIT_FOR_INTRODUCTION:
        yield button("Take it back", ids.REJECT, card.proposal.id)
    elif card.deputy_approval and step is NextStep.PROMOTE_DEPUTY:
        yield button("Make them the contact", ids.PROMOTE_DEPUTY, card.deputy_approval.id, style="primary")
    elif step is NextStep.DECIDE_SUSPENSION:
        suspended = card.in_state(TokenState.SUSPENDED)[0].token
        yield replace(suspended)
        yield lift(suspended)


def _owners_buttons(card: ThirdPartyCard) -> Iterator[Block]:
    """Yield them for one token at a time, the newest: Slack takes no two buttons for the same in one row."""
    step = card.next_step
    if step is NextStep.WAIT_FOR_COLLECTION:
        yield offer_anew(card.in_state(TokenState.PENDING)[0].token.id)
    elif step is NextStep.DECIDE_FORMER_TOKENS:
        yield replace(card.opened_by_former[0].token)
    elif step is NextStep.SWITCH:
        yield retire(card.overlapping[0].token)
    elif step is NextStep.OFFER_IMPORTED and card.may_be_renewed:
        yield button("Offer the credentials", ids.RENEW, card.party.id, style="primary")


def offer_anew(token: str, label: str = "Offer new ones") -> Block:
    """Return the button that puts a new token in the place of one that waits to be collected."""
    dialog = confirmation(
        "Offer new credentials?",
        "The offer that waits now ends and its token is revoked. The contact gets a new offer in a new message.",
        "Offer new ones",
    )
    return button(label, ids.RESEND, token, confirm=dialog)


def _offer_imported(card: ThirdPartyCard) -> str:
    verb = "renew" if card.may_be_renewed else "issue"
    beside = " The token that is in use keeps working meanwhile." if card.may_be_renewed else ""
    return (
        f"offer the imported credentials to {person(card.contact)}: {command(verb, card.party.name)}. They were made "
        f"elsewhere, and nobody was handed them yet.{beside}"
    )


def _wait_for_collection(card: ThirdPartyCard) -> str:
    line = card.in_state(TokenState.PENDING)[0]
    another = any(other.token.works(card.now) for other in card.live)
    until = f", until {instant(line.handoff.lapses_at)}" if line.handoff else ""
    return (
        f"{person(line.contact)} opens the credentials{until}. "
        f"The button for it is in my message to them; if that got lost, {command('resend', card.party.name)}."
        f"{' The token that is in use keeps working meanwhile.' if another else ''}"
    )


def _decide_suspension(card: ThirdPartyCard) -> str:
    contact = person(card.in_state(TokenState.SUSPENDED)[0].contact)
    return (
        f"decide about the suspended token. {contact} said that somebody else may have its credentials, so it is "
        "refused until then."
    )


def _proposer(card: ThirdPartyCard) -> str:
    if card.proposal is None or card.proposal.proposed_by is None:
        return "They were imported; nobody in Slack proposed them."
    return f"{person(card.proposed_by)} proposed them."


def _switch(card: ThirdPartyCard) -> str:
    old = card.overlapping[0].token
    return (
        f"{person(card.contact)} puts the new credentials into every program of theirs; both tokens work until "
        f"{instant(old.retires_at or old.expires_at)}. When everything is switched, retire the old one."
    )


def _nothing(card: ThirdPartyCard) -> str:
    if any(line.token.is_external for line in card.live):
        return "nothing. Whether calls are accepted is decided where the token was made."
    if all(line.handoff is None or line.handoff.confirmed_at for line in card.live):
        return "nothing. Everything is in place."
    return f"nothing for you. {person(card.contact)} has the credentials, and hasn't said yet whether they work."


def _decide_former_tokens(card: ThirdPartyCard) -> str:
    line = card.opened_by_former[0]
    which = f" {code(line.token.fingerprint)}" if len(card.opened_by_former) > 1 else ""
    return (
        f"decide about the token{which} that {person(line.contact)} opened. They are not the contact any more, and it "
        "still works: revoke or replace it, or leave it if you trust them with it."
    )


_MAIN_BUTTONS: Final[Mapping[NextStep, tuple[str, str]]] = {
    NextStep.PROPOSE_CONTACT: ("Propose a contact", ids.PROPOSE),
    NextStep.ENABLE: ("Enable", ids.ENABLE),
    NextStep.ISSUE: ("Issue a token", ids.ISSUE),
    NextStep.OFFER_IMPORTED: ("Offer the credentials", ids.ISSUE),
}
_OWNERS_TOO: Final = frozenset({NextStep.WAIT_FOR_COLLECTION, NextStep.DECIDE_FORMER_TOKENS, NextStep.SWITCH})
_NOBODYS: Final = frozenset({NextStep.WAIT_FOR_INTRODUCTION, NextStep.NOTHING})
_TEXTS: Final[Mapping[NextStep, Callable[[ThirdPartyCard], str]]] = {
    NextStep.PROPOSE_CONTACT: lambda card: (
        "propose the contact, the one person who may receive the credentials: "
        f"{command('contact', card.party.name, '@user')}."
    ),
    NextStep.PROMOTE_DEPUTY: lambda card: (
        f"make {person(card.deputy_contact)} the contact. There is none at the moment, and they are approved as the "
        f"deputy. Or propose somebody else: {command('contact', card.party.name, '@user')}."
    ),
    NextStep.WAIT_FOR_INTRODUCTION: lambda card: (
        f"nothing to do yet. I am introducing myself to {person(card.proposed)}; once that message has arrived, "
        "I ask the admins for their approval."
    ),
    NextStep.APPROVE_CONTACT: lambda card: (
        f"approve {person(card.proposed)} as the contact, or reject them. {_proposer(card)}"
    ),
    NextStep.ENABLE: lambda card: f"enable it: {command('enable', card.party.name)}.",
    NextStep.WAIT_FOR_KEY: lambda card: (
        "decide about the contact's public key. Credentials are shown encrypted only."
        if card.keys.waiting
        else f"nothing for you. {person(card.contact)} adds a public key, by a button in my message to them, and an "
        "admin approves it. Credentials are shown encrypted only."
    ),
    NextStep.ISSUE: lambda card: (
        f"issue a token, and I offer its credentials to {person(card.contact)}: {command('issue', card.party.name)}."
    ),
    NextStep.OFFER_IMPORTED: _offer_imported,
    NextStep.WAIT_FOR_COLLECTION: _wait_for_collection,
    NextStep.DECIDE_SUSPENSION: _decide_suspension,
    NextStep.DECIDE_FORMER_TOKENS: _decide_former_tokens,
    NextStep.SWITCH: _switch,
    NextStep.NOTHING: _nothing,
}
