"""What people may decide about a token's renewal when they are reminded of it. Source: product.md, Reminders."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from access.model.errors import CannotSnooze, RenewalUnneeded, TokenEnded
from access.model.ids import PersonId
from access.model.policy import Policy
from access.model.reminder import (
    AT_EXPIRY,
    ReaderRole,
    Situation,
    is_replaced,
    readers,
    threshold_at,
    thresholds_left,
)
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.model.working_hours import first_working_day, local_day, opening, zone_of

SNOOZE_DAYS: Final = (1, 3, 7, 14)
"""In so many days somebody may want to be reminded again, on a working day."""

RENEWED: Final = "renewed"
NEWER: Final = "newer"

_DAY: Final = timedelta(days=1)


def must_await_renewal(token: Token, party: ThirdParty, tokens: Sequence[Token], now: datetime) -> None:
    """A token that works, and in whose place none works yet, may be looked after. `tokens`: all of the third party's.

    Raises: ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded.
    """
    party.must_be_enabled()
    state = token.state(now)
    if not token.is_live(now):
        raise TokenEnded(state=state.value)
    if state in (TokenState.PENDING, TokenState.SUSPENDED):
        raise RenewalUnneeded(state=state.value)
    if is_replaced(token, tokens, now):
        raise RenewalUnneeded(state=RENEWED)


def newer_than(token: Token, tokens: Sequence[Token], now: datetime) -> Token | None:
    """Return the newest token that was issued after this one and has not ended, if there is one."""
    newer = (each for each in tokens if each.issued_at > token.issued_at or each.renews == token.id)
    return max((each for each in newer if each.is_live(now)), key=lambda each: each.issued_at, default=None)


def must_have_no_newer(token: Token, tokens: Sequence[Token], now: datetime) -> None:
    """Only the newest token is left to lapse: whoever offered a newer one has decided. Raises RenewalUnneeded."""
    if newer_than(token, tokens, now) is not None:
        raise RenewalUnneeded(state=NEWER)


def next_threshold_at(situation: Situation, person: PersonId | None, policy: Policy, now: datetime) -> datetime:
    """Return when the next threshold is told: to the owner, if `person` is one of the owners, else to the admins.

    The expiry itself, if none is left before it.
    """
    token, owns = situation.token, situation.party.is_owned_by(person)
    reader = next(
        each for each in readers(situation, policy) if (each.owns if owns else each.role is ReaderRole.ADMINS)
    )
    told_at = (threshold_at(token, days, reader.time_zone) for days in thresholds_left(situation, reader, policy, now))
    return min((at for at in told_at if now < at < token.expires_at), default=token.expires_at)


def is_told_once_more(situation: Situation, policy: Policy, now: datetime) -> bool:
    """Tell whether the owner, or who reads in their place, is reminded of a token before its expiry if it is to lapse.

    They are not where no thresholds are set, or the last one was told already.
    """
    lapsing = replace(situation, token=replace(situation.token, let_lapse_at=now))
    owner = next(each for each in readers(lapsing, policy) if each.owns)
    return any(days != AT_EXPIRY for days in thresholds_left(lapsing, owner, policy, now))


def snooze_choices(latest: datetime, time_zone: str, now: datetime) -> Sequence[datetime]:
    """Return when somebody may be reminded again: on mornings of working days where they are, before `latest`.

    Raises: CannotSnooze, if there is no such morning.
    """
    zone = zone_of(time_zone)
    today = local_day(now, zone)
    mornings = dict.fromkeys(opening(first_working_day(today + days * _DAY), zone) for days in SNOOZE_DAYS)
    choices = [each for each in mornings if each < latest]
    if not choices:
        raise CannotSnooze(problem="no_time", next_at=latest)
    return choices


def must_be_before(until: datetime, latest: datetime, now: datetime) -> None:
    """A reminder is put off to a time to come, and before the next one. Raises CannotSnooze."""
    if until <= now:
        raise CannotSnooze(problem="passed", next_at=latest)
    if until >= latest:
        raise CannotSnooze(problem="no_time", next_at=latest)
