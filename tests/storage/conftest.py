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

_TABLES = "|".join(metadata.tables)


async def open_database(file: Path, *, seed: int = 0) -> Database:
    random = CountingRandom(seed)
    return await Database.open(f"sqlite:///{file}", seal=PlainSeal(), random=random, hash_reason=plain_reason_hash)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "thirdparty.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    """A new database, made by the migrations."""
    await make_database(file)
    opened = await open_database(file)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def no_statement_without_workspace() -> Iterator[None]:
    """Every statement of every test here names the workspace of each table that it touches."""

    def check(_conn: Connection, _cursor: Any, statement: str, _given: Any, context: Any, _many: bool) -> None:
        if context.compiled is None or context.isddl or "_alembic_tmp_" in statement:
            return
        for table in re.findall(rf"(?:FROM|UPDATE|JOIN) ({_TABLES})\b", statement):
            assert f"{table}.workspace = ?" in statement, statement
        assert not re.search(rf"INTO (?:{_TABLES}) \((?!workspace,)", statement), statement

    event.listen(Engine, "before_cursor_execute", check)
    yield
    event.remove(Engine, "before_cursor_execute", check)
