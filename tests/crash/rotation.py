"""`thirdparty-bot keys rotate`, killed again and again beside checks: nothing is ever unreadable, and it completes."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import aiosqlite

from access.model.credentials import TOKEN_PREFIX, digest, mint
from access.model.errors import CredentialsUnreadable
from access.model.ids import TokenId, WorkspaceId
from access.model.secret import Secret
from access.model.token import Verdict
from access.operations.offering import bearer_place, secret_place
from bot import cli
from bot.cli import rotation
from bot.keyring import load_keyring
from bot.vault import ChainSeal, SealingVault
from sandbox.clock import real_seconds
from storage.chain import verify_chain
from tests.access.books import Books
from tests.access.world import TEAM, World
from tests.checking import check
from tests.fakes import CountingRandom

KEYRING: Final = "keyring"
_IN_BETWEEN: Final = 0.002
"""Seconds between two checks."""


def begin(folder: Path, *, at_once: int, pause: timedelta, boundary: int = 0) -> ForkServerProcess:
    """Begin a rotation in a process of its own. `boundary`: at which of its steps it kills itself; 0: at none."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.rotation"])
    process = context.Process(target=_rotate, args=(str(folder), at_once, pause, boundary), daemon=True)
    process.start()
    return process


def _rotate(folder: str, at_once: int, pause: timedelta, boundary: int) -> None:
    """Be `thirdparty-bot keys rotate`."""
    os.chdir(folder)
    os.environ |= {
        "THIRDPARTY_DATABASE_URL": "sqlite:///thirdparty.db",
        "THIRDPARTY_KEYRING_FILE": KEYRING,
        "THIRDPARTY_LOG_LEVEL": "ERROR",
    }
    sys.argv = ["thirdparty-bot", "keys", "rotate"]
    with (
        open("rotation.log", "a", encoding="utf-8") as log,
        patch.object(rotation, "_AT_ONCE", at_once),
        patch.object(rotation, "_PAUSE", pause),
        _fuse(boundary),
    ):
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        cli.main()


@contextmanager
def _fuse(boundary: int) -> Iterator[None]:
    """Die at a boundary of what a disk keeps: before and after each commit, sync and change of a name."""
    left = boundary

    def burn() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(work: Any) -> Any:
        def burning(*given: Any) -> Any:
            burn()
            done = work(*given)
            burn()
            return done

        return burning

    async def commit(connection: aiosqlite.Connection) -> None:
        burn()
        await committing(connection)
        burn()

    committing = aiosqlite.Connection.commit
    with (
        patch.object(aiosqlite.Connection, "commit", commit),
        patch.object(os, "fsync", around(os.fsync)),
        patch.object(Path, "replace", around(Path.replace)),
        patch.object(Path, "unlink", around(Path.unlink)),
    ):
        yield


