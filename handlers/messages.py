"""From a queued message to what Slack shows, written from the state at that moment."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from access.model.card import Who
from access.model.ids import ContactKeyId, PersonId, ProposalId, ReasonHash, TokenId, TokenRequestId, WorkspaceId
from access.model.messages import ABOUT_PERSON, OF_SEVERAL, MessageKind, PlannedMessage
from access.model.rendered import Rendered
from access.model.renewal import is_use_known
from access.model.third_party import ThirdParty
from access.model.token import Token, expiry
from access.operations.find_third_party import names_like
from access.operations.offering import waiting_token
from access.ports import Ports, Reading
from handlers.audit_head import head_message
from handlers.digest import digest_message
from handlers.imported import imported_message
from handlers.leavers import leaver_message
from handlers.mrkdwn import escape
from handlers.reminders import reminders_message
from handlers.restored import restored_message
from handlers.views import asking, contact_messages, handoff_messages, handoff_news, keys, owner_messages
from handlers.views.asking import RequestShown
from handlers.views.contact_messages import ProposalShown
from handlers.views.handoff_messages import HandoffShown, TokenShown
from handlers.views.keys import KeyShown
from handlers.views.revocation import (
    revoked_at_command_line,
    revoked_at_command_line_for_contact,
    revoked_from_outside,
    revoked_from_outside_for_contact,
)

_TRAIL_LOOKED_AT: Final = 20
_SWITCH: Final = {"third_party.enabled": True, "third_party.disabled": False}


_OF_ALL: Final = {
    MessageKind.DIGEST: digest_message,
    MessageKind.RESTORED: restored_message,
    MessageKind.IMPORTED: imported_message,
}
"""What is about all third parties."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a message is written from: the rows of its workspace, and the present. `shown`: it is in Slack already."""

    message: PlannedMessage
    party: ThirdParty
    reading: Reading
    ports: Ports
    workspace_name: str
    now: datetime
    shown: bool

    async def who(self, person: PersonId | None) -> Who:
        return await self.reading.people.slack_of(person) if person else None

    async def reason(self, reason: object) -> str:
        text = await self.reading.reasons.text(ReasonHash(reason)) if isinstance(reason, str) else None
        return text or ""


class MessageRenderer:
    """Implements `access.ports.outbox.Renderer`. `workspace_name`: whose API it is, as the contact knows it."""

    def __init__(self, ports: Ports, *, workspace_name: str | None = None) -> None:
        self._ports = ports
        self._workspace_name = escape(workspace_name) if workspace_name else "this workspace"

    async def render(
        self, workspace: WorkspaceId, message: PlannedMessage, *, sent_at: datetime | None = None
    ) -> Rendered | None:
        """Write a queued message from the state at this moment, or return None when it has become moot."""
        if message.kind in OF_SEVERAL:
            return await reminders_message(workspace, message, self._ports, sent_at=sent_at)
        async with self._ports.read(workspace) as reading:
            now = self._ports.clock.now()
            if message.kind in _OF_ALL:
                return await _OF_ALL[message.kind](message, reading, self._ports)
            if message.kind is MessageKind.AUDIT_HEAD:
                return await head_message(reading)
            if message.kind in ABOUT_PERSON:
                return await leaver_message(message, reading, self._ports)
            party = await reading.third_parties.find(message.third_party) if message.third_party else None
            if party is None:
                return None
            moment = _Moment(message, party, reading, self._ports, self._workspace_name, now, sent_at is not None)
            return await _WRITERS[message.kind](moment)


async def _introduction(moment: _Moment) -> Rendered | None:
    """Whoever was imported as the contact of several third parties is introduced once."""
    shown = await _proposal_shown(moment)
    if not moment.shown and shown.proposal.reached_at is not None:
        return None
    return contact_messages.introduction(shown, moment.workspace_name)


async def _approval_request(moment: _Moment) -> Rendered | None:
    shown = await _proposal_shown(moment)
    by_reader = moment.message.reader == shown.proposal.proposed_by
    may_approve = moment.ports.policy.self_approval or not by_reader
    return contact_messages.approval_request(shown, may_approve=may_approve)


async def _proposal_decided(moment: _Moment) -> Rendered | None:
    if moment.party.removed_at is not None:
        return None
    return contact_messages.proposal_decided(await _proposal_shown(moment))


async def _former_contact_tokens(moment: _Moment) -> Rendered | None:
    tokens = await moment.reading.tokens.of(moment.party.id)
    opened = [
        (token, await moment.who(token.collected_by))
        for token in tokens
        if token.is_live(moment.now) and token.collected_by not in (None, moment.party.contact)
    ]
    for_owner = not moment.message.is_for_admins
    return contact_messages.former_contact_tokens(moment.party, opened, moment.now, for_owner=for_owner)


async def _deputy_took_over(moment: _Moment) -> Rendered | None:
    by = await moment.who(moment.message.actor)
    return contact_messages.deputy_took_over(await _proposal_shown(moment), by)


async def _contact_now(moment: _Moment) -> Rendered | None:
    return contact_messages.contact_now(await _proposal_shown(moment), moment.workspace_name)


