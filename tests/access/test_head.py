"""Where the audit trail ends is posted once a day, if it has grown, and to the admin channel alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.audit_head import Head
from access.model.events import ThirdPartyEnabled
from access.model.ids import PersonId, ThirdPartyId
from access.model.messages import MessageKind, PlannedMessage
from access.model.policy import Policy
from access.operations.deliver_messages import claim_messages, note_posted, spread_to_admins
from access.operations.plan_head import plan_head
from access.ports.outbox import QueuedMessage
from handlers.messages import MessageRenderer
from tests.access.world import TEAM, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Something was recorded at ten in the morning of a Monday in Berlin."""
    world = await World.make(tmp_path, Policy(time_zone="Europe/Berlin"))
    await record(world)
    yield world
    await world.close()


async def record(world: World, count: int = 1) -> None:
    async with world.ports.write(TEAM) as uow:
        happened = [ThirdPartyEnabled(ThirdPartyId("p"), owner=PersonId("anna"))] * count
        uow.record(PersonId("anna"), happened, at=world.clock.now())
        await uow.commit()


async def tick(world: World, later: timedelta = timedelta(0)) -> bool:
    world.clock.advance(later)
    return await plan_head(TEAM, world.ports)


async def claimed(world: World) -> list[QueuedMessage]:
    due, _ = await claim_messages(TEAM, world.ports, lease=HOUR, limit=9)
    return list(due)


async def post(world: World) -> list[str]:
    """Send what waits; return the days of it."""
    due = await claimed(world)
    for queued in due:
        await note_posted(queued, "C1", "1.0", world.ports)
    return [queued.message.subject for queued in due]


async def test_it_is_posted_every_morning_after_something_was_recorded(world: World) -> None:
    assert not await tick(world), "it is ten, and nothing had been recorded when the day began"
    assert not await tick(world, 22.9 * HOUR)
    assert await tick(world, 0.1 * HOUR)
    (queued,) = await claimed(world)
    assert queued.message == PlannedMessage(MessageKind.AUDIT_HEAD, None, None, "2026-03-03", occasion="1")
    await note_posted(queued, "C1", "1.0", world.ports)
    await record(world)
    for later in (timedelta(0), HOUR, 14 * HOUR):
        assert not await tick(world, later), "once a day"
    assert await tick(world, 9 * HOUR)
    assert await post(world) == ["2026-03-04"]
    assert not await tick(world, DAY), "nothing was recorded since"
    assert await post(world) == []


async def test_it_comes_on_a_sunday_and_after_an_outage_too(world: World) -> None:
    assert await tick(world, 6 * DAY)
    assert await post(world) == ["2026-03-08"]
    await record(world, 2)
    assert await tick(world, 9 * DAY + 5 * HOUR)
    assert await post(world) == ["2026-03-17"]


async def test_it_is_written_from_the_state_when_it_is_sent(world: World) -> None:
    await tick(world, DAY)
    (queued,) = await claimed(world)
    await record(world, 2)
    rendered = await MessageRenderer(world.ports).render(TEAM, queued.message)
    async with world.ports.read(TEAM) as reading:
        head = await reading.audit_head()
    assert rendered is not None
    assert head is not None
    assert head.number == 3
    assert f"ends with record 3* for now.\n`{head}`" in rendered.text
    assert "`thirdparty-bot audit verify --head`" in rendered.text
    assert Head.parse(rendered.text.splitlines()[1]) == head, "it can be copied"


@pytest.mark.on_a_file  # in which anything may stand
async def test_where_there_is_no_telling_nothing_is_sent(world: World) -> None:
    await tick(world, DAY)
    (queued,) = await claimed(world)
    for noted in ("mac = 'text'", "mac = X'00'", "number = 0", "mac = zeroblob(40)"):
        world.rows(f"UPDATE audit_heads SET {noted}")
        assert await MessageRenderer(world.ports).render(TEAM, queued.message) is None, noted


async def test_without_a_channel_nobody_is_told_and_the_next_day_it_is_tried_again(world: World) -> None:
    await tick(world, DAY)
    (queued,) = await claimed(world)
    await spread_to_admins(queued, world.ports)
    assert await claimed(world) == [], "it is in no admin's direct messages"
    assert world.count_records() == 1, "and no record makes it grow"
    assert not await tick(world, HOUR)
    assert await tick(world, 23 * HOUR)
    assert await post(world) == ["2026-03-04"]


async def test_what_was_not_sent_yet_is_not_planned_again(world: World) -> None:
    assert await tick(world, DAY)
    assert not await tick(world, DAY), "the one of yesterday still waits, and will show this too"
    await record(world)
    assert await tick(world, DAY)


async def test_two_who_plan_at_once_plan_one(world: World, tmp_path: Path) -> None:
    other = await World.make(tmp_path, Policy(time_zone="Europe/Berlin"), seed=1)
    for each in (world, other):
        each.clock.advance(DAY)
    ticks = [plan_head(TEAM, each.ports) for each in (world, other) for _ in range(3)]
    assert sum(await asyncio.gather(*ticks)) == 1
    await other.close()
    assert await post(world) == ["2026-03-03"]
