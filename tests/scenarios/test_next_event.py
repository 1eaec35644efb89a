"""What the time machine of the sandbox's page asks: when does something happen by itself?"""

import asyncio
from datetime import UTC, datetime, timedelta

from access.operations.next_event import next_event
from tests.scenarios.stage import Stage, got

HOUR = timedelta(hours=1)


async def due(stage: Stage) -> datetime | None:
    """What is due once the bot has done everything that is due now."""
    stage.hurry()
    async with asyncio.timeout(10):
        while found := await next_event(stage.bot.workspace, stage.bot.ports):
            if found > stage.slack.clock.now():
                break
            await asyncio.sleep(0.01)
    return found


async def test_each_thing_that_is_due_is_named_in_its_turn(stage: Stage) -> None:
    assert await due(stage) is None
    offer = await stage.issued()
    now = stage.slack.clock.now()
    nudge = got(await due(stage))
    assert now < nudge < now + 72 * HOUR
    stage.slack.clock.advance(nudge - now)
    await stage.settled()
    lapse = got(await due(stage))
    assert nudge < lapse
    await stage.reveal(offer)
    reminder = got(await due(stage))
    expires = got(at(stage, "expires_at"))
    assert expires - timedelta(days=62) < reminder < expires - timedelta(days=57)
    stage.slack.clock.advance(reminder - nudge)
    await stage.settled()
    assert await due(stage) != reminder


async def test_what_is_over_is_not_due(stage: Stage) -> None:
    await stage.collected()
    expires = got(at(stage, "expires_at"))
    await stage.later(days=400)
    assert expires < stage.slack.clock.now()
    left = await due(stage)
    assert left is None or left > stage.slack.clock.now()


def at(stage: Stage, column: str) -> datetime | None:
    ((micros,),) = stage.rows(f"SELECT {column} FROM tokens")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(str(micros)))