@dataclass
class Rotated:
    """A database whose keys are rotated, and what has been seen of it."""

    world: World
    token: Secret | None
    kills: int = 0
    checks: int = 0
    slowest: float = 0.0
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def make(cls, folder: Path, values: int) -> "Rotated":
        """Have so many sealed values wait, two of each offer, and a token that programs use meanwhile."""
        world = await World.make(folder)
        books, bearer = Books(world), mint(TOKEN_PREFIX, bytes(32))
        token = await books.token(await books.party("Acme"), "t")
        await books.change(token, token_digest=digest(bearer))
        made = cls(world, bearer)
        await made.check()
        made.fill(values)
        return made

    @property
    def folder(self) -> Path:
        return self.world.file.parent

    def fill(self, values: int) -> None:
        vault = SealingVault(load_keyring(self.folder / KEYRING), CountingRandom(7))
        rows = [
            (TEAM, token, *(vault.seal(Secret(f"{token} {place.column}"), place) for place in _places(TEAM, token)))
            for token in (TokenId(f"t{number:07}") for number in range(values // 2))
        ]
        with closing(sqlite3.connect(self.world.file)) as connection, connection:
            connection.executemany("INSERT INTO sealed_credentials VALUES (?, ?, ?, ?)", rows)

    def look(self) -> dict[str, int]:
        """Open everything with the keyring as it is; return how much is sealed with which key."""
        vault, found = SealingVault(load_keyring(self.folder / KEYRING), CountingRandom()), dict[str, int]()
        with closing(sqlite3.connect(self.world.file)) as connection:
            rows = connection.execute("SELECT * FROM sealed_credentials").fetchall()
        for workspace, token, *sealed in rows:
            for value, place in zip(sealed, _places(workspace, token), strict=True):
                try:
                    if vault.open(value, place).reveal() != f"{token} {place.column}":
                        self.complaints.append(f"{token} is another one")
                except CredentialsUnreadable as error:
                    self.complaints.append(f"{token}: {error}")
                key = value[1:9].decode()
                found[key] = found.get(key, 0) + 1
        return found

    async def check(self) -> None:
        """Have a program's token checked, as at every call of the API."""
        began = real_seconds()
        if self.token and await check(TEAM, self.token, self.world.ports) is not Verdict.ACCEPTED:
            self.complaints.append("a check was refused")
        self.checks, self.slowest = self.checks + 1, max(self.slowest, real_seconds() - began)

    async def checked_until_over(self, process: ForkServerProcess, seconds: float | None) -> bool:
        """Have it checked until a rotation is over, and kill that after so long; tell whether it came to its end."""
        began = real_seconds()
        while process.is_alive() and (seconds is None or real_seconds() - began < seconds):
            await self.check()
            await asyncio.sleep(_IN_BETWEEN)
        if process.is_alive():
            process.kill()
        process.join()
        if process.exitcode not in (0, -signal.SIGKILL):
            self.complaints.append(f"exit status {process.exitcode}: {(self.folder / 'rotation.log').read_text()}")
        self.kills += process.exitcode == -signal.SIGKILL
        return process.exitcode != -signal.SIGKILL

    def is_complete(self, values: int) -> bool:
        """Look at everything, and tell whether nothing is left to do, whether or not that was said."""
        first = load_keyring(self.folder / KEYRING).first.id
        return self.look() == {first: values} and self.said() == 1

    def said(self) -> int:
        """How often the trail says that keys were rotated."""
        with closing(sqlite3.connect(self.world.file)) as connection:
            ((said,),) = connection.execute("SELECT count(*) FROM audit WHERE action = 'keys.rotated'")
        return int(said)

    async def at_the_end(self, values: int) -> None:
        """Everything is sealed with the first of two keys, and the trail says so, once, and verifies."""
        keyring = load_keyring(self.folder / KEYRING)
        if len(keyring.keys) != 2:
            self.complaints.append(f"{len(keyring.keys)} keys")
        if (found := self.look()) != {keyring.first.id: values}:
            self.complaints.append(f"at the end: {found}")
        verified = await verify_chain(self.world.database, TEAM, ChainSeal(keyring))
        if (self.said(), verified.wrong) != (1, None):
            self.complaints.append(f"{self.said()} records of it; {verified}")
        if left := [path.name for path in self.folder.glob(f"{KEYRING}*") if path.name != KEYRING]:
            self.complaints.append(f"left: {left}")


def _places(workspace: str, token: str) -> tuple[Any, Any]:
    here = WorkspaceId(workspace), TokenId(token)
    return secret_place(*here), bearer_place(*here)


async def rotate_and_kill(
    folder: Path, values: int, every: Iterator[float], *, at_once: int = 500, pause: timedelta = rotation._PAUSE
) -> Rotated:
    """Rotate, and kill each attempt after so many seconds, until one completes; then look at everything."""
    rotated = await Rotated.make(folder, values)
    try:
        while not rotated.complaints:
            process = begin(folder, at_once=at_once, pause=pause)
            over = await rotated.checked_until_over(process, next(every, None))
            if rotated.is_complete(values) or over:
                await rotated.at_the_end(values)
                break
    finally:
        await rotated.world.close()
    return rotated
