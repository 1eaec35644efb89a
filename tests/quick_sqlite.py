"""What SQLite costs in tests that are not about it: no thread for each connection, no wait for the disk, no statement
compiled twice.

A plugin of pytest's. The bot's driver runs each connection in a thread of its own, and a query goes there and back four
times: a quarter of all the tests' processor time. Here it runs at once, on the loop. It is the same SQLite on the same
files, and a task still gives way to the others at each statement (`storage/uninterrupted.py`). What cannot happen is
anything while a statement is under way: so tests of that, and of locks that are held elsewhere, keep the threads
(`THREADED`), and where it is thorough all tests do.

At each commit the bot waits until the disk has what was written, so that a power cut takes nothing back. Where no power
is cut there is nothing to see of that, and tests wait for it only where they are about the file itself (`DURABLE`). A
process that tests start waits as ever.

What SQLAlchemy has compiled serves every database of the process, as it does in a bot that runs for weeks.
"""

from collections.abc import Callable
from typing import Any, Final

import aiosqlite
import pytest
from sqlalchemy import URL
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import storage.sqlite
from tests.thorough import is_thorough

THREADED: Final = (
    "tests/access/test_contention.py",
    "tests/access/test_digest.py::test_two",
    "tests/access/test_head.py::test_two",
    "tests/access/test_reminders.py::test_two",
    "tests/access/test_slow_and_odd.py",
    "tests/access/test_two_processes.py",
    "tests/bot/",
    "tests/crash/",
    "tests/scenarios/test_database_faults.py",
    "tests/scenarios/test_keys.py::test_keys_are_rotated",
    "tests/scenarios/test_promises.py",
    "tests/scenarios/test_races.py",
    "tests/scenarios/test_story.py",
    "tests/storage/",
)
"""Tests of the driver, of locks, of starts and ends; and the whole story, with everything as it is."""

DURABLE: Final = (
    "tests/crash/",
    "tests/bot/test_start_faults.py",
    "tests/scenarios/test_database_faults.py",
    "tests/scenarios/test_story.py",
    "tests/storage/",
)
"""Tests of the file, its journal and its disk; and the whole story."""

_DURABLE: Final = storage.sqlite._PRAGMAS
_QUICK: Final = tuple(each.replace("synchronous=FULL", "synchronous=OFF") for each in _DURABLE)
assert _QUICK != _DURABLE

_in_thread: Callable[..., Any] = aiosqlite.Connection._execute
_compiled: Final[dict[object, object]] = {}


class _Now:
    threaded = True


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the test that is next have what it needs."""
    threaded, durable = (item.nodeid.startswith(those) for those in (THREADED, DURABLE))
    be_quick(threaded=threaded or is_thorough(), durable=durable or is_thorough())


def be_quick(*, threaded: bool = False, durable: bool = False) -> None:
    """Have from now on what is asked for, and no more."""
    _Now.threaded = threaded
    _always.setattr("storage.sqlite._PRAGMAS", _DURABLE if durable else _QUICK)


async def _execute(connection: aiosqlite.Connection, work: Callable[..., Any], *given: Any, **more: Any) -> Any:
    if _Now.threaded:
        return await _in_thread(connection, work, *given, **more)
    if not connection._running or connection._connection is None:
        raise ValueError("Connection closed")  # the driver's words, which SQLAlchemy understands
    return work(*given, **more)


def _create(url: URL, *, execution_options: dict[str, object], **more: Any) -> AsyncEngine:
    return create_async_engine(url, execution_options={**execution_options, "compiled_cache": _compiled}, **more)


_always = pytest.MonkeyPatch()
_always.setattr("aiosqlite.Connection._execute", _execute)
_always.setattr("storage.sqlite.create_async_engine", _create)
_always.setattr(SQLiteDialect_aiosqlite, "__eq__", lambda one, other: type(one) is type(other))
_always.setattr(SQLiteDialect_aiosqlite, "__hash__", lambda one: hash(type(one)))  # it is part of each key of the cache
