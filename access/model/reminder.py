"""What people are reminded of, who they are, at which thresholds, and whether it matters to anybody.

When it is due, `access.model.reminders_due` decides. Source of the rules: product.md, Renewal and Reminders; ADR 10.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from access.model.ids import PersonId, ThirdPartyId, TokenId
from access.model.leaving import acting_owner
from access.model.messages import MessageKind
from access.model.people import Acquaintance
from access.model.policy import Policy
from access.model.renewal import is_use_known
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.model.working_hours import (
    first_working_moment,
    last_opening_before,
    local_day,
    opening,
    zone_of,
)

AT_EXPIRY: Final = 0
"""The threshold at which people are told that a token has expired."""

ADMINS_FROM: Final = 7
"""From so many days on, the admins read the reminders too."""

CONTACT_AT: Final = (14, 7, 1)
"""The contact's thresholds. Where one of them is not set, it is the next shorter one that is."""

GATHER: Final = timedelta(minutes=1)
"""So long a message waits for what else is due to its reader."""

GATHERED_FOR: Final = timedelta(minutes=10)
"""So long after a message was planned, what falls due for its reader still goes into it."""

HELD_UP_FOR: Final = timedelta(days=7)
"""So long a message that an outage holds up takes what falls due for its reader meanwhile."""

STILL_NEWS: Final = timedelta(days=14)
"""An expiry that is older is no news any more, whatever kept it from being told."""

_DAY: Final = timedelta(days=1)
_NOBODY: Final = Acquaintance()


class ReminderKind(StrEnum):
    """What somebody is reminded of."""

    EXPIRY = "expiry"
    STILL_IN_USE = "still_in_use"
    """The old token is used, though its successor was collected."""

    ACCOUNT_ENDS = "account_ends"
    """The contact's guest account ends before the token does."""

    NEVER_USED = "never_used"
    """It was collected, and, though checks are made, none has accepted it."""

    SNOOZED = "snoozed"
    """Somebody wanted to be reminded again."""


SAID_AGAIN: Final = frozenset({ReminderKind.STILL_IN_USE})
"""What is said more than once: the next time counts from when people could read the one before."""


class ReaderRole(StrEnum):
    """As what somebody reads a reminder."""

    OWNER = "owner"
    ADMINS = "admins"
    CONTACT = "contact"
    ASKER = "asker"
    """Whoever pressed *Snooze*."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of one token to one reader; None is the admins.

    `days`: the threshold, AT_EXPIRY included; for other kinds, how many days were left. `occasion` tells two of a kind
    apart. `message` and `bundle` name the message that it is a part of: one for each reader and local day.
    """

    kind: ReminderKind
    token: TokenId
    third_party: ThirdPartyId
    days: int
    reader: PersonId | None
    role: ReaderRole
    occasion: str
    message: MessageKind
    bundle: str

    @property
    def key(self) -> str:
        """Under which it is planned once. Of an expiry: `reminder:<token>:<expires_at>:<days>:<reader>`."""
        name = "reminder" if self.kind is ReminderKind.EXPIRY else self.kind.value
        days = [str(self.days)] if self.kind is ReminderKind.EXPIRY else []
        return ":".join([name, self.token, self.occasion, *days, self.reader or "admins"])

    @property
    def may_be_forgotten(self) -> bool:
        """Tell whether it is planned again only if it matters again, so that it need not be kept if nobody read it.

        Whether somebody who pressed *Snooze* may still know of it Slack alone can tell, and what is planned does not
        hang on that: theirs would be planned, and left out, again and again.
        """
        return self.role is not ReaderRole.ASKER


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder that was planned before, at that time; one that is SAID_AGAIN is in Slack since then, if it is."""

    reminder: Reminder
    at: datetime


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the decision about one token hangs on.

    `tokens`: all of the third party's. `reminded`: what was planned about this one. `people`: what is known of readers.
    `told`: when each reader's (None: the admins') message of the day was planned, of the last day that had one.
    `waiting`: the bundle of a reader's message of a day which for certain has not reached Slack yet.
    `checked_since`: since when checks are made, so that use can be known; None if they are not.
    """

    token: Token
    party: ThirdParty
    tokens: Sequence[Token]
    reminded: Sequence[Reminded]
    people: Mapping[PersonId, Acquaintance]
    told: Mapping[PersonId | None, datetime]
    checked_since: datetime | None = None
    waiting: Mapping[PersonId | None, str] = field(default_factory=dict)

    def known(self, person: PersonId | None) -> Acquaintance:
        """Return what is known of somebody; of nobody, and of strangers, nothing is."""
        return self.people.get(person, _NOBODY) if person else _NOBODY

    def reminded_of(self, kind: ReminderKind, reader: PersonId | None) -> Sequence[Reminded]:
        """Return what was planned about this token for a reader; None: the admins."""
        return [each for each in self.reminded if each.reminder.kind is kind and each.reminder.reader == reader]

    def was_planned(self, reminder: Reminder) -> bool:
        """Tell whether this very reminder was planned already, in whichever message."""
        return any(each.reminder.key == reminder.key for each in self.reminded)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is reminded. `person` None: the admins. `days`: the thresholds, the longest first.

    `owns`: reads what the owner reads; where there is none, the admins do.
    """

    role: ReaderRole
    person: PersonId | None
    days: Sequence[int]
    time_zone: str
    owns: bool = False


def readers(situation: Situation, policy: Policy) -> Iterator[Reader]:
    """Give everybody who is to be reminded of the token, whatever of: without an owner, the admins in their place."""
    party, known = situation.party, situation.known
    own = acting_owner(party, situation.people)
    everything = tuple(sorted(policy.reminder_days, reverse=True))
    if own is not None:
        yield Reader(ReaderRole.OWNER, own, everything, known(own).time_zone or policy.time_zone, owns=True)
    of_admins = tuple(days for days in everything if days <= ADMINS_FROM) if own else everything
    yield Reader(ReaderRole.ADMINS, None, of_admins, policy.time_zone, owns=own is None)
    contact = party.contact
    if contact is not None and contact != own and known(contact).may_be_contact:
        days = contact_days(policy.reminder_days)
        yield Reader(ReaderRole.CONTACT, contact, days, known(contact).time_zone or policy.time_zone)
    asker = situation.token.snoozed_by
    if asker is not None and known(asker).may_own:
        yield Reader(ReaderRole.ASKER, asker, (), known(asker).time_zone or policy.time_zone)


def contact_days(days: Sequence[int]) -> tuple[int, ...]:
    """Return those of the thresholds that are the contact's, the longest first."""
    nearest = {max((each for each in days if each <= wanted), default=None) for wanted in CONTACT_AT}
    return tuple(sorted((each for each in nearest if each is not None), reverse=True))


