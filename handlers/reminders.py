"""From a queued message that brings reminders to what Slack shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from access.model.authority import Right, may
from access.model.care import is_told_once_more, newer_than
from access.model.errors import DirectoryUnavailable
from access.model.handoff import Handoff
from access.model.ids import PersonId, ThirdPartyId, TokenId, WorkspaceId
from access.model.leaving import acting_owner
from access.model.messages import PlannedMessage
from access.model.people import SlackUser
from access.model.reminder import (
    ReaderRole,
    Reminder,
    ReminderKind,
    Situation,
    account_ends_at,
    comes_as_news,
    is_replaced,
    is_still_in_use,
    is_waiting_for_use,
    is_worth_reminding,
)
from access.model.rendered import Rendered
from access.model.token import Token
from access.model.working_hours import zone_of
from access.operations.offering import waiting_tokens
from access.ports import Ports, Reading
from handlers.views.reminder_shown import ReminderShown
from handlers.views.reminders import reminders

_RANKS: Final = (ReaderRole.OWNER, ReaderRole.ADMINS, ReaderRole.ASKER, ReaderRole.CONTACT)
"""As what somebody reads of a token of which they are reminded twice."""


async def reminders_message(
    workspace: WorkspaceId, message: PlannedMessage, ports: Ports, *, sent_at: datetime | None
) -> Rendered | None:
    """Write a reader's reminders from the state at this moment.

    `sent_at`: the message is in Slack already, since then, so it says of each what has become of it; otherwise only
    what still matters, and no other message tells instead, is sent, and the rest is `left_out`. Returns None where
    nothing is left.
    """
    async with ports.read(workspace) as reading:
        brought = await _brought(message, reading)
        lines = await _lines(brought, reading, ports)
        asker = await _asker_who_owns_none(lines, reading)
    if asker is not None and not await _may_serve(asker, ports):
        lines = [replace(each, concerned=each.role is not ReaderRole.ASKER or _owns(each)) for each in lines]
    if sent_at is None:
        lines = [each for each in lines if each.matters and each.concerned]
        lines = [each for each in lines if not comes_as_news(message.kind, each.token, each.now)]
    if not lines:
        return None
    called = any(line.role is ReaderRole.ADMINS and line.is_last_call for line in lines)
    told = {line.token.id for line in lines}
    left_out = [each.key for token, parts in brought.items() if token not in told for each in parts]
    return replace(reminders(lines, await _admins(ports) if called else ()), left_out=left_out)


async def _asker_who_owns_none(lines: Sequence[ReminderShown], reading: Reading) -> SlackUser | None:
    """Return who pressed *Snooze* for a third party that they do not own: only who may serve all may know of it."""
    asker = next((each.reader for each in lines if each.role is ReaderRole.ASKER and not _owns(each)), None)
    return await reading.people.slack_of(asker) if asker else None


def _owns(line: ReminderShown) -> bool:
    return line.party.is_owned_by(line.reader)


async def _may_serve(asker: SlackUser, ports: Ports) -> bool:
    """Raises DirectoryUnavailable: then the message waits."""
    person = await ports.directory.look_up(asker.user_id)
    return person is not None and may(person.role, Right.SERVE)


async def _admins(ports: Ports) -> Sequence[SlackUser]:
    """Return whom to call; nobody where Slack does not say: a reminder is better than none."""
    try:
        return await ports.directory.admins()
    except DirectoryUnavailable:
        return ()


async def _brought(message: PlannedMessage, reading: Reading) -> Mapping[TokenId, Sequence[Reminder]]:
    brought: dict[TokenId, list[Reminder]] = {}
    for each in await reading.reminders.in_message(message):
        brought.setdefault(each.reminder.token, []).append(each.reminder)
    return brought


async def _lines(brought: Mapping[TokenId, Sequence[Reminder]], reading: Reading, ports: Ports) -> list[ReminderShown]:
    now = ports.clock.now()
    situations = await reading.reminders.situations(brought.keys(), now)
    beside = await _beside(situations, reading, now)
    return [_line(brought[each.token.id], each, beside, ports, now) for each in situations]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What else is shown of the tokens of a message, which may be very many: looked up for all of them together."""

    waiting: Mapping[ThirdPartyId, Token]
    newer: Mapping[TokenId, Token]
    offers: Mapping[TokenId, Handoff]
    accounts: Mapping[PersonId, SlackUser]


async def _beside(situations: Sequence[Situation], reading: Reading, now: datetime) -> _Beside:
    waiting = await waiting_tokens({each.party.id: each.tokens for each in situations}, reading, now)
    newer = dict[TokenId, Token]()
    for each in situations:
        others = [token for token in each.tokens if token != waiting.get(each.party.id)]
        if (found := newer_than(each.token, others, now)) is not None:
            newer[each.token.id] = found
    people = {person for each in situations for person in _people_of(each, newer.get(each.token.id))}
    offers = await reading.handoffs.of_tokens([each.id for each in newer.values()]) if newer else {}
    return _Beside(waiting, newer, offers, await reading.people.accounts(people))


def _people_of(situation: Situation, newer: Token | None) -> set[PersonId]:
    token, party = situation.token, situation.party
    issued_by = [each.issued_by for each in (token, newer) if each]
    named = {party.contact, acting_owner(party, situation.people), *issued_by}
    return {each for each in (*named, token.claimed_by, token.snoozed_by, token.let_lapse_by) if each is not None}


def _line(
    parts: Sequence[Reminder], situation: Situation, beside: _Beside, ports: Ports, now: datetime
) -> ReminderShown:
    token, party, tokens = situation.token, situation.party, situation.tokens
    newer = beside.newer.get(token.id)
    role = min((each.role for each in parts), key=_RANKS.index)
    reader = parts[0].reader
    in_use = party.enabled and is_still_in_use(token, ports.policy, now)
    kinds, ends_at = frozenset(each.kind for each in parts), account_ends_at(situation)
    moot = {kind for kind, over in _moot(situation, now).items() if over} >= kinds
    people = _people_of(situation, newer)
    return ReminderShown(
        kinds=kinds,
        role=role,
        reader=reader,
        days=min((each.days for each in parts if each.kind is ReminderKind.EXPIRY), default=None),
        party=party,
        token=token,
        matters=in_use or (is_worth_reminding(situation, now) and not moot),
        concerned=_is_concerned(role, reader, situation),
        newer=newer,
        offer=beside.offers.get(newer.id) if newer else None,
        replaced=is_replaced(token, tokens, now),
        in_use=in_use,
        owner=acting_owner(party, situation.people),
        claimer_gone=bool(token.claimed_by and not situation.known(token.claimed_by).may_own),
        people={each: beside.accounts[each] for each in people if each in beside.accounts},
        account_ends_at=ends_at,
        once_more=is_told_once_more(situation, ports.policy, now),
        zone=zone_of(situation.known(reader).time_zone or ports.policy.time_zone),
        now=now,
        waiting=beside.waiting.get(party.id),
    )


def _moot(situation: Situation, now: datetime) -> Mapping[ReminderKind, bool]:
    """Say of what is no matter any more though the token's expiry may be."""
    return {
        ReminderKind.ACCOUNT_ENDS: account_ends_at(situation) is None,
        ReminderKind.NEVER_USED: not is_waiting_for_use(situation.token, now),
    }


def _is_concerned(role: ReaderRole, reader: PersonId | None, situation: Situation) -> bool:
    """Tell whether the reader is still what they were when they were to be reminded."""
    party = situation.party
    if role is ReaderRole.CONTACT:
        return reader == party.contact
    return role is not ReaderRole.OWNER or party.is_owned_by(reader)
