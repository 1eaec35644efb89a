"""Which reminders of a token are due, to whom, in which message, and when to look again.

One pure function, `reminders_due`, decides. Source of its rules: product.md, Renewal and Reminders; ADR 10.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from access.model import events as happened
from access.model.messages import MessageKind
from access.model.policy import Policy
from access.model.reminder import (
    AT_EXPIRY,
    GATHERED_FOR,
    Reader,
    ReaderRole,
    Reminded,
    Reminder,
    ReminderKind,
    Situation,
    account_ends_at,
    is_still_in_use,
    is_waiting_for_use,
    is_worth_reminding,
    readers,
    threshold_at,
    thresholds_left,
    used_since_succeeded,
)
from access.model.token import TokenState
from access.model.use import never_used_since
from access.model.working_hours import (
    first_working_day,
    first_working_moment,
    last_opening_before,
    local_day,
    next_opening,
    opening,
    zone_of,
)

_NEVER_USED_FOR: Final = timedelta(days=7)
_IN_USE_DAILY: Final = timedelta(days=7)
_IN_USE_AGAIN: Final = timedelta(days=7)
_ACCOUNT_ENDS_SOON: Final = timedelta(days=14)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The reminders that are due now, and when to look next; None: not before something happens."""

    due: Sequence[Reminder]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A reminder that may go out from `at` on, and should before `deadline`."""

    reminder: Reminder
    at: datetime
    deadline: datetime | None


def reminders_due(situation: Situation, policy: Policy, now: datetime) -> Outlook:
    """Decide which reminders of a token are due at `now`, to whom, and in which message.

    Nothing is ever due twice: what is in `situation.reminded` is not. Of several thresholds that were missed, only the
    most urgent is. Whoever had their message today gets what comes late the next working day, while there is time.
    """
    due, later = _sort(situation, policy, now)
    if due:  # some are said again and again, so what comes next hangs on what is said now
        said = [Reminded(each, now) for each in due]
        _, later = _sort(replace(situation, reminded=[*situation.reminded, *said]), policy, now)
    return Outlook(due, min(later, default=None))


def _sort(situation: Situation, policy: Policy, now: datetime) -> tuple[list[Reminder], list[datetime]]:
    """Return what is due now, and when the rest will be."""
    due: list[Reminder] = []
    later: list[datetime] = []
    for reader in readers(situation, policy):
        for candidate in _candidates(situation, reader, policy, now):
            at = candidate.at if candidate.at > now else _delivery(candidate, reader, situation, now)
            if at > now:
                later.append(at)
            else:
                due.append(_bundled(candidate.reminder, reader, situation, now))
    return due, later


def may_go_out(brought: Iterable[tuple[ReminderKind, Situation]], time_zone: str, now: datetime) -> datetime:
    """Return when a message that brings such reminders may go out to a reader there; `now` for at once.

    That is while they are at work, or a little later if it was on its way then. What ends before that cannot wait.
    """
    at = first_working_moment(now - GATHERED_FOR, zone_of(time_zone))
    ends = [_ends_at(kind, each) for kind, each in brought if is_worth_reminding(each, now)]
    return now if any(each is not None and now < each <= at for each in ends) else max(at, now)


def _ends_at(kind: ReminderKind, situation: Situation) -> datetime | None:
    return account_ends_at(situation) if kind is ReminderKind.ACCOUNT_ENDS else situation.token.expires_at


_CHANGING: Final = (
    happened.ThirdPartyEdited,
    happened.OwnerAssigned,
    happened.ThirdPartyEnabled,
    happened.ThirdPartyDisabled,
    happened.ThirdPartyDisabledByRestore,
    happened.ThirdPartyEnabledAfterRestore,
    happened.ThirdPartyRemoved,
    happened.ContactApproved,
    happened.ContactWithdrawn,
    happened.DeputyTookOver,
    happened.ContactGone,
    happened.HandoffCollected,
    happened.TokenRevoked,
    happened.TokenSuspended,
    happened.SuspensionLifted,
    happened.OverlapStarted,
    happened.RetirementCancelled,
    happened.TokenRetired,
    happened.TokenSnoozed,
    happened.TokenLetLapse,
    happened.LapseUndone,
)


def changes_reminders(event: happened.Event) -> bool:
    """Tell whether the tokens of the third party have to be looked at anew after an event."""
    return isinstance(event, _CHANGING)


def _candidates(situation: Situation, reader: Reader, policy: Policy, now: datetime) -> Iterator[_Candidate]:
    if is_worth_reminding(situation, now):
        if reader.role is ReaderRole.ASKER:
            yield from _snoozed(situation, reader, now)
        else:
            yield from _expiry(situation, reader, policy, now)
        if reader.owns:
            yield from _account_ends(situation, reader, now)
        if reader.owns or (reader.role is ReaderRole.CONTACT and reader.person == situation.token.collected_by):
            yield from _never_used(situation, reader, policy, now)
    if reader.owns or reader.role is ReaderRole.CONTACT:
        yield from _in_use(situation, reader, policy, now)


def _expiry(situation: Situation, reader: Reader, policy: Policy, now: datetime) -> Iterator[_Candidate]:
    """Give the most urgent threshold that has come, if it was not told, and the next one."""
    token = situation.token
    waiting = thresholds_left(situation, reader, policy, now)
    at = {each: threshold_at(token, each, reader.time_zone) for each in waiting}
    come = [each for each in waiting if at[each] <= now]
    to_come = [each for each in waiting if at[each] > now]
    for each in (*come[-1:], *to_come[:1]):
        reminder = _reminder(situation, reader, ReminderKind.EXPIRY, f"{token.expires_at:%Y-%m-%dT%H:%M:%SZ}", each)
        yield _Candidate(reminder, at[each], token.expires_at if each != AT_EXPIRY else None)


def _in_use(situation: Situation, reader: Reader, policy: Policy, now: datetime) -> Iterator[_Candidate]:
    """Give the next time to say that the old token is still in use: at first, then weekly, in the end daily."""
    token = situation.token
    if not situation.party.enabled or token.succeeded_at is None or not is_still_in_use(token, policy, now):
        return
    zone = zone_of(reader.time_zone)
    told = situation.reminded_of(ReminderKind.STILL_IN_USE, reader.person)
    last = max((each.at for each in told if each.at > token.succeeded_at), default=None)
    at = next_opening(last or token.succeeded_at, zone)
    if last is not None:
        daily = max(at, token.expires_at - _IN_USE_DAILY)
        day = local_day(min(last + _IN_USE_AGAIN, daily), zone)
        at = opening(first_working_day(day), zone)
    occasion = local_day(max(at, now), zone).isoformat()
    reminder = _reminder(situation, reader, ReminderKind.STILL_IN_USE, occasion, (token.expires_at - now).days)
    yield _Candidate(reminder, at, token.expires_at)


def _never_used(situation: Situation, reader: Reader, policy: Policy, now: datetime) -> Iterator[_Candidate]:
    """Give the time to say, once, that nothing uses the token; not while the one before it is still in use instead."""
    token, since = situation.token, never_used_since(situation.token, situation.checked_since)
    if since is None or not is_waiting_for_use(token, now):
        return
    zone = zone_of(reader.time_zone)
    at = opening(local_day(first_working_moment(since + _NEVER_USED_FOR, zone), zone), zone)
    for each in situation.tokens:
        used_at = used_since_succeeded(each, now)
        if each.id == token.renews and used_at is not None:  # until it is out of use, or expires: that is no event
            at = max(at, min(next_opening(used_at + policy.unused_for, zone), each.expires_at))
    occasion = f"{token.collected_at:%Y-%m-%dT%H:%M:%SZ}"
    reminder = _reminder(situation, reader, ReminderKind.NEVER_USED, occasion, (token.expires_at - now).days)
    if not situation.was_planned(reminder):
        yield _Candidate(reminder, at, token.expires_at)


def _account_ends(situation: Situation, reader: Reader, now: datetime) -> Iterator[_Candidate]:
    """Give the time to say that the contact's account ends before their token does."""
    ends_at = account_ends_at(situation)
    if ends_at is None or ends_at <= now or situation.token.state(now) is not TokenState.ACTIVE:
        return
    zone = zone_of(reader.time_zone)
    soon = opening(local_day(first_working_moment(ends_at - _ACCOUNT_ENDS_SOON, zone), zone), zone)
    occasion = f"{ends_at:%Y-%m-%dT%H:%M:%SZ}"
    reminder = _reminder(situation, reader, ReminderKind.ACCOUNT_ENDS, occasion, (ends_at - now).days)
    if not situation.was_planned(reminder):
        yield _Candidate(reminder, min(soon, last_opening_before(ends_at, zone)), ends_at)