def threshold_at(token: Token, days: int, time_zone: str) -> datetime:
    """Return when a reader there is reminded, `days` before the token expires.

    That is when the working day of the threshold begins, so that a reader's reminders of a day go out together, or the
    last one that begins before the expiry. Of the expiry itself people are told in the first working hours after it.
    """
    zone = zone_of(time_zone)
    working = first_working_moment(token.expires_at - timedelta(days=days), zone)
    if days == AT_EXPIRY:
        return working
    return min(opening(local_day(working, zone), zone), last_opening_before(token.expires_at, zone))


def account_ends_at(situation: Situation) -> datetime | None:
    """Return when the contact's account ends, if that is before their token does, and the token is not to lapse."""
    token, ends_at = situation.token, situation.known(situation.party.contact).account_ends_at
    return ends_at if ends_at is not None and ends_at < token.expires_at and token.let_lapse_at is None else None


def thresholds_left(situation: Situation, reader: Reader, policy: Policy, now: datetime) -> Sequence[int]:
    """Return the thresholds of a reader that were not told yet, nor a more urgent one; the expiry itself is the last.

    Those that lie before the collection are left out; of a token that is left to lapse, all but the last are.
    """
    token = situation.token
    collected_at = token.collected_at or token.issued_at
    days = [each for each in reader.days if collected_at < token.expires_at - each * _DAY]
    if token.let_lapse_at is not None:
        days = [each for each in days if each == min(policy.reminder_days)]
    if now >= token.expires_at:
        days = []
    told = situation.reminded_of(ReminderKind.EXPIRY, reader.person)
    least = min((each.reminder.days for each in told), default=None)
    return [each for each in (*days, AT_EXPIRY) if least is None or each < least]


def is_replaced(token: Token, tokens: Sequence[Token], now: datetime) -> bool:
    """Tell whether a newer token works in its place, and, where use is known, was accepted."""
    known = is_use_known(tokens)
    newer = [each for each in tokens if each.renews == token.id or each.issued_at > token.issued_at]
    return any(
        each.works(now) and (each.last_accepted_at is not None or not known or each.is_external) for each in newer
    )


def used_since_succeeded(token: Token, now: datetime) -> datetime | None:
    """Return when an old token was accepted last, if that was after its successor was collected."""
    used_at, since = token.last_accepted_at, token.succeeded_at
    if token.state(now) is not TokenState.OVERLAPPING or used_at is None or since is None:
        return None
    return used_at if since < used_at else None


def is_still_in_use(token: Token, policy: Policy, now: datetime) -> bool:
    """Tell whether an old token was accepted lately, though its successor was collected."""
    used_at = used_since_succeeded(token, now)
    return used_at is not None and now - policy.unused_for < used_at


def is_waiting_for_use(token: Token, now: datetime) -> bool:
    """Tell whether a token that was never used is meant to be: it works, is the newest, and not left to lapse."""
    unused = token.last_accepted_at is None and not token.is_external
    return token.state(now) is TokenState.ACTIVE and unused and token.let_lapse_at is None


def is_worth_reminding(situation: Situation, now: datetime) -> bool:
    """Tell whether its expiry matters to anybody: it works, or has just expired, and nothing has taken its place."""
    token, party = situation.token, situation.party
    if party.removed_at is not None or not party.enabled or token.collected_at is None:
        return False
    if is_replaced(token, situation.tokens, now):
        return False
    expired = token.state(now) is TokenState.EXPIRED and token.suspended_at is None
    return token.works(now) or (expired and now < token.expires_at + STILL_NEWS)


def comes_as_news(kind: MessageKind, token: Token, now: datetime) -> bool:
    """Tell whether what a message says of a token was held up until that had expired.

    Owner, contact and admins have a message of its own about that, so a reminder would say it twice.
    """
    return kind is MessageKind.REMINDERS and now >= token.expires_at
