"""Third parties' stories, told by the real operations on the real storage, over a disk that loses what is not synced.

The power fails at moments of chance: at a change that SQLite makes to a file, or right after an acknowledgement. One
voyage is cut short at many moments, since what a cut leaves can be noted without ending it.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from bot.keyring import load_keyring
from bot.vault import ChainSeal
from storage import sqlite
from storage.chain import verify_chain
from storage.engine import Database
from tests.access.world import TEAM, World
from tests.crash.dice import Dice
from tests.crash.disk import Disk, Remains
from tests.crash.driver import storage_on
from tests.crash.lives import operations
from tests.crash.truths import Contents, complaints, contents, copy_database
from tests.fakes import CountingRandom, PlainSeal, plain_reason_hash

FILE: Final = "thirdparty.db"
_CUT_AT_A_CHANGE: Final = 0.01
_CUT_AFTER_AN_ACKNOWLEDGEMENT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Cut:
    """The power fails. `acknowledged`: every row at the last acknowledgement. `quiet`: nothing was under way."""

    remains: Remains
    acknowledged: Contents
    quiet: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found after a cut. `lost`: something acknowledged is not there."""

    lost: bool
    quiet: bool
    complaints: list[str]


@dataclass
class Voyage:
    """A world that is lived in until it was cut `wanted` times."""

    folder: Path
    dice: Dice
    wanted: int
    cuts: list[Cut] = field(default_factory=list)
    sealed: set[bytes] = field(default_factory=set)
    _acknowledged: Contents = field(default_factory=dict)

    async def sail(self) -> None:
        disk = Disk(f"disk-{self.folder.name}")
        disk.on_change = lambda: self._perhaps_cut(disk, _CUT_AT_A_CHANGE, quiet=False)
        try:
            with storage_on(disk):
                world = await World.make(self.folder)
                try:
                    await self._live(world, disk)
                finally:
                    disk.on_change = lambda: None
                    await world.close()
        finally:
            disk.close()

    async def _live(self, world: World, disk: Disk) -> None:
        async for _ in operations(world, self.dice):
            self._acknowledge()
            self._perhaps_cut(disk, _CUT_AFTER_AN_ACKNOWLEDGEMENT, quiet=True)
            if len(self.cuts) >= self.wanted:
                return

    def _acknowledge(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = copy_database(self.folder / FILE, Path(folder))
            with closing(sqlite3.connect(copy)) as database:
                self._acknowledged = contents(database)
        self.sealed |= _sealed_in(self._acknowledged)

    def _perhaps_cut(self, disk: Disk, share: float, *, quiet: bool) -> None:
        if len(self.cuts) < self.wanted and self.dice.chance(share):
            self.cuts.append(Cut(disk.remains(), self._acknowledged, quiet))

    async def examine(self, cut: Cut, folder: Path) -> Outcome:
        """Restart after a cut, on a machine whose SQLite is the ordinary one, and look."""
        cut.remains.settle(folder, self.dice)
        with closing(sqlite3.connect(folder / FILE)) as database:
            found = complaints(database)
            left = contents(database)
        found += await self._recovered(folder)
        with closing(sqlite3.connect(folder / FILE)) as database:
            if left.keys() > {"alembic_version"} and contents(database) != left:
                found.append("the start changed something")
        return Outcome(_lost(cut, left), cut.quiet, found)

    async def _recovered(self, folder: Path) -> list[str]:
        """What the program itself makes of it: the start, the chain, and no sealed value that was taken."""
        found = []
        seal = ChainSeal(load_keyring(self.folder / "keyring"))
        database = await Database.open(
            f"sqlite:///{folder / FILE}", seal=PlainSeal(), random=CountingRandom(), hash_reason=plain_reason_hash
        )
        try:
            await database.migrate()
            if (verified := await verify_chain(database, TEAM, seal)).first_wrong is not None:
                found.append(f"chain: {verified}")
            if not await database.checkpoint_if_due():
                found.append("the journal could not be emptied")
            with closing(sqlite3.connect(folder / FILE)) as connection:
                waiting = _sealed_in(contents(connection))
            kept = b"".join(path.read_bytes() for path in folder.iterdir())
        finally:
            await database.close()
        return [*found, *("a sealed value that was taken is kept" for value in self.sealed - waiting if value in kept)]


@contextmanager
def synchronous_normal() -> Iterator[None]:
    """Within the block, a commit is not synced: what an ordinary setting would do."""
    with patch.object(sqlite, "_PRAGMAS", tuple(each.replace("=FULL", "=NORMAL") for each in sqlite._PRAGMAS)):
        yield


async def sail_and_cut(
    folder: Path, seed: int, wanted: int, on_cut: Callable[[], None] = lambda: None
) -> list[Outcome]:
    """Live in a world until it was cut that often; return what was found after each cut."""
    outcomes = []
    with tempfile.TemporaryDirectory(dir=folder) as home:
        voyage = Voyage(Path(home), Dice(seed), wanted)
        await voyage.sail()
        for cut in voyage.cuts:
            with tempfile.TemporaryDirectory(dir=folder) as after:
                outcomes.append(await voyage.examine(cut, Path(after)))
            on_cut()
    return outcomes


def _lost(cut: Cut, left: Contents) -> bool:
    """With nothing under way every row is as it was; otherwise there may be more, but what lasts is there."""
    return left != cut.acknowledged if cut.quiet else not _lasting(cut.acknowledged) <= _lasting(left)


def _lasting(rows: Contents) -> set[Any]:
    """What never changes again: records, people, and which messages were sent."""
    sent = {row["id"] for row in map(dict, rows.get("outbox", [])) if row["sent_at"] is not None}
    return {*rows.get("audit", []), *rows.get("people", []), *sent}


def _sealed_in(rows: Contents) -> set[bytes]:
    return {value for row in rows.get("sealed_credentials", []) for _, value in row if isinstance(value, bytes)}
