"""What expires in which month of the next twelve."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from access.model.working_hours import local_day, zone_of

MONTHS: Final = 12
COUNTED_AT_MOST: Final = 1_000
"""Tokens of one month: more than that is much, and counting them should cost little."""


@dataclass(frozen=True, slots=True)
class Span:
    """A calendar month where time is told so, from `since` until before `until`; the first begins with the present."""

    year: int
    month: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Month:
    """How many tokens expire in a month with nothing in their place; if not `exact`, at least so many."""

    year: int
    month: int
    count: int
    exact: bool = True


def next_months(now: datetime, time_zone: str) -> Iterator[Span]:
    """Yield this month, what is left of it, and those that follow, twelve in all."""
    zone = zone_of(time_zone)
    today = local_day(now, zone)
    since, year, month = now, today.year, today.month
    for _ in range(MONTHS):
        following = (year + month // 12, month % 12 + 1)
        until = datetime(*following, 1, tzinfo=zone).astimezone(UTC)
        yield Span(year, month, since, until)
        since, (year, month) = until, following


def without_end(months: Sequence[Month]) -> Sequence[Month]:
    """Leave out the months after the last one in which something expires: empty where nothing does."""
    last = max((place for place, each in enumerate(months) if each.count), default=-1)
    return months[: last + 1]
