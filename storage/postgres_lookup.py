"""The one query of a check on PostgreSQL, past SQLAlchemy, on connections of its own."""

import asyncio
from typing import Final

import asyncpg

from access.model.check import Looked
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

_LOST: Final = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError)


class PostgresTokenLookup:
    """The query of the port `TokenLookup`. It raises what asyncpg does."""

    def __init__(self, url: str, *, connections: int, seconds: float) -> None:
        """`seconds`: how long to wait for a connection, and for an answer."""
        self._url = url
        self._connections = connections
        self._seconds = seconds
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """Find who asks and what they ask about. A connection that was lost meanwhile is replaced once."""
        pool = self._pool or await self._open()
        try:
            row = await pool.fetchrow(_STATEMENT, secret_digest, token_digest, timeout=self._seconds)
        except _LOST:
            await pool.expire_connections()
            row = await pool.fetchrow(_STATEMENT, secret_digest, token_digest, timeout=self._seconds)
        return looked(tuple(row)) if row else None

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()

    async def _open(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url, min_size=1, max_size=self._connections, timeout=self._seconds
                )
            return self._pool
