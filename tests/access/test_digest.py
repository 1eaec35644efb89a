"""The weekly digest over a real database: once a week, on Monday morning or later, and never for nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.messages import MessageKind, PlannedMessage
from access.model.people import Role
from access.model.policy import Policy
from access.operations.deliver_messages import claim_messages, note_dropped, note_undeliverable, spread_to_admins
from access.operations.plan_digest import plan_digest
from access.ports.outbox import QueuedMessage
from handlers.messages import MessageRenderer
from tests.access.books import DAY, Books
from tests.access.world import TEAM, World

HOUR = timedelta(hours=1)
BEFORE_NINE = -2 * HOUR
"""From the world's beginning, ten in the morning of a Monday in Berlin."""


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path, Policy(time_zone="Europe/Berlin"))
    world.clock.advance(BEFORE_NINE)
    yield Books(world)
    await world.close()


async def something(books: Books) -> None:
    await books.token(await books.party("Acme"), "t", left=20 * DAY)


async def tick(books: Books, later: timedelta = timedelta(0)) -> bool:
    books.world.clock.advance(later)
    return await plan_digest(TEAM, books.world.ports)


async def claimed(books: Books) -> list[QueuedMessage]:
    due, _ = await claim_messages(TEAM, books.world.ports, lease=HOUR, limit=9)
    return list(due)


def digest_of(week: str) -> PlannedMessage:
    return PlannedMessage(MessageKind.DIGEST, None, None, week)


async def test_it_comes_once_a_week_when_mondays_work_begins(books: Books) -> None:
    await something(books)
    assert not await tick(books)
    assert await tick(books, HOUR)
    assert [queued.message for queued in await claimed(books)] == [digest_of("2026-W10")]
    for later in (timedelta(0), HOUR, DAY, 3 * DAY):
        assert not await tick(books, later)
    assert await tick(books, 3 * DAY - HOUR), "it is Monday again"
    assert digest_of("2026-W11") in [queued.message for queued in await claimed(books)]


@pytest.mark.parametrize(
    ("back", "comes"), [(2 * DAY, True), (4 * DAY + 7.9 * HOUR, True), (4 * DAY + 8 * HOUR, False), (5 * DAY, False)]
)
async def test_after_an_outage_it_comes_in_what_is_left_of_the_weeks_work(
    books: Books, back: timedelta, comes: bool
) -> None:
    await something(books)
    assert await tick(books, HOUR + back) is comes


async def test_after_three_weeks_one_comes(books: Books) -> None:
    await something(books)
    assert await tick(books, 16 * DAY + HOUR)
    assert [queued.message for queued in await claimed(books)] == [digest_of("2026-W12")]


async def test_where_there_is_nothing_to_tell_nothing_is_planned_and_nobody_looks_again(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not await tick(books, HOUR)
    await something(books)
    monkeypatch.setattr("access.operations.plan_digest.report_of", None)
    assert not await tick(books, DAY)
    assert await claimed(books) == []


async def test_two_who_plan_at_once_plan_one(books: Books, tmp_path: Path) -> None:
    await something(books)
    other = await World.make(tmp_path, Policy(time_zone="Europe/Berlin"), seed=1)
    books.world.clock.advance(HOUR)
    other.clock.advance(BEFORE_NINE + HOUR)
    ticks = [plan_digest(TEAM, world.ports) for world in (books.world, other) for _ in range(3)]
    assert sum(await asyncio.gather(*ticks)) == 1
    await other.close()
    assert len(await claimed(books)) == 1


async def test_it_is_written_when_it_is_sent_and_dropped_when_nothing_is_left_to_say(books: Books) -> None:
    party = await books.party("Acme")
    token = await books.token(party, "t", left=20 * DAY)
    await tick(books, HOUR)
    (queued,) = await claimed(books)
    renderer = MessageRenderer(books.world.ports)
    rendered = await renderer.render(TEAM, queued.message)
    assert rendered is not None
    assert "Acme" in rendered.text
    await books.token(party, "new", renews=token.id)
    assert await renderer.render(TEAM, queued.message) is None
    await note_dropped(queued, books.world.ports)
    assert await claimed(books) == []
    assert books.world.count_records() == 0, "it was about nobody in particular"


async def test_one_that_was_held_up_until_the_next_week_is_not_sent_beside_the_next(books: Books) -> None:
    await something(books)
    await tick(books, HOUR)
    renderer = MessageRenderer(books.world.ports)
    books.world.clock.advance(6 * DAY)
    assert await renderer.render(TEAM, digest_of("2026-W10")) is not None
    books.world.clock.advance(DAY)
    assert await renderer.render(TEAM, digest_of("2026-W10")) is None


async def test_without_a_channel_each_admin_reads_it(books: Books) -> None:
    await something(books)
    await tick(books, HOUR)
    (queued,) = await claimed(books)
    await spread_to_admins(queued, books.world.ports)
    copies = await claimed(books)
    assert len(copies) == len([each for each in books.world.town.people.values() if each.role is Role.ADMIN]) == 2
    for copy in copies:
        assert await MessageRenderer(books.world.ports).render(TEAM, copy.message) is not None
        await note_undeliverable(copy, "user_disabled", books.world.ports)
    assert await claimed(books) == [], "its loss is told nobody: the log has it"
    assert books.world.count_records() == 0


async def test_a_crash_before_the_commit_leaves_it_to_the_next_tick(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await something(books)
    with monkeypatch.context() as broken:
        broken.setattr("storage.repositories.outbox.OutboxRows.add", None)
        with pytest.raises(TypeError):
            await tick(books, HOUR)
    assert await tick(books)
    assert len(await claimed(books)) == 1
