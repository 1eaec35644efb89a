"""No room, no right, a damaged page: nothing is kept by halves, and nothing of it says a value."""

import sqlite3
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from storage.engine import Database
from storage.errors import PROBLEMS, DatabaseUnusable
from tests.faulty_disk import full_disk
from tests.storage.rows import HERE, NOW, keep_party, party

LONG = "Zanzibar " * 8


async def fill(database: Database, count: int, notes: str = LONG * 100) -> None:
    await keep_party(database, *(party(f"{LONG}{n}", id=f"{count}-{n}", notes=notes) for n in range(count)))


async def count(database: Database) -> int:
    async with database.read(HERE) as reading:
        return (await reading.third_parties.search("", owner=None, limit=1))[1]


@pytest.mark.usefixtures("file")  # of SQLite alone
async def test_a_database_that_is_full_keeps_nothing_of_a_transaction(database: Database) -> None:
    await keep_party(database)
    async with database._backend.writer.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(DatabaseUnusable, match="no room left") as full:
        await fill(database, 20)
    assert (full.value.code, full.value.writing) == ("no_room", True)
    assert "Zanzibar" not in "".join(traceback.format_exception(full.value))
    assert await count(database) == 1
    async with database._backend.writer.connect() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    await fill(database, 20)
    assert await count(database) == 21


async def test_a_disk_that_is_full_at_the_commit_keeps_nothing(database: Database, file: Path) -> None:
    woken: list[None] = []
    database.on_commit(lambda: woken.append(None))
    await keep_party(database)
    with full_disk():
        for act in (fill(database, 1, ""), database.probe()):
            with pytest.raises(DatabaseUnusable) as full:
                await act
            assert (full.value.code, full.value.writing) == ("disk_error", True)
        assert await count(database) == 1
    assert woken == []
    await database.probe()
    await fill(database, 1)
    assert await count(database) == 2
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_statement_that_fails_otherwise_stays_what_it_is(database: Database) -> None:
    alarms: list[DatabaseUnusable] = []
    database.on_trouble(alarms.append)
    with pytest.raises(DBAPIError, match="nowhere"):
        async with database.reading_scope(HERE) as scope:
            await scope._connection.exec_driver_sql("SELECT 1 FROM nowhere")
    assert alarms == []


async def test_after_damage_was_met_nothing_is_answered_any_more(database: Database, file: Path) -> None:
    await fill(database, 20)
    await database.checkpoint()
    with closing(sqlite3.connect(file)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'third_parties'").fetchone()
    with file.open("r+b") as damaged:
        damaged.seek((root - 1) * 4_096)
        damaged.write(LONG.encode() * 50)
    with closing(sqlite3.connect(file)) as somebody_else:  # after whom nobody answers from memory
        somebody_else.execute("PRAGMA user_version=1")
    for act in (count(database), keep_party(database), database.probe(), database.keys_in_use(NOW)):
        with pytest.raises(DatabaseUnusable) as refused:
            await act
        assert refused.value.code == "damaged"
        assert "Zanzibar" not in "".join(traceback.format_exception(refused.value))


async def test_waiting_for_another_program_ends(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database._backend.writer.connect() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnusable) as locked:
            await keep_party(database)
        assert locked.value.code == "locked"
        monkeypatch.setattr(database._backend.writer.pool, "_timeout", 0.01)
        async with database._backend.writer.connect():
            with pytest.raises(DatabaseUnusable) as busy:
                await keep_party(database)
        assert busy.value.code == "locked"
    await keep_party(database)


def test_every_problem_says_what_to_do() -> None:
    assert all(";" in text and len(text) < 120 for text in PROBLEMS.values())
