"""When people are at work, wherever they are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.working_hours import (
    first_working_day,
    first_working_moment,
    last_opening_before,
    local_day,
    next_opening,
    opening,
    zone_of,
)

BERLIN, KOLKATA, APIA = zone_of("Europe/Berlin"), zone_of("Asia/Kolkata"), zone_of("Pacific/Apia")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "no/where"]


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    """An instant, by the clock on the wall there."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "first"),
    [
        ("2026-03-03 09:00", "2026-03-03 09:00"),
        ("2026-03-03 12:34", "2026-03-03 12:34"),
        ("2026-03-03 16:59", "2026-03-03 16:59"),
        ("2026-03-03 17:00", "2026-03-04 09:00"),
        ("2026-03-03 08:59", "2026-03-03 09:00"),
        ("2026-03-06 17:00", "2026-03-09 09:00"),
        ("2026-03-07 12:00", "2026-03-09 09:00"),
        ("2026-03-08 23:59", "2026-03-09 09:00"),
    ],
)
def test_the_first_working_moment(when: str, first: str) -> None:
    assert first_working_moment(at(when), BERLIN) == at(first)


@pytest.mark.parametrize(
    ("when", "opened"),
    [
        ("2026-03-09 09:01", "2026-03-09 09:00"),
        ("2026-03-09 09:00", "2026-03-06 09:00"),
        ("2026-03-08 12:00", "2026-03-06 09:00"),
        ("2026-03-06 08:00", "2026-03-05 09:00"),
    ],
)
def test_friday_covers_the_weekend(when: str, opened: str) -> None:
    assert last_opening_before(at(when), BERLIN) == at(opened)


def test_work_begins_at_nine_by_the_clock_on_the_wall_whatever_was_done_to_it() -> None:
    assert opening(date(2026, 3, 27), BERLIN) == datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert opening(date(2026, 3, 30), BERLIN) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert next_opening(at("2026-03-27 12:00"), BERLIN) == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_half_an_hour_off_is_half_an_hour_off() -> None:
    assert opening(date(2026, 3, 3), KOLKATA) == datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
    assert first_working_moment(datetime(2026, 3, 3, 11, 29, tzinfo=UTC), KOLKATA).minute == 29
    assert first_working_moment(datetime(2026, 3, 3, 11, 30, tzinfo=UTC), KOLKATA) == at(
        "2026-03-04 09:00", "Asia/Kolkata"
    )


def test_a_day_that_never_was_is_not_waited_for() -> None:
    """Samoa went from Thursday, 29 December 2011, to Saturday, the 31st."""
    thursday_evening = at("2011-12-29 20:00", "Pacific/Apia")
    coming = next_opening(thursday_evening, APIA)
    assert thursday_evening < coming <= at("2012-01-02 09:00", "Pacific/Apia")


def test_a_name_that_is_no_time_zone_counts_as_utc() -> None:
    for name in ("no/where", "", "../etc/passwd", "\0", "Europe"):
        assert zone_of(name).key == "UTC"


@given(
    st.timedeltas(timedelta(), timedelta(days=1_500)).map(lambda since: datetime(2024, 1, 1, tzinfo=UTC) + since),
    st.sampled_from(ZONES),
)
def test_whatever_the_moment_and_the_place(when: datetime, name: str) -> None:
    zone = zone_of(name)
    first, following, last = first_working_moment(when, zone), next_opening(when, zone), last_opening_before(when, zone)
    for moment in (first, following, last):
        local = moment.astimezone(zone)
        assert local.weekday() < 5
        assert 9 <= local.hour < 17
        assert moment.tzinfo is UTC
    assert last < when <= first <= max(first, following)
    assert when < following <= when + timedelta(days=4)
    assert local_day(following, zone) > local_day(when, zone)
    assert first_working_day(local_day(when, zone)) >= local_day(when, zone)
    assert first_working_moment(first, zone) == first