def _snoozed(situation: Situation, reader: Reader, now: datetime) -> Iterator[_Candidate]:
    """Give the time that somebody asked for."""
    token = situation.token
    if token.snoozed_until is None or token.let_lapse_at is not None or now >= token.expires_at:
        return
    occasion, days = f"{token.snoozed_until:%Y-%m-%dT%H:%M:%SZ}", (token.expires_at - now).days
    reminder = _reminder(situation, reader, ReminderKind.SNOOZED, occasion, days)
    if not situation.was_planned(reminder):
        yield _Candidate(reminder, token.snoozed_until, token.expires_at)


def _delivery(candidate: _Candidate, reader: Reader, situation: Situation, now: datetime) -> datetime:
    """Return when a reminder goes out that may go out now: in working hours, and one message a day, if that is in time.

    Where it is not, it goes out at once. That something has expired is said without regard to what was said before.
    """
    zone = zone_of(reader.time_zone)
    at = first_working_moment(now, zone)
    deadline = candidate.deadline
    if deadline is None:
        return at
    if at >= deadline:
        return now
    if at <= now and _had_theirs(reader, situation, now) and next_opening(now, zone) + _DAY <= deadline:
        return next_opening(now, zone)
    return at


def _bundled(reminder: Reminder, reader: Reader, situation: Situation, now: datetime) -> Reminder:
    """Name the message: one that still waits, the reader's of that day, or one of its own for what cannot wait."""
    waiting = _still_waits(reader, situation, now)
    if waiting is not None and reminder.message is MessageKind.REMINDERS:
        return replace(reminder, bundle=waiting)
    local = now.astimezone(zone_of(reader.time_zone))
    if reminder.message is MessageKind.REMINDERS and not _had_theirs(reader, situation, now):
        return replace(reminder, bundle=local.date().isoformat())
    return replace(reminder, bundle=f"{local:%Y-%m-%dT%H}:{local.minute // 10}0")


