"""What the checker wants of each message by itself: in working hours, one a day to each reader, and none twice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.year.dates import DAY, at_work, last_morning_before, morning, next_morning, same_day, soonest
from tests.year.journal import ADMINS, Posted, Said
from tests.year.weather import Weather

GRACE: Final = timedelta(minutes=5)
"""A message gathers what else is due for a minute, and is then on its way."""


def repeated(said: Said | Posted, before: datetime, weather: Weather) -> Iterator[str]:
    """Once more only where the bot could neither know nor look, and then it says so."""
    if said.reader != ADMINS:
        yield f"repeated: {said.reader} read {said.message} twice, {said.at}"
    elif not weather.unknown_between(before - GRACE, said.at):
        yield f"repeated: the admins read {said.message} twice without a reason, {said.at}"
    elif not said.repeat:
        yield f"repeated: {said.message} does not say that it may have been read, {said.at}"


def manners(
    reader: str, messages: Sequence[Said], zone: ZoneInfo, ends: Mapping[str, Sequence[datetime]], weather: Weather
) -> Iterator[str]:
    """In working hours, and one message a day."""
    before: Said | None = None
    for said in messages:
        living = [
            min(each for each in ends[token] if each > said.at) for token in said.tokens if ends[token][0] > said.at
        ]
        if not at_work(said.at, zone) and not _may_be_outside(said.at, zone, living, weather):
            yield f"hours: {reader} read {sorted(said.tokens)} at {said.at.astimezone(zone):%a %d %b %H:%M}"
        if not living:
            continue
        if before is not None and same_day(before.at, said.at, zone):
            may_wait = any(next_morning(said.at, zone) + DAY <= each for each in living)
            held_up = _held_up_since(before.at, zone)
            if may_wait and weather.clears(held_up, said.at) is None:
                yield f"second: {reader} read {sorted(said.tokens)} at {said.at}, after {before.at}"
        before = said


def _held_up_since(at: datetime, zone: ZoneInfo) -> datetime:
    """Since when trouble may be the reason for a message then: overnight for one that waited until the morning."""
    opening = morning(at, zone)
    return last_morning_before(opening, zone) if at - opening <= GRACE else at - GRACE


def _may_be_outside(at: datetime, zone: ZoneInfo, living: Iterable[datetime], weather: Weather) -> bool:
    """It was on its way at closing time, or a fault delayed it a little, or waiting would have been too late."""
    if at_work(at - GRACE, zone) or any(soonest(at - GRACE, zone) >= each for each in living):
        return True
    fault = weather.fault_before(at)
    return fault is not None and at_work(fault - GRACE, zone)