async def _deputy_lost(moment: _Moment) -> Rendered | None:
    who = PersonId(moment.message.subject)
    return contact_messages.deputy_lost(moment.party, who, await moment.who(who))


async def _owner_assigned(moment: _Moment) -> Rendered | None:
    if moment.party.removed_at is not None or moment.party.owner != moment.message.reader:
        return None
    return owner_messages.owner_assigned(moment.party, await moment.who(moment.message.actor))


async def _switched(moment: _Moment) -> Rendered | None:
    """Tell of one move of the switch, found in the audit trail by its time; moot once it was moved again."""
    if moment.party.removed_at is not None:
        return None
    trail = await moment.reading.audit_trail(moment.party.id, _TRAIL_LOOKED_AT)
    moves = [line.entry for line in trail if line.entry.action in _SWITCH]
    move = next((entry for entry in moves if entry.at.isoformat() == moment.message.occasion), None)
    if move is not None and _SWITCH[move.action] != moment.party.enabled:
        return None
    reason = await moment.reason(move.details.get("reason") if move else None)
    return owner_messages.switched(moment.party, await moment.who(moment.message.actor), reason)


async def _removed(moment: _Moment) -> Rendered | None:
    return owner_messages.removed(moment.party, await moment.who(moment.message.actor))


async def _token_ended(moment: _Moment) -> Rendered | None:
    shown = await _token_shown(moment)
    reader = moment.message.reader
    for_contact = reader == shown.token.collected_by or (
        shown.token.was_delivered_elsewhere and not moment.party.is_owned_by(reader)
    )
    by = await moment.who(moment.message.actor)
    return handoff_news.token_ended(shown, by=by, for_contact=for_contact)


async def _revoked_from_outside(moment: _Moment) -> Rendered | None:
    shown, kind = await _token_shown(moment), moment.message.kind
    by_third_party, for_owner = kind is MessageKind.REVOKED_BY_THIRD_PARTY, not moment.message.is_for_admins
    if _is_contacts(moment.message, shown):
        if kind is MessageKind.REVOKED_AT_COMMAND_LINE:
            return revoked_at_command_line_for_contact(shown)
        return revoked_from_outside_for_contact(shown, by_third_party=by_third_party)
    if kind is MessageKind.REVOKED_AT_COMMAND_LINE:
        return revoked_at_command_line(shown, for_owner=for_owner)
    return revoked_from_outside(shown, by_third_party=by_third_party, for_owner=for_owner)


def _is_contacts(message: PlannedMessage, shown: TokenShown) -> bool:
    if message.is_for_admins or message.reader == shown.party.owner:
        return False
    return message.reader in (shown.party.contact, shown.token.collected_by)


async def _token_retired(moment: _Moment) -> Rendered | None:
    for_contact = moment.party.contact == moment.message.reader
    by = await moment.who(moment.message.actor)
    shown = await _token_shown(moment)
    return handoff_news.token_retired(shown, by=by, of_itself=moment.message.actor is None, for_contact=for_contact)


async def _first_use(moment: _Moment) -> Rendered | None:
    shown, reader = await _handoff_shown(moment), moment.message.reader
    for_contact = shown.handoff.contact == reader and not shown.party.is_owned_by(reader)
    return handoff_news.first_use(shown, for_contact=for_contact)


async def _handoff(moment: _Moment) -> Rendered | None:
    return handoff_messages.handoff_message(await _handoff_shown(moment), moment.workspace_name)


async def _dispute(moment: _Moment) -> Rendered | None:
    return handoff_news.dispute(await _handoff_shown(moment), for_owner=not moment.message.is_for_admins)


async def _token_request(moment: _Moment) -> Rendered | None:
    return asking.token_request(await _request_shown(moment), for_owner=not moment.message.is_for_admins)


async def _token_asked(moment: _Moment) -> Rendered | None:
    return asking.token_asked(await _request_shown(moment))


async def _key_request(moment: _Moment) -> Rendered | None:
    return keys.key_request(await _key_shown(moment))


async def _key_asked(moment: _Moment) -> Rendered | None:
    return keys.key_asked(await _key_shown(moment))


async def _undeliverable(moment: _Moment) -> Rendered | None:
    problems = await moment.reading.undelivered(moment.party.id)
    return owner_messages.undeliverable(moment.party, [problem for problem in problems if not problem.delayed])


async def _proposal_shown(moment: _Moment) -> ProposalShown:
    proposal = await moment.reading.proposals.get(ProposalId(moment.message.subject))
    tokens = await moment.reading.tokens.of(moment.party.id)
    return ProposalShown(
        party=moment.party,
        proposal=proposal,
        contact=await moment.who(proposal.contact),
        proposed_by=await moment.who(proposal.proposed_by),
        decided_by=await moment.who(proposal.decided_by),
        reason=await moment.reason(proposal.reason),
        has_token=any(token.is_live(moment.now) for token in tokens),
        new_token_expires_at=expiry(moment.now, moment.ports.policy.token_months),
        lookalikes=await names_like(moment.party, moment.reading, moment.ports),
        keys=await moment.reading.contact_keys.of(moment.party.id, proposal.contact),
        key_required=moment.ports.policy.require_contact_key,
    )


