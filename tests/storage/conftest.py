import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from storage.engine import Database
from storage.tables import metadata
from tests.databases import make_database
from tests.fakes import CountingRandom, PlainSeal, plain_reason_hash
from tests.postgres import Server, make_empty, own_database, server_to_stop

_TABLES = "|".join(metadata.tables)


async def open_database(place: Path | str, *, seed: int = 0) -> Database:
    """Open SQLite's file, or the database of a URL."""
    random, url = CountingRandom(seed), place if isinstance(place, str) else f"sqlite:///{place}"
    return await Database.open(url, seal=PlainSeal(), random=random, hash_reason=plain_reason_hash)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "thirdparty.db"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on both databases, but those of the file."""
    if "database" in metafunc.fixturenames:
        kinds = ["sqlite"] if "file" in metafunc.fixturenames else ["sqlite", "postgres"]
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A new database, made by the migrations."""
    if request.param == "postgres":
        place = await asyncio.to_thread(own_database)
        await make_empty(place)
    else:
        place = request.getfixturevalue("file")
        await make_database(place)
    opened = await open_database(place)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def no_statement_without_workspace() -> Iterator[None]:
    """Every statement of every test here names the workspace of each table that it touches."""

    def check(_conn: Connection, _cursor: Any, statement: str, _given: Any, context: Any, _many: bool) -> None:
        if context.compiled is None or context.isddl or "_alembic_tmp_" in statement:
            return
        for table in re.findall(rf"(?:FROM|UPDATE|JOIN) ({_TABLES})\b", statement):
            assert re.search(rf"{table}\.workspace = (\?|\$\d+::VARCHAR)", statement), statement
        assert not re.search(rf"INTO (?:{_TABLES}) \((?!workspace,)", statement), statement

    event.listen(Engine, "before_cursor_execute", check)
    yield
    event.remove(Engine, "before_cursor_execute", check)


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One to stop and start, that keeps what it has committed."""
    with server_to_stop(synchronous_commit="on") as running:
        yield running
