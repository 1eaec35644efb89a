"""One bot's folder over many lives, and the people who go on with their work meanwhile."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from bot.keyring import make_keyring
from bot.slack_outbox import LEASE
from sandbox import MovableClock, Sandbox
from sandbox.answer import Answer
from sandbox.refusals import Impossible
from sandbox.timing import Timing
from tests.crash.ambush import Ambush
from tests.crash.dice import Dice
from tests.crash.nursery import Life, Nursery
from tests.crash.people import People, Step
from tests.crash.witness import Witness
from tests.fakes import CountingRandom
from tests.manifest import our_manifest

PATIENT: Final = Timing(acknowledge_within=15, trigger_lives=30)
BETWEEN_LIVES: Final = LEASE + timedelta(seconds=5)
LONG_ABSENCE: Final = 0.04
"""How often it takes days until somebody starts the bot again: offers are nudged and lapse meanwhile."""

CALM_WITHIN: Final = 90.0
_STEPS_AT_MOST: Final = 200
_KILLED: Final = (-signal.SIGKILL, -signal.SIGALRM)


@dataclass
class Season:
    """Lives, one after the other, until `wanted` of them were killed."""

    slack: Sandbox
    home: Nursery
    dice: Dice
    witness: Witness
    wanted: int
    places: list[str] = field(default_factory=list)
    parties: int = 0
    redelivered: int = 0
    given_up: int = 0
    on_kill: Callable[[], None] = lambda: None
    _life: Life | None = None
    _ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.ambush = Ambush(self.home, self.dice)
        self._days_went_by = False

    async def last(self) -> None:
        """Live through it up to the first complaint, and stop the last life as SIGTERM does.

        On a slow machine most lives end early: it takes as many stories as it takes until something was revealed.
        """
        with self.ambush.beside(self.slack), suppress(_EndedByItself):
            while (len(self.places) < self.wanted or not self.witness.reveals) and not self.witness.complaints:
                self.parties += 1
                await self._story(People(self.slack, self.dice, self.parties))
            if not self.witness.complaints:
                await self._stop()

    async def _stop(self) -> None:
        life = await self._alive()
        life.kill(signal.SIGTERM)
        if await life.ended != 0:
            self.witness.complaints.append(f"stopped with {life.ended.result()}")
        if not self.witness.forgotten():
            self.witness.complaints.append("a sealed value that was taken is kept")

    async def _story(self, people: People) -> None:
        """One third party, from the first command to the last, and then a moment of calm to look about."""
        self.ambush.prepare()
        for _ in range(_STEPS_AT_MOST):
            await self._alive()
            while self._overdue():  # whoever looked now would wait for a button that is about to go
                await asyncio.sleep(0.02)
                await self._alive()
            step = self._next(people)
            if step is None:
                break
            await self._take(step, people)
            if self.witness.complaints:
                return
        else:
            self.witness.complaints.append(f"{people.name} gets nowhere")
        await self._calm()
        await self.witness.at_rest()

    async def _take(self, step: Step, people: People) -> None:
        """Somebody does something; if the bot dies meanwhile, they wait for another life or give up."""
        before = self.witness.records
        self.ambush.begins(step.promise)
        self._days_went_by = False
        doing = asyncio.ensure_future(step.act())
        while not doing.done():
            life = await self._alive(doing)
            if self._days_went_by and not doing.done():  # what they wait for may have lapsed, so they look anew
                doing.cancel()
                self.given_up += 1
            await _first({doing, life.ended})
            if life.is_over and not doing.done():
                if self.dice.chance(0.5):
                    doing.cancel()
                    self.given_up += 1
                else:
                    self.redelivered += 1
        if doing.cancelled():
            return
        try:
            if (answer := doing.result()) is not None:
                self.witness.was_answered(step, people.name, answer, before)
        except (Impossible, TimeoutError) as error:
            self.witness.complaints.append(f"{step.promise} of {people.name}: {error!r}")

    def _next(self, people: People) -> Step | None:
        """Look at how things are, without ever being the one who tidies up after a death."""
        with closing(sqlite3.connect(f"file:{self.witness.file}?mode=ro", uri=True)) as database:
            return people.next_step(database)

    def _overdue(self) -> bool:
        """Whether an offer has lapsed, and the bot has not noted it yet."""
        with closing(sqlite3.connect(f"file:{self.witness.file}?mode=ro", uri=True)) as database:
            now = int(self.slack.clock.now().timestamp() * 1_000_000)
            open_still = "SELECT 1 FROM handoffs WHERE collected_at IS NULL AND ended_at IS NULL AND lapses_at <= ?"
            return database.execute(open_still, [now]).fetchone() is not None

    async def _alive(self, doing: "asyncio.Future[Answer | None] | None" = None) -> Life:
        """A life that is connected; one after the other until there is one."""
        while True:
            if self._life is None or self._life.is_over:
                await self._bury()
                self._life = self.ambush.life = await self._begin()
            connected = asyncio.ensure_future(self.slack.connected())
            await _first({connected, self._life.ended, *([doing] if doing else [])})
            connected.cancel()
            with suppress(asyncio.CancelledError, TimeoutError):
                await connected
            if not self._life.is_over:
                return self._life

    async def _begin(self) -> Life:
        settings = settings_of(self.slack, self.witness.folder)
        return await self.home.begin(settings, self.witness.log, ahead=self._ahead)

    async def _bury(self) -> None:
        """Look at what a dead bot left, and let its leases run out."""
        if self._life is None:
            return
        status = self._life.ended.result()
        if status not in _KILLED:
            self.witness.complaints.append(f"the bot ended by itself, with {status}")
            raise _EndedByItself
        self.places.append(self.ambush.where())
        self.on_kill()
        self._life = None
        await self.slack.drop_connections()
        await self.witness.after_death()
        self._days_went_by = self.dice.chance(LONG_ABSENCE)
        passed = timedelta(hours=48 + self.dice.below(48)) if self._days_went_by else BETWEEN_LIVES
        self.slack.clock.advance(passed)
        self._ahead += passed
        self.ambush.prepare()

    async def _calm(self) -> None:
        """Wait until the bot has said all there is to say, and the journal is empty where it has to be."""
        try:
            async with asyncio.timeout(CALM_WITHIN):
                while True:
                    await self._alive()
                    self.ambush.disarm()
                    if not self._busy() and self.witness.forgotten():
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            self.witness.complaints.append(f"no calm: something is {'unsaid' if self._busy() else 'not forgotten'}")

    def _busy(self) -> bool:
        with closing(sqlite3.connect(f"file:{self.witness.file}?mode=ro", uri=True)) as database:
            waits = "SELECT 1 FROM outbox WHERE next_attempt_at IS NOT NULL"
            return database.execute(waits).fetchone() is not None


class _EndedByItself(Exception):
    """The bot did what only a signal may do to it; another life would do the same."""


async def _first(awaited: set[asyncio.Future[Any]]) -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)


def settings_of(slack: Sandbox, folder: Path) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "THIRDPARTY_DATABASE_URL": f"sqlite:///{folder / 'thirdparty.db'}",
        "THIRDPARTY_KEYRING_FILE": str(folder / "keyring.json"),
        "THIRDPARTY_CHANNEL": slack.admin_channel,
        "THIRDPARTY_HTTP_PORT": "0",
        "THIRDPARTY_INTERNAL_PORT": "0",
    }


async def season(
    home: Nursery, folder: Path, seed: int, wanted: int, on_kill: Callable[[], None] = lambda: None
) -> Season:
    """Kill a bot that often; everything about it is new at the beginning."""
    clock = MovableClock()
    make_keyring(folder / "keyring.json", now=clock.now(), random=CountingRandom(seed))
    (folder / "thirdparty.log").touch()
    async with await Sandbox.start(manifest=our_manifest(), clock=clock, timing=PATIENT) as slack:
        lived = Season(slack, home, Dice(seed), Witness(folder, slack), wanted, on_kill=on_kill)
        await lived.last()
        return lived