async def _key_shown(moment: _Moment) -> KeyShown:
    change = await moment.reading.contact_keys.get(ContactKeyId(moment.message.subject))
    theirs = await moment.reading.contact_keys.of(moment.party.id, change.contact)
    return KeyShown(
        party=moment.party,
        change=change,
        in_force=theirs.in_force,
        contact=await moment.who(change.contact),
        owner=await moment.who(moment.party.owner),
        decided_by=await moment.who(change.decided_by),
        required=moment.ports.policy.require_contact_key,
        now=moment.now,
    )


async def _request_shown(moment: _Moment) -> RequestShown:
    request = await moment.reading.token_requests.get(TokenRequestId(moment.message.subject))
    return RequestShown(
        party=moment.party,
        request=request,
        token=await moment.reading.tokens.get(request.token),
        contact=await moment.who(request.asked_by),
        owner=await moment.who(moment.party.owner),
        decided_by=await moment.who(request.decided_by),
        policy=moment.ports.policy,
        now=moment.now,
        has_waiting=await waiting_token(moment.party.id, moment.reading, moment.now) is not None,
    )


async def _token_shown(moment: _Moment) -> TokenShown:
    token = await moment.reading.tokens.get(TokenId(moment.message.subject))
    handoff = await moment.reading.handoffs.find_of(token.id)
    return TokenShown(
        **await _about_token(token, moment, handoff.contact if handoff else token.holder(moment.party.contact))
    )


async def _handoff_shown(moment: _Moment) -> HandoffShown:
    token = await moment.reading.tokens.get(TokenId(moment.message.subject))
    handoff = await moment.reading.handoffs.of_token(token.id)
    keys = await moment.reading.contact_keys.of(moment.party.id, handoff.contact)
    return HandoffShown(**await _about_token(token, moment, handoff.contact), handoff=handoff, keys=keys)


async def _about_token(token: Token, moment: _Moment, contact: PersonId | None) -> dict[str, Any]:
    tokens = await moment.reading.tokens.of(moment.party.id)
    newest = next((each for each in tokens if not each.was_delivered_elsewhere), token)
    return {
        "party": moment.party,
        "token": token,
        "contact": await moment.who(contact),
        "owner": await moment.who(moment.party.owner),
        "replaced": newest.id != token.id,
        "others": [other for other in tokens if other.id != token.id and other.is_live(moment.now)],
        "use_known": is_use_known(tokens),
        "askers": await moment.reading.resource_servers.askers(),
        "policy": moment.ports.policy,
        "now": moment.now,
    }


_Writer = Callable[[_Moment], Awaitable[Rendered | None]]


def _about_handoff(view: Callable[[HandoffShown], Rendered | None]) -> _Writer:
    async def write(moment: _Moment) -> Rendered | None:
        return view(await _handoff_shown(moment))

    return write


_WRITERS: Final[Mapping[MessageKind, _Writer]] = {
    MessageKind.INTRODUCTION: _introduction,
    MessageKind.APPROVAL_REQUEST: _approval_request,
    MessageKind.PROPOSAL_DECIDED: _proposal_decided,
    MessageKind.FORMER_CONTACT_TOKENS: _former_contact_tokens,
    MessageKind.DEPUTY_TOOK_OVER: _deputy_took_over,
    MessageKind.CONTACT_NOW: _contact_now,
    MessageKind.DEPUTY_LOST: _deputy_lost,
    MessageKind.OWNER_ASSIGNED: _owner_assigned,
    MessageKind.SWITCHED: _switched,
    MessageKind.REMOVED: _removed,
    MessageKind.TOKEN_ENDED: _token_ended,
    MessageKind.REVOKED_BY_THIRD_PARTY: _revoked_from_outside,
    MessageKind.REVOKED_BY_HOLDER: _revoked_from_outside,
    MessageKind.REVOKED_AT_COMMAND_LINE: _revoked_from_outside,
    MessageKind.TOKEN_RETIRED: _token_retired,
    MessageKind.HANDOFF: _handoff,
    MessageKind.HANDOFF_NUDGE: _about_handoff(handoff_messages.handoff_nudge),
    MessageKind.HANDOFF_COLLECTED: _about_handoff(handoff_news.handoff_collected),
    MessageKind.HANDOFF_LAPSED: _about_handoff(handoff_news.handoff_lapsed),
    MessageKind.HANDOFF_DECLINED: _about_handoff(handoff_news.handoff_declined),
    MessageKind.HANDOFF_NOT_SEEN: _about_handoff(handoff_news.handoff_not_seen),
    MessageKind.FIRST_USE: _first_use,
    MessageKind.MODAL_REFUSED: _about_handoff(handoff_news.modal_refused),
    MessageKind.DISPUTE: _dispute,
    MessageKind.TOKEN_REQUEST: _token_request,
    MessageKind.TOKEN_ASKED: _token_asked,
    MessageKind.KEY_REQUEST: _key_request,
    MessageKind.KEY_ASKED: _key_asked,
    MessageKind.UNDELIVERABLE: _undeliverable,
}
