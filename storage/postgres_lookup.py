"""The one query of a check on PostgreSQL, past SQLAlchemy, on connections of its own."""

import asyncio
from typing import Final

import asyncpg

from access.model.check import Looked
from storage.postgres_connections import CONNECTIONS, Server
from storage.postgres_errors import UNFIT
from storage.token_lookup import looked

_STATEMENT: Final = """
    SELECT s.workspace, s.id, s.secret_digest, k.id IS NOT NULL, t.token_digest, t.id, t.issued_at, t.expires_at,
           t.collected_at, t.suspended_at, t.revoked_at, t.retired_at,
           p.id, p.name, p.client_id, p.enabled, p.removed_at, t.origin = 'external',
           CASE WHEN $2::bytea IS NULL
                THEN EXISTS (SELECT 1 FROM tokens WHERE workspace = s.workspace AND digest_key IS NOT NULL) END
    FROM resource_servers AS s
    LEFT JOIN tokens AS k ON k.workspace = s.workspace AND k.token_digest = $2
    LEFT JOIN LATERAL (
        SELECT workspace, id FROM tokens WHERE k.id IS NULL ORDER BY workspace DESC, id DESC LIMIT 1
    ) AS other ON TRUE
    LEFT JOIN tokens AS t ON $2 IS NOT NULL
        AND t.workspace = coalesce(k.workspace, other.workspace) AND t.id = coalesce(k.id, other.id)
    LEFT JOIN third_parties AS p ON p.workspace = t.workspace AND p.id = t.third_party
    WHERE s.secret_digest = $1 AND s.removed_at IS NULL
"""
"""In the place of an unknown token it reads another one, which is put aside: so both take about the same time."""

_LOST: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    UNFIT,
)


class PostgresTokenLookup:
    """The query of the port `TokenLookup`. It raises what asyncpg does."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """Find who asks and what they ask about. If a connection is lost or says nothing, all are replaced, once."""
        pool = self._pool or await self._open()
        try:
            row = await self._ask(pool, secret_digest, token_digest)
        except asyncpg.DeadlockDetectedError:  # a migration took the tables in another order, and has them all now
            row = await self._ask(pool, secret_digest, token_digest)
        except _LOST:
            if pool is self._pool:
                self.close()
            row = await self._ask(self._pool or await self._open(), secret_digest, token_digest)
        return looked(tuple(row)) if row else None

    def close(self) -> None:
        """Close the connections at once; the next query opens others."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def _ask(
        self, pool: "asyncpg.Pool[asyncpg.Record]", secret_digest: bytes, token_digest: bytes | None
    ) -> asyncpg.Record | None:
        seconds = self._server.patience.check
        async with pool.acquire(timeout=seconds) as connection:
            try:
                return await connection.fetchrow(_STATEMENT, secret_digest, token_digest, timeout=seconds)
            except TimeoutError:
                connection.terminate()  # or the pool would wait for its answer
                raise

    async def _open(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(min_size=0, max_size=CONNECTIONS, connect=self._connect)
            return self._pool

    async def _connect(self, *_: object, **__: object) -> "asyncpg.Connection[asyncpg.Record]":
        return await self._server.connect(answer=self._server.patience.check)
