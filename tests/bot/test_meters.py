"""Counting."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.meters import BOUNDS, CHECKS, CommandMeter, Meters, RequestMeter


def test_everything_that_may_come_of_a_check_is_there_from_the_beginning() -> None:
    assert Meters.begin(lambda: 0.0).checks.outcomes == dict.fromkeys(CHECKS, 0)


def test_requests_are_counted_by_what_came_of_them() -> None:
    meter = RequestMeter(["accepted"], lambda: 0.0)
    for outcome in ("accepted", "unheard_of", "accepted"):
        meter.count(outcome, 0.5)
    assert meter.outcomes == {"accepted": 2, "unheard_of": 1}
    assert meter.seconds == 1.5


@given(st.lists(st.floats(0, 2) | st.sampled_from(BOUNDS)))
def test_a_bucket_holds_what_took_at_most_so_long(times: list[float]) -> None:
    meter = RequestMeter((), lambda: 0.0)
    for each in times:
        meter.count("x", each)
    buckets = dict(meter.buckets())
    assert buckets.pop("+Inf") == len(times)
    assert buckets == {str(bound): sum(each <= bound for each in times) for bound in BOUNDS}


def test_what_people_do_is_counted_by_kind_name_and_outcome() -> None:
    meter = CommandMeter()
    for outcome in ("done", "refused", "done"):
        meter.count("command", "list", outcome)
    assert meter.counted == {("command", "list", "done"): 2, ("command", "list", "refused"): 1}


async def test_counting_a_check_costs_next_to_nothing() -> None:
    """Half a microsecond, where nothing else runs; twenty times as much is allowed for here."""
    meter, times = Meters.begin(asyncio.get_running_loop().time).checks, 20_000
    begun = meter.time()
    for _ in range(times):
        meter.count("accepted", meter.time() - begun)
    assert (meter.time() - begun) / times < 10e-6
