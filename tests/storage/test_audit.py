import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.audit import DONE, AuditEntry, Detail
from access.model.ids import PersonId
from storage.chain import Verified, verify_chain
from storage.engine import Database
from tests.fakes import PlainSeal
from tests.storage.rows import HERE, NOW, PARTY, THERE

ADMIN = PersonId("admin")
WITHOUT_TRIGGERS = "DROP TRIGGER audit_refuses_update; DROP TRIGGER audit_refuses_delete;"

SWAP = """
    UPDATE audit SET number = 9 WHERE number = 2;
    UPDATE audit SET number = 2 WHERE number = 3;
    UPDATE audit SET number = 3 WHERE number = 9
"""


def entry(number: int = 0, once_key: str | None = None) -> AuditEntry:
    details: dict[str, Detail] = {"count": number, "word": "Grüße", "fields": ["name", "notes"], "nothing": None}
    return AuditEntry(NOW + timedelta(microseconds=number), ADMIN, "third_party.edited", PARTY, DONE, details, once_key)


async def append(database: Database, *entries: AuditEntry) -> None:
    async with database.write(HERE) as uow:
        for each in entries:
            uow.enter(each)
        await uow.commit()


async def verified(database: Database) -> Verified:
    return await verify_chain(database, HERE, PlainSeal())


def tamper(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(WITHOUT_TRIGGERS + script)


async def test_records_are_numbered_and_chained_across_commits_in_each_workspace(database: Database) -> None:
    assert await verified(database) == Verified(0, None)
    await append(database, entry(1), entry(2))
    await append(database, entry(3))
    async with database.write(THERE) as uow:
        uow.enter(entry(9))
        await uow.commit()
    async with database.read(HERE) as reading:
        trail = await reading.audit_trail(PARTY, 9)
    assert [(line.number, line.entry) for line in trail] == [(3, entry(3)), (2, entry(2)), (1, entry(1))]
    assert await verified(database) == Verified(3, None)
    assert await verify_chain(database, THERE, PlainSeal()) == Verified(1, None)


async def test_the_walk_goes_beyond_one_page(database: Database) -> None:
    await append(database, *map(entry, range(501)))
    assert await verified(database) == Verified(501, None)


async def test_a_repeated_refusal_is_recorded_once(database: Database) -> None:
    await append(database, entry(1, "key"), entry(2, "key"))
    await append(database, entry(3, "key"))
    await append(database, entry(4, "other"), entry(5))
    assert await verified(database) == Verified(3, None)


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = NULL", "DELETE FROM audit"])
async def test_the_trail_is_append_only(database: Database, file: Path, statement: str) -> None:
    await append(database, entry())
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("script", "first_wrong"),
    [
        ("UPDATE audit SET actor = 'another' WHERE number = 2", 2),
        ("UPDATE audit SET at = at + 1 WHERE number = 1", 1),
        ("UPDATE audit SET details = '{}' WHERE number = 4", 4),
        ("UPDATE audit SET mac = x'00' WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 4", 4),
        ("DELETE FROM audit WHERE number = 2; UPDATE audit SET number = number - 1 WHERE number > 2", 2),
        (SWAP, 2),
        ("UPDATE audit_heads SET number = 3, mac = (SELECT mac FROM audit WHERE number = 3)", 5),
        ("DELETE FROM audit; DELETE FROM audit_heads WHERE workspace = 'T0THERE'", 1),
    ],
)
async def test_a_change_a_removal_or_a_move_shows(
    database: Database, file: Path, script: str, first_wrong: int
) -> None:
    await append(database, *map(entry, range(1, 5)))
    tamper(file, script)
    found = await verified(database)
    assert (found.count, found.first_wrong) == (first_wrong - 1, first_wrong)
