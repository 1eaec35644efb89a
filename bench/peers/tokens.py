"""The tokens of the peers that keep theirs in SQLite, and who asks about them."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

ASKER = "resource-server"
SECRET = "a-secret-of-the-resource-server"
LIFETIME = 180 * 24 * 60 * 60
"""Seconds."""

_ENDLESS = """
CREATE TEMP VIEW numbers AS
WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted) SELECT n FROM counted
"""


def token(number: int) -> str:
    """Return as many characters as the peers' own tokens have."""
    return _sha256(str(number))[:42]


def insert_tokens(file: Path, statement: str, given: dict[str, object]) -> None:
    """Insert what a SELECT from the endless `numbers` finds, at once; SQL has the functions `token` and `sha256`."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.create_function("token", 1, token)
        connection.create_function("sha256", 1, _sha256)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        connection.execute(_ENDLESS)
        connection.execute(statement, given)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
