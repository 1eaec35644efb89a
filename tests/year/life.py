"""A life of the bot whose clock stands still until somebody outside moves it, and who hears when all is quiet again."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from access.model.check import CheckNotes
from bot.app import Bot, started
from bot.scheduler import Job, Tickers
from bot.settings import Settings
from bot.slack_outbox import LEASE
from tests.bot.waiting import until
from tests.crash.zygote import main
from tests.quick_sqlite import be_quick
from tests.year.looking import Look, look_into

_A_MOMENT = 0.004
_LONGEST_MOMENT = 0.05
_PATIENCE = 1.0
"""So many seconds may lie between the claim of a message and its sending; a pause that long is no claim."""


class StillClock:
    """A clock that shows what it was last set to."""

    def __init__(self, now: datetime) -> None:
        self.shows = now

    def now(self) -> datetime:
        return self.shows


class CountedTickers(Tickers):
    """Tickers that know when every job has begun and ended anew."""

    def __init__(self, jobs: Mapping[str, tuple[timedelta, Job]]) -> None:
        self._begun: Counter[str] = Counter(dict.fromkeys(jobs, 0))
        self._at_work: set[str] = set()
        super().__init__({name: (every, partial(self._counted, name, job)) for name, (every, job) in jobs.items()})

    async def once_more(self) -> None:
        """Run every job from now on, to its end."""
        before = Counter(self._begun)
        self.hurry()
        await until(lambda: not self._at_work and all(self._begun[name] > before[name] for name in before), within=60)

    async def _counted(self, name: str, job: Job) -> None:
        self._begun[name] += 1
        self._at_work.add(name)
        try:
            await job()
        finally:
            self._at_work.discard(name)


async def serve(settings: Settings, order: dict[str, Any]) -> None:
    """Be the bot. From `order["control"]` comes the time, whether to wait for quiet, and whether to look about first.

    What goes back is first where checks are answered, and then, each time when all is quiet again, until when Slack is
    left alone. A check is no use: whoever asks notes what is one, or nobody would know when it was written down.
    """
    clock = StillClock(datetime.fromisoformat(order["now"]))
    with (
        patch("bot.app.Tickers", CountedTickers),
        patch.object(CheckNotes, "note", lambda *_: None),
        closing(look_into(order["looks_into"])) as database,
    ):
        async with started(settings, clock=clock, pace=timedelta(0)) as bot:
            reader, writer = await asyncio.open_unix_connection(order["control"])
            writer.write(json.dumps(bot.internal_url).encode() + b"\n")
            while line := await reader.readline():
                now, to_wait, to_look = json.loads(line)
                clock.shows = datetime.fromisoformat(now)
                if to_look:
                    assert isinstance(bot.tickers, CountedTickers)
                    await bot.tickers.once_more()
                if to_wait:
                    await _quiet(bot, clock, database)
                until = bot.relay._pause.until if bot.relay.is_paused else clock.shows
                writer.write(json.dumps(until.isoformat()).encode() + b"\n")
                await writer.drain()


async def _quiet(bot: Bot, clock: StillClock, database: Look) -> None:
    """Wait until no message that is due is left, or Slack is left alone for now. It looks less and less often."""
    waited, moment = 0.0, _A_MOMENT
    while _is_busy(bot, clock.shows, database) and waited < _PATIENCE:
        if bot.relay._under_way:
            waited, moment = 0.0, _A_MOMENT
            await asyncio.wait(list(bot.relay._under_way.values()))
        else:
            bot.relay.wake()
            await asyncio.sleep(moment)
            waited, moment = waited + moment, min(2 * moment, _LONGEST_MOMENT)


def _is_busy(bot: Bot, now: datetime, database: Look) -> bool:
    """Whether a message is due, or is being sent: as the clock stands still, its lease began just now."""
    if bot.relay._under_way:
        return True
    present, leased_until = _microseconds(now), _microseconds(now + LEASE)
    is_due = "next_attempt_at = ? OR (? AND next_attempt_at <= ?)"
    given = [bot.workspace, leased_until, not bot.relay.is_paused, present]
    query = f"SELECT 1 FROM outbox WHERE workspace = ? AND ({is_due}) LIMIT 1"
    return database.execute(query, given).fetchone() is not None


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


if __name__ == "__main__":
    be_quick()  # who is killed loses nothing that was committed; and when it happens is not for threads to say
    main(serve)
