"""How many requests are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.limiter import NEWS_EVERY, Limiter, OverLimit


class Watch:
    """The event loop's clock, which a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def taken(limiter: Limiter, count: int) -> int:
    """How many of so many are taken, one right after the other."""
    return sum(not over(limiter) for _ in range(count))


def over(limiter: Limiter) -> OverLimit | None:
    try:
        limiter.take()
    except OverLimit as flood:
        return flood
    return None


def test_so_many_at_once_and_so_many_a_second() -> None:
    watch = Watch()
    limiter = Limiter(20, 100, watch)
    assert taken(limiter, 1_000) == 100
    for _ in range(10):
        watch.now += 1
        assert taken(limiter, 1_000) == 20
    watch.now += 3_600
    assert taken(limiter, 1_000) == 100


def test_it_says_when_the_next_one_is_taken() -> None:
    watch = Watch()
    limiter = Limiter(0.5, 1, watch)
    limiter.take()
    watch.now += 0.5
    flood = over(limiter)
    assert flood is not None
    assert flood.wait == pytest.approx(1.5, rel=1e-4)
    watch.now += flood.wait
    assert over(limiter) is None


def test_a_flood_is_news_once_a_minute() -> None:
    watch = Watch()
    limiter = Limiter(1, 1, watch)
    limiter.take()
    assert [bool(flood and flood.is_news) for flood in (over(limiter), over(limiter))] == [True, False]
    watch.now += NEWS_EVERY
    limiter.take()
    assert [bool(flood and flood.is_news) for flood in (over(limiter), over(limiter))] == [True, False]


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5), st.integers(1, 10))
def test_whenever_they_come_no_more_are_taken(pauses: list[float], per_second: int, burst: int) -> None:
    watch = Watch()
    limiter, at = Limiter(per_second, burst, watch), []
    for pause in pauses:
        watch.now += pause
        if over(limiter) is None:
            at.append(watch.now)
    for first, begun in enumerate(at):
        for last in range(first, len(at)):
            assert last - first + 1 <= burst + per_second * (at[last] - begun) + 1e-6
