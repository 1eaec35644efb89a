"""One third party: its card with the two switches and the next step."""

from collections.abc import Iterator

from access.model.card import NextStep, ThirdPartyCard, TokenLine, Who
from access.model.contact import ContactProposal
from access.model.ids import PersonId
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from access.model.token import TokenState
from handlers import ids
from handlers.mrkdwn import code, instant, person, quote, shortened, strong
from handlers.views.delivery import undelivered_line
from handlers.views.keys import key_name, waiting_key
from handlers.views.kit import actions, button, confirmation, message, section, sections
from handlers.views.lookalike import lookalike_warning
from handlers.views.next_step import next_step_buttons, next_step_text
from handlers.views.token_line import retire, token_line, undo_lapse

_URL_SHOWN = 300


def third_party_card(card: ThirdPartyCard, *, lead: str = "") -> Rendered:
    """Return everything about a third party. `lead` is mrkdwn put first: what just happened to it."""
    return message(
        *([section(lead)] if lead else []),
        *([section(lookalike_warning(card.party.name, card.lookalikes))] if card.lookalikes else []),
        *sections(_facts(card)),
        *waiting_key(card),
        *_proposed_deputy(card),
        *_tokens(card),
        *([section(f"*Notes*\n{quote(card.party.notes)}")] if card.party.notes else []),
        *sections(undelivered_line(problem) for problem in card.undelivered),
        section(f"*Next step:* {next_step_text(card)}"),
        *actions(*next_step_buttons(card)),
        *actions(*_tools(card)),
    )


def _facts(card: ThirdPartyCard) -> Iterator[str]:
    party = card.party
    yield strong(party.name)
    if party.enabled:
        yield "*Enabled:* ✓ yes"
    else:
        yield f"*Enabled:* ✗ no, so every call to the API is refused{_but_elsewhere(card)}{_since_restore(party)}"
    deputy = f", deputy {person(card.deputy_owner)}{_gone(party.deputy_owner, card)}" if party.deputy_owner else ""
    yield f"*Owner:* {person(card.owner)}{_gone(party.owner, card)}{deputy}"
    yield f"*Contact:* {_contact(card)}"
    if card.keys.in_force:
        decided = instant(card.keys.in_force.decided_at or card.now)
        yield f"*Contact's key:* {key_name(card.keys.in_force)}, approved by {person(card.key_approved_by)}, {decided}"
    elif card.party.contact and card.key_required:
        yield "*Contact's key:* none approved yet, and without one no credentials are shown"
    if card.party.deputy_contact:
        yield f"*Deputy contact:* {_deputy(card)}"
    if card.proposal and not card.proposal.deputy:
        key = f", with the public key {key_name(card.proposed_key)}" if card.proposed_key else ""
        yield f"*Proposed contact:* {person(card.proposed)}, {_by(card)}{key}"
    yield f"*Client ID:* {code(party.client_id)}"
    if party.callback_url:
        yield f"*Callback URL:* {code(shortened(party.callback_url, _URL_SHOWN))}"


def _but_elsewhere(card: ThirdPartyCard) -> str:
    if not any(line.token.is_external for line in card.live):
        return ""
    return ", but for those with a token that was made elsewhere: only there can it be stopped"


def _since_restore(party: ThirdParty) -> str:
    if not party.awaits_confirmation or party.restored_at is None:
        return ""
    return f", since the database was restored {instant(party.restored_at)}; it was enabled then"


def _by(card: ThirdPartyCard) -> str:
    imported = card.proposal is not None and card.proposal.proposed_by is None
    return "imported" if imported else f"by {person(card.proposed_by)}"


def _gone(owner: PersonId | None, card: ThirdPartyCard) -> str:
    return " (gone)" if owner in card.gone else ""


def _contact(card: ThirdPartyCard) -> str:
    if card.party.contact is None:
        return "nobody yet"
    return _approved(card.contact, card.approval, card.approved_by)


def _deputy(card: ThirdPartyCard) -> str:
    approved = _approved(card.deputy_contact, card.deputy_approval, card.deputy_approved_by)
    return f"{approved}; receives no credentials until the contact has gone"


def _approved(who: Who, approval: ContactProposal | None, by: Who) -> str:
    if approval is None or approval.decided_at is None:
        return person(who)
    ends_at = approval.account_ends_at
    guest = f"; guest until {instant(ends_at)}" if ends_at else ""
    return f"{person(who)}, approved by {person(by)}, {instant(approval.decided_at)}{guest}"


def _proposed_deputy(card: ThirdPartyCard) -> list[Block]:
    """Return the question about a deputy, whom nothing else waits for."""
    if card.proposal is None or not card.proposal.deputy:
        return []
    reached = card.proposal.reached_at is not None
    waits = "who waits for approval" if reached else "who has not got my introduction yet"
    text = f"*Proposed deputy contact:* {person(card.proposed)}, {_by(card)}, {waits}"
    if not card.may_manage:
        return [section(text)]
    approve = [button("Approve", ids.APPROVE, card.proposal.id, style="primary")] if reached else []
    reject = button("Reject" if reached else "Take it back", ids.REJECT, card.proposal.id)
    return [section(text), *actions(*approve, reject)]


def _tokens(card: ThirdPartyCard) -> list[Block]:
    if not card.tokens:
        return [section("*Tokens:* none yet")]
    blocks = [section("*Tokens*, newest first")]
    for line in card.tokens:
        blocks.append(section(token_line(line, card.now, card.askers), button=_end(card, line)))
        if card.may_serve and line.token.let_lapse_at is not None and line.token.works(card.now):
            blocks += actions(undo_lapse(line.token))
    return blocks


def _end(card: ThirdPartyCard, line: TokenLine) -> Block | None:
    suspended = line.token.state(card.now) is TokenState.SUSPENDED
    permitted = card.may_manage if suspended else card.may_serve
    if not permitted or not line.token.is_live(card.now):
        return None
    if line in card.overlapping:
        return retire(line.token, "Retire")
    return button("Revoke", ids.REVOKE, line.token.id, spoken=f"Revoke the token {line.token.fingerprint}")


def _tools(card: ThirdPartyCard) -> Iterator[Block]:
    about = card.party.id
    if card.may_serve and card.may_be_renewed:
        yield button("Renew", ids.RENEW, about)
    if card.may_manage:
        yield button("Edit", ids.EDIT, about)
        if card.next_step is not NextStep.PROPOSE_CONTACT:
            another = card.party.contact or (card.proposal and not card.proposal.deputy)
            yield button("Propose another contact" if another else "Propose a contact", ids.PROPOSE, about)
        yield from _deputy_tools(card)
        if card.party.enabled:
            yield button("Disable", ids.DISABLE, about)
    if card.may_manage or not card.may_serve:
        yield button("Audit trail", ids.AUDIT, about)
    if card.may_manage:
        yield button("Remove", ids.REMOVE, about)


def _deputy_tools(card: ThirdPartyCard) -> Iterator[Block]:
    """Yield what an admin can do about the deputy contact."""
    if card.party.contact:
        label = "Propose another deputy" if card.party.deputy_contact else "Propose a deputy"
        yield button(label, ids.PROPOSE_DEPUTY, card.party.id)
    if card.party.deputy_contact and card.deputy_approval:
        dialog = confirmation(
            "Remove the deputy contact?",
            "If the contact goes, nobody takes over. To have a deputy again, one has to be proposed and approved.",
            "Remove deputy",
        )
        yield button("Remove deputy", ids.REMOVE_DEPUTY, card.deputy_approval.id, confirm=dialog)
