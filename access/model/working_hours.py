"""When people are at work: 09:00–17:00, Monday to Friday, where they are. Source: product.md, Reminders."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OPENING: Final = time(9)
CLOSING: Final = time(17)

_SATURDAY: Final = 5

_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of that IANA name; an unknown one counts as UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the date of an instant where somebody is."""
    return at.astimezone(zone).date()


def opening(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which the work of a day begins."""
    return datetime.combine(day, OPENING, zone).astimezone(UTC)


def first_working_moment(at: datetime, zone: ZoneInfo) -> datetime:
    """Return `at` itself, if people are at work then, or else the next time that they begin."""
    local = at.astimezone(zone)
    if _is_working_day(local.date()) and local.time() < CLOSING:
        return max(at, opening(local.date(), zone))
    return next_opening(at, zone)


def next_opening(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the first working day after the day of `at` begins."""
    return opening(first_working_day(local_day(at, zone) + _DAY), zone)


def last_opening_before(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the last working day began that has work before `at`."""
    day = local_day(at, zone)
    while not _is_working_day(day) or opening(day, zone) >= at:
        day -= _DAY
    return opening(day, zone)


def first_working_day(day: date) -> date:
    """Return `day` itself, or the Monday after it."""
    while not _is_working_day(day):
        day += _DAY
    return day


def _is_working_day(day: date) -> bool:
    return day.weekday() < _SATURDAY