def _still_waits(reader: Reader, situation: Situation, now: datetime) -> str | None:
    """Return the reader's reminders that an outage holds up, if any: they would read the next ones a moment later.

    Outside of their working hours it may be put off until these, and what is planned then cannot wait.
    """
    at_work = first_working_moment(now, zone_of(reader.time_zone)) == now
    return situation.waiting.get(reader.person) if at_work else None


def _had_theirs(reader: Reader, situation: Situation, now: datetime) -> bool:
    """Tell whether the reader's message of this day takes nothing more."""
    if _still_waits(reader, situation, now):
        return False
    told_at, zone = situation.told.get(reader.person), zone_of(reader.time_zone)
    return told_at is not None and told_at + GATHERED_FOR <= now and local_day(told_at, zone) == local_day(now, zone)


def _reminder(situation: Situation, reader: Reader, kind: ReminderKind, occasion: str, days: int) -> Reminder:
    expired = kind is ReminderKind.EXPIRY and days == AT_EXPIRY
    return Reminder(
        kind=kind,
        token=situation.token.id,
        third_party=situation.party.id,
        days=days,
        reader=reader.person,
        role=reader.role,
        occasion=occasion,
        message=MessageKind.EXPIRED if expired else MessageKind.REMINDERS,
        bundle="",
    )
