"""The hot path: the one query of a check, on a connection of its own in the loop's thread.

SQLite answers it in microseconds, and a trip to another thread and back takes ten times as long. Each query is a
transaction of its own, so it sees everything that was committed before it began. There is no cache: a cache's life is a
revocation's delay.
"""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from access.model.check import Looked
from access.model.token import AskedToken
from storage.types import instant

_BUSY_SECONDS: Final = 0.2
"""Readers wait for nobody but in the moment in which a journal is made anew; and the loop waits with them."""

_STATEMENT: Final = """
    SELECT s.workspace, s.id, s.secret_digest, k.rowid IS NOT NULL, t.token_digest, t.id, t.issued_at, t.expires_at,
           t.collected_at, t.suspended_at, t.revoked_at, t.retired_at,
           p.id, p.name, p.client_id, p.enabled, p.removed_at, t.origin = 'external',
           CASE WHEN ?2 IS NULL
                THEN EXISTS (SELECT 1 FROM tokens WHERE workspace = s.workspace AND digest_key IS NOT NULL) END
    FROM resource_servers AS s
    LEFT JOIN tokens AS k ON k.workspace = s.workspace AND k.token_digest = ?2
    LEFT JOIN tokens AS t ON ?2 IS NOT NULL AND t.rowid = coalesce(k.rowid, (SELECT max(rowid) FROM tokens))
    LEFT JOIN third_parties AS p ON p.workspace = t.workspace AND p.id = t.third_party
    WHERE s.secret_digest = ?1 AND s.removed_at IS NULL
"""
"""In the place of an unknown token it reads another one, which is put aside: so both take the same time."""


class SqliteTokenLookup:
    """The query of the port `TokenLookup`, on one connection. It raises what sqlite3 does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """Find who asks and what they ask about."""
        connection = self._connection or self._connect()
        rows = connection.execute(_STATEMENT, (secret_digest, token_digest)).fetchall()  # to the end, or it would last
        return looked(rows[0]) if rows else None

    def close(self) -> None:
        """Close the connection; the next query opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA query_only=ON")
        self._connection = connection
        return connection


def looked(row: tuple[Any, ...]) -> Looked:
    """Return what a row of the query says, which is the same of every database."""
    workspace, asker, secret_digest, is_known, token_digest, token = row[:6]
    issued_at, expires_at, collected_at, suspended_at, revoked_at, retired_at = row[6:12]
    third_party, name, client_id, enabled, removed_at, is_external, has_keyed = row[12:]
    if third_party is None:
        return Looked(workspace, asker, secret_digest, None, None, bool(has_keyed))
    found = AskedToken(  # in its order: by name it takes three times as long
        token,
        instant(issued_at),
        instant(expires_at),
        _instant(collected_at),
        _instant(suspended_at),
        _instant(revoked_at),
        _instant(retired_at),
        third_party,
        name,
        client_id,
        bool(enabled),
        _instant(removed_at),
        bool(is_external),
    )
    return Looked(
        workspace, asker, secret_digest, token_digest if is_known else None, found if is_known else None, False
    )


def _instant(value: int | None) -> datetime | None:
    return None if value is None else instant(value)
