"""Calendar arithmetic of the checker's own: months, and the hours in which people are at work."""

from calendar import monthrange
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
BEGINS, ENDS = 9, 17


@lru_cache(maxsize=100_000)
def months_after(issued: datetime, months: int) -> datetime:
    """So many calendar months later, to the second; where that month is shorter, its last day."""
    issued = issued.astimezone(UTC).replace(microsecond=0)
    year, month = divmod(issued.year * 12 + issued.month - 1 + months, 12)
    return issued.replace(year=year, month=month + 1, day=min(issued.day, monthrange(year, month + 1)[1]))


def at_work(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    return local.isoweekday() <= 5 and BEGINS <= local.hour < ENDS


def morning(at: datetime, zone: ZoneInfo, days: int = 0) -> datetime:
    """Nine o'clock of the local day of `at`, or so many days later."""
    local = at.astimezone(zone).date() + days * DAY
    return datetime.combine(local, time(BEGINS), zone).astimezone(UTC)


def mornings_from(at: datetime, zone: ZoneInfo, first: int) -> datetime:
    """The first working morning, `first` or more days after the local day of `at`."""
    return next(
        each
        for each in (morning(at, zone, days) for days in range(first, first + 8))
        if each.astimezone(zone).isoweekday() <= 5
    )


def next_morning(at: datetime, zone: ZoneInfo) -> datetime:
    return mornings_from(at, zone, 1)


def soonest(at: datetime, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on at which somebody is at work."""
    if at_work(at, zone):
        return at
    today = mornings_from(at, zone, 0)
    return today if today > at else next_morning(at, zone)


def last_morning_before(at: datetime, zone: ZoneInfo) -> datetime:
    return next(
        each
        for each in (morning(at, zone, -days) for days in range(9))
        if each < at and each.astimezone(zone).isoweekday() <= 5
    )


def same_day(one: datetime, other: datetime, zone: ZoneInfo) -> bool:
    return one.astimezone(zone).date() == other.astimezone(zone).date()
