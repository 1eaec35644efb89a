import asyncio
from datetime import timedelta

import pytest

from bot.freshness import Fresh
from tests.bot.fakes import HandClock

MINUTE = timedelta(minutes=1)


class Source:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.broken = False

    async def fetch(self, key: str) -> int:
        self.asked.append(key)
        await self.answering.wait()
        if self.broken:
            raise LookupError
        return len(self.asked)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def fresh(source: Source, clock: HandClock) -> Fresh[int]:
    return Fresh(source.fetch, max_age=MINUTE, clock=clock)


async def test_an_answer_is_kept_until_it_is_too_old(fresh: Fresh[int], clock: HandClock) -> None:
    assert await fresh.get("a") == 1
    clock.move(MINUTE - timedelta(microseconds=1))
    assert await fresh.get("a") == 1
    clock.move(timedelta(microseconds=1))
    assert await fresh.get("a") == 2


async def test_a_clock_that_was_set_back_makes_answers_stale(fresh: Fresh[int], clock: HandClock) -> None:
    await fresh.get("a")
    clock.move(-timedelta(seconds=1))
    assert await fresh.get("a") == 2


async def test_age_counts_from_the_question(fresh: Fresh[int], source: Source, clock: HandClock) -> None:
    source.answering.clear()
    slow = asyncio.create_task(fresh.get("a"))
    await asyncio.sleep(0)
    clock.move(MINUTE)
    source.answering.set()
    assert await slow == 1
    assert await fresh.get("a") == 2


async def test_keys_have_answers_of_their_own(fresh: Fresh[int], source: Source) -> None:
    await asyncio.gather(*(fresh.get(key) for key in "abab"))
    assert source.asked == ["a", "b"]


async def test_a_failure_reaches_all_who_wait_and_is_not_kept(fresh: Fresh[int], source: Source) -> None:
    source.broken = True
    failures = await asyncio.gather(fresh.get("a"), fresh.get("a"), return_exceptions=True)
    assert [type(each) for each in failures] == [LookupError, LookupError]
    source.broken = False
    assert await fresh.get("a") == 2


async def test_a_failure_nobody_waits_for_makes_no_noise(fresh: Fresh[int], source: Source) -> None:
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    source.broken = True
    source.answering.clear()
    waiting = asyncio.create_task(fresh.get("a"))
    await asyncio.sleep(0)
    waiting.cancel()
    source.answering.set()
    await asyncio.gather(waiting, return_exceptions=True)
    source.broken = False
    assert await fresh.get("a") == 2
    assert not heard


async def test_who_gives_up_leaves_the_answer_to_the_next(fresh: Fresh[int], source: Source) -> None:
    source.answering.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(fresh.get("a"), 0.01)
    source.answering.set()
    assert await fresh.get("a") == 1
    assert source.asked == ["a"]


async def test_closing_stops_what_is_under_way(fresh: Fresh[int], source: Source, clock: HandClock) -> None:
    await fresh.get("done")
    source.answering.clear()
    waiting = []
    for _ in range(2):
        waiting.append(asyncio.create_task(fresh.get("a")))
        await asyncio.sleep(0.01)
        clock.move(MINUTE)  # the first question is too old for the second to wait for its answer
    await fresh.close()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
    assert source.asked == ["done", "a", "a"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_is_too_old_takes_no_room(fresh: Fresh[int], clock: HandClock) -> None:
    for number in range(100):
        await fresh.get(str(number))
        clock.move(timedelta(seconds=6))
    assert len(fresh._answers) <= 10
