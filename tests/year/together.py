"""Years of several workspaces in one database, all of them or some at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bot.keyring import make_keyring
from sandbox.clock import real_seconds
from tests.crash.nursery import Nursery, nursery
from tests.fakes import CountingRandom
from tests.year import journal as happened
from tests.year.brought import bring
from tests.year.doings import Doings
from tests.year.place import Place
from tests.year.whole import BEGINS, live, year_in
from tests.year.year import Year

_KINDS: Final = {"messages with reminders": happened.Said, "tokens": happened.Issued, "reveals": happened.Collected}


@dataclass
class Asked:
    """What somebody wants to see. `months`: how long a token lives.

    `replicas`: so many bots of each workspace on PostgreSQL; none: one on a file. `brought`: third parties of each that
    come with an import. `at_once`: so many workspaces live side by side. `kills`, `cuts`, `restarts`, of a bot, of all
    connections, of PostgreSQL: in all of them together.
    """

    parties: int = 200
    days: int = 365
    months: int = 6
    kills: int = 40
    brought: int = 0
    workspaces: int = 1
    at_once: int = 1
    replicas: int = 0
    cuts: int = 0
    restarts: int = 0
    seed: int = 0
    minutes: float = 60
    keep: Path | None = None


@dataclass
class Together:
    """Those that have lived or live, and what is wrong with them. `say`: takes a line for each that is over."""

    folder: Path
    asked: Asked
    place: Place
    say: Callable[[str], None]
    years: list[Year] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def live(self) -> None:
        """Live through all of it."""
        make_keyring(self._keyring, now=BEGINS, random=CountingRandom(self.asked.seed))
        turns = asyncio.Semaphore(self.asked.at_once)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.asked.workspaces):
                tasks.create_task(self._one(number, turns))

    @property
    def figures(self) -> Mapping[str, int]:
        return _figures(self.years)

    @property
    def _keyring(self) -> Path:
        return self.folder / "keyring.json"

    async def _one(self, number: int, turns: asyncio.Semaphore) -> None:
        async with turns:
            began = real_seconds()
            folder = self.folder / str(number)
            folder.mkdir(exist_ok=True)
            async with nursery(folder, "tests.year.life") as home:
                year, wrong = await self._year(number, folder, home)
            self.wrong += [f"workspace {number}: {each}" for each in wrong]
            if self.asked.workspaces > 1:
                took = f"{real_seconds() - began:.0f} s, {len(wrong)} wrong"
                self.say(f"workspace {number}: {took}, {dict(_figures([year]))}")

    async def _year(self, number: int, folder: Path, home: Nursery) -> tuple[Year, Sequence[str]]:
        asked = self.asked
        size = {"seed": asked.seed + number, "parties": asked.parties + asked.brought, "months": asked.months}
        replicas = max(asked.replicas, 1)
        begun = year_in(home, self.place, folder, self._keyring, number=number, replicas=replicas, **size)
        async with begun as year:
            self.years.append(year)
            year.neighbours = self.years
            Doings(year, asked.parties, asked.days, asked.brought)
            if asked.brought:
                await bring(year, asked.brought)
            trouble = (self._share(of, number) for of in (asked.kills, asked.cuts, asked.restarts))
            return year, await live(year, asked.days, *trouble)

    def _share(self, total: int, number: int) -> int:
        """Return how many of them are in that workspace."""
        return total * (number + 1) // self.asked.workspaces - total * number // self.asked.workspaces


async def lived(
    folder: Path,
    asked: Asked,
    where: AbstractAsyncContextManager[Place],
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Together:
    """Live through one year of each workspace, or a part of one."""
    async with where as place:
        together = Together(folder, asked, place, say)
        await together.live()
        return together


def _figures(years: Sequence[Year]) -> Mapping[str, int]:
    total = Counter[str]()
    for year in years:
        total.update(dict.fromkeys(_KINDS, 0) | asdict(year.figures))
        total.update(what for fact in year.journal.facts for what, kind in _KINDS.items() if isinstance(fact, kind))
    return total
