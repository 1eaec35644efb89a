"""Which the next twelve months are, and how many of them are worth a line."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.months import MONTHS, Month, next_months, without_end
from access.model.working_hours import zone_of

ZONES = ["UTC", "Europe/Berlin", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Nowhere/Unknown"]


def test_they_begin_now_and_end_where_the_months_of_the_zone_do() -> None:
    spans = list(next_months(datetime(2026, 11, 30, 23, 30, tzinfo=UTC), "Europe/Berlin"))
    assert [(each.year, each.month) for each in spans[:3]] == [(2026, 12), (2027, 1), (2027, 2)]
    assert (spans[-1].year, spans[-1].month) == (2027, 11)
    assert spans[0].since == datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert spans[0].until == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert spans[6].until == datetime(2027, 6, 30, 22, tzinfo=UTC), "in summer"


@given(st.timedeltas(timedelta(0), timedelta(days=14_000)), st.sampled_from(ZONES))
def test_they_are_twelve_follow_each_other_and_leave_nothing_out(later: timedelta, zone: str) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + later
    spans = list(next_months(now, zone))
    assert len(spans) == MONTHS
    assert spans[0].since == now
    for before, after in pairwise(spans):
        assert before.since < before.until == after.since
        local = after.since.astimezone(zone_of(zone))
        assert (local.year, local.month, local.day, local.hour) == (after.year, after.month, 1, 0)
    last = (spans[-1].until - timedelta(seconds=1)).astimezone(zone_of(zone))
    assert (last.year, last.month) == (spans[-1].year, spans[-1].month)


@pytest.mark.parametrize(("counts", "kept"), [([0, 0], 0), ([1, 0], 1), ([0, 2, 0, 0], 2), ([0, 0, 3], 3), ([], 0)])
def test_months_after_the_last_that_counts_are_left_out(counts: list[int], kept: int) -> None:
    months = [Month(2026, place + 1, count) for place, count in enumerate(counts)]
    assert without_end(months) == months[:kept]
