"""The one query of a check: what it finds, by which indexes, and what it says when the database cannot be used."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from access.model.ids import ResourceServerId
from access.model.resource_server import ResourceServer
from storage.engine import Database
from storage.errors import DatabaseUnusable
from storage.token_lookup import _STATEMENT
from tests.storage.rows import HERE, NOW, THERE, keep_party, party, token

SECRETS = {HERE: b"h" * 32, THERE: b"t" * 32}
DIGEST = token().token_digest


@pytest.fixture
async def filled(database: Database) -> Database:
    """The same token in two workspaces, each with a resource server."""
    for workspace, secret in SECRETS.items():
        await keep_party(database, party(str(workspace), enabled=True), workspace=workspace)
        async with database.write(workspace) as uow:
            await uow.tokens.add(token())
            await uow.resource_servers.add(ResourceServer(ResourceServerId("tpr_1"), "API", secret, NOW))
            await uow.commit()
    return database


async def test_each_workspace_has_its_own(filled: Database) -> None:
    for workspace, secret in SECRETS.items():
        looked = await filled.look_up(secret, DIGEST)
        assert looked is not None
        assert (looked.workspace, looked.asker, looked.secret_digest) == (workspace, "tpr_1", secret)
        assert looked.token is not None
        assert (looked.token.name, looked.token.enabled, looked.token.collected_at) == (str(workspace), True, None)
        assert looked.token_digest == DIGEST


async def test_what_is_not_there_is_not_found_whatever_was_read_in_its_place(filled: Database) -> None:
    async with filled.write(THERE) as uow:
        only_there = b"o" * 32
        await uow.tokens.save(token(token_digest=only_there))
        await uow.commit()
    for asked in (only_there, b"x" * 32, None):
        looked = await filled.look_up(SECRETS[HERE], asked)
        assert looked is not None
        assert (looked.workspace, looked.token, looked.token_digest) == (HERE, None, None)
    assert await filled.look_up(b"x" * 32, DIGEST) is None


async def test_a_removed_resource_server_is_not_found(filled: Database) -> None:
    async with filled.write(HERE) as uow:
        server = ResourceServer(ResourceServerId("tpr_1"), "API", SECRETS[HERE], NOW)
        await uow.resource_servers.save(server.remove(NOW))
        await uow.commit()
    assert await filled.look_up(SECRETS[HERE], DIGEST) is None


async def test_it_sees_what_was_committed_by_anybody_before_it_began(filled: Database, file: Path) -> None:
    with closing(sqlite3.connect(file)) as another:
        for at in (1, 2, 3):
            another.execute("UPDATE tokens SET revoked_at = ?", (at,))
            another.commit()
            looked = await filled.look_up(SECRETS[HERE], DIGEST)
            assert looked is not None
            assert looked.token is not None
            assert looked.token.revoked_at is not None
            assert looked.token.revoked_at.microsecond == at


async def test_it_searches_and_never_scans(filled: Database, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {_STATEMENT}", (b"", b""))
        plan = [re.sub(r"autoindex_(\w+)_\d", r"autoindex of \1", row[3]) for row in rows]
    assert [step for step in plan if step.startswith("SEARCH")] == [
        "SEARCH s USING INDEX uq_resource_servers_secret_digest (secret_digest=?)",
        "SEARCH k USING COVERING INDEX sqlite_autoindex of tokens (workspace=? AND token_digest=?) LEFT-JOIN",
        "SEARCH t USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
        "SEARCH tokens",
        "SEARCH p USING INDEX sqlite_autoindex of third_parties (workspace=? AND id=?) LEFT-JOIN",
        "SEARCH tokens USING COVERING INDEX ix_tokens_keyed (workspace=? AND digest_key>?)",  # for what is none of ours
    ]
    assert [step for step in plan if "SCAN" in step] == []


async def test_a_file_that_was_removed_is_noticed_by_the_next_turn_of_the_loop(filled: Database, file: Path) -> None:
    told: list[str] = []
    filled.on_trouble(lambda trouble: told.append(trouble.code))
    await filled.look_up(SECRETS[HERE], DIGEST)
    file.rename(file.with_suffix(".away"))
    await asyncio.sleep(0)
    for _ in range(2):
        with pytest.raises(DatabaseUnusable, match="removed or replaced"):
            await filled.look_up(SECRETS[HERE], DIGEST)
    file.with_suffix(".away").rename(file)
    assert await filled.look_up(SECRETS[HERE], DIGEST) is not None
    assert told == ["gone", "gone"]


async def test_after_damage_nothing_more_is_read(filled: Database, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.write_bytes(b"\xff" * file.stat().st_size)
    for _ in range(2):
        with pytest.raises(DatabaseUnusable):
            await filled.look_up(SECRETS[HERE], DIGEST)


async def test_what_is_not_about_the_database_is_not_explained_by_it(filled: Database, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE resource_servers RENAME TO others")
        connection.commit()
    with pytest.raises(sqlite3.OperationalError):
        await filled.look_up(SECRETS[HERE], DIGEST)
