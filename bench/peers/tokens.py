"""The tokens of the peers that keep theirs in SQLite, and who asks about them."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

ASKER = "resource-server"
SECRET = "a-secret-of-the-resource-server"
LIFETIME = 180 * 24 * 60 * 60
"""Seconds."""


def token(number: int) -> str:
    """Return 42 characters, as long as the peers make them, spread as evenly."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:42]


def checksum(text: str) -> str:
    """Return what django-oauth-toolkit finds a token by."""
    return hashlib.sha256(text.encode()).hexdigest()


def insert_tokens(file: Path, count: int, statement: str) -> None:
    """Carry out an INSERT … SELECT from `numbers`, which has so many of them, with `token` and `checksum` of SQL."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.create_function("token", 1, token)
        connection.create_function("checksum", 1, checksum)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        numbers = f"SELECT 0 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {int(count)}"
        connection.execute(statement.replace("{numbers}", f"(WITH RECURSIVE numbers AS ({numbers}) SELECT n FROM numbers)"))
        connection.execute("ANALYZE")
