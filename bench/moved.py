"""PostgreSQL for measurements: a server that syncs at each commit, and a crowd that is moved there from its file."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from bench.contenders import children_of, parent_of
from bench.writers import ELSEWHERE, opened
from storage.tables import metadata
from tests.postgres import copy_rows, database_of, server

_DURABLE: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}
"""As a server is that keeps what it has acknowledged, of a modest size."""


@asynccontextmanager
async def durable_server() -> AsyncIterator[str]:
    """Run a server; yields the URL of a database of it."""
    running = server(**_DURABLE)
    url = await asyncio.to_thread(running.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def processes_of(url: str) -> Sequence[int]:
    """Return the processes that a server of this machine has begun: they end, and others come, as its clients do."""
    connection = await asyncpg.connect(url)
    try:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        return await asyncio.to_thread(children_of, await asyncio.to_thread(parent_of, backend))
    finally:
        await connection.close()


async def moved(folder: Path, url: str, name: str) -> Path:
    """Copy the database of a folder to one of a server; return a folder that names it, with the same keyring."""
    there = folder.with_name(f"{folder.name}-{name}")
    there.mkdir()
    shutil.copy(folder / "keyring", there)
    (there / ELSEWHERE).write_text(await asyncio.to_thread(database_of, url, name))
    async with opened(there):
        pass  # the migrations make its tables
    connection = await asyncpg.connect((there / ELSEWHERE).read_text())
    try:
        await _copy(folder / "bench.db", connection)
    finally:
        await connection.close()
    return there


async def _copy(file: Path, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Copy all rows; what can be indexed afterwards is."""
    await connection.execute("SET session_replication_role = replica")  # foreign keys hold in the file already
    found = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'ix\\_%'"
    indexes = await connection.fetch(found)
    for index in indexes:
        await connection.execute(f'DROP INDEX "{index["indexname"]}"')
    await connection.execute(f"TRUNCATE {', '.join(metadata.tables)}")
    await copy_rows(file, connection)
    for index in indexes:
        await connection.execute(index["indexdef"])
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
