"""What there is to see to: what expires next, the delivery gap, and who waits for whom.

Source of what it holds: product.md, Reminders (the weekly digest) and Handoff (the delivery gap).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from access.model.card import Who
from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey
from access.model.months import Month
from access.model.reminder import is_replaced
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.model.working_hours import first_working_moment, local_day, zone_of

LOOKS_AHEAD: Final = timedelta(days=60)
"""What expires later is no matter yet."""

_T = TypeVar("_T")


class Renewal(StrEnum):
    """How far the renewal of a token that expires has come."""

    NOTHING_YET = "nothing_yet"
    CLAIMED = "claimed"
    LET_LAPSE = "let_lapse"
    WAITS = "waits"
    """A new one is offered, and not collected yet."""

    IMPORTED = "imported"
    """A new one was imported, and is to be offered."""

    ELSEWHERE = "elsewhere"
    """Nothing yet, and only where it was made can a new one be made."""

    UNUSED = "unused"
    """A new one was collected, and, though use is known, not accepted yet."""

    SUSPENDED = "suspended"
    """An admin decides about it first."""


@dataclass(frozen=True, slots=True)
class ExpiringLine:
    """A token that expires soon, with nothing in its place. `claimed_by` looks after its renewal."""

    party: ThirdParty
    token: Token
    renewal: Renewal
    claimed_by: Who = None


@dataclass(frozen=True, slots=True)
class GapLine:
    """A token on whose way something is missing. `at`: the end of its offer, its collection, or its last use."""

    party: ThirdParty
    token: Token
    at: datetime


@dataclass(frozen=True, slots=True)
class UnusedLine:
    """A third party whose tokens nothing has used for long. `used`: the one that was used then; None if none was."""

    party: ThirdParty
    since: datetime
    used: Token | None


@dataclass(frozen=True, slots=True)
class AwaitingLine:
    """A contact who waits for an approval, or for the introduction to arrive. `key`: what they gave, to be approved."""

    party: ThirdParty
    proposal: ContactProposal
    contact: Who
    key: ContactKey | None = None


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A change of a contact's public key that waits for an admin."""

    party: ThirdParty
    change: ContactKey
    contact: Who


@dataclass(frozen=True, slots=True)
class Some(Generic[_T]):
    """The first of what was found. `total`: how many there are, or, if not `exact`, at least."""

    lines: Sequence[_T]
    total: int
    exact: bool = True

    @classmethod
    def of(cls, found: Sequence[_T], shown: int, *, exact: bool) -> "Some[_T]":
        """Keep at most `shown` of what was found. `exact`: there is no more of it."""
        return cls(found[:shown], len(found), exact)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was found."""
        return self.total == 0


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to see to at `now`, the most urgent first. `time_zone`: whose days are meant.

    The delivery gap: `uncollected` (issued, not collected), `unused` (collected, never used), `still_in_use` (renewed,
    the old one still in use). `long_unused`: enabled, and nothing uses it. `without_token`: enabled, and no token is
    live. `keys`: of contacts, to be approved. `askers`: who asks about tokens. `may_manage`: so may the reader.
    `months`: how much expires when, which is nothing to see to by itself.
    """

    now: datetime
    time_zone: str
    expiring: Some[ExpiringLine]
    uncollected: Some[GapLine]
    unused: Some[GapLine]
    still_in_use: Some[GapLine]
    long_unused: Some[UnusedLine]
    awaiting: Some[AwaitingLine]
    keys: Some[KeyLine]
    without_token: Some[ThirdParty]
    askers: Askers
    may_manage: bool
    months: Sequence[Month] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to see to."""
        parts: tuple[Some[Any], ...] = (
            self.expiring,
            self.uncollected,
            self.unused,
            self.still_in_use,
            self.long_unused,
            self.awaiting,
            self.keys,
            self.without_token,
        )
        return all(part.is_empty for part in parts)


def expiry_matters(token: Token, tokens: Sequence[Token], now: datetime) -> bool:
    """Tell whether somebody should know that a token expires within LOOKS_AHEAD: nothing has taken its place.

    `tokens`: all of the third party's. That nobody uses a third party's tokens while it is disabled is for others to
    say: it may be enabled again.
    """
    if token.collected_at is None or not token.is_live(now) or token.expires_at > now + LOOKS_AHEAD:
        return False
    return not is_replaced(token, tokens, now)


def renewal_of(token: Token, tokens: Sequence[Token], now: datetime, *, waiting: Token | None = None) -> Renewal:
    """Say how far the renewal of a token has come. `tokens`: all of the third party's; `waiting`: to be offered."""
    state = token.state(now)
    if state is TokenState.SUSPENDED:
        return Renewal.SUSPENDED
    if any(each.id != token.id and each.state(now) is TokenState.PENDING for each in tokens):
        return Renewal.WAITS if waiting is None else Renewal.IMPORTED
    if state is TokenState.OVERLAPPING:
        return Renewal.UNUSED
    if token.let_lapse_at is not None:
        return Renewal.LET_LAPSE
    nothing = Renewal.ELSEWHERE if token.is_external else Renewal.NOTHING_YET
    return nothing if token.claimed_by is None else Renewal.CLAIMED


def digest_week(now: datetime, time_zone: str) -> str | None:
    """Return the week whose digest may go out now: its ISO name, such as 2026-W10. None while nobody is at work.

    It goes out when Monday's work begins there, or, if it could not then, in what is left of that week's working hours.
    """
    zone = zone_of(time_zone)
    return week_of(now, time_zone) if first_working_moment(now, zone) == now else None


def week_of(now: datetime, time_zone: str) -> str:
    """Return the ISO name of the week of an instant, where that time is told."""
    year, week, _ = local_day(now, zone_of(time_zone)).isocalendar()
    return f"{year}-W{week:02}"
