"""Databases with very many tokens, of which some are due: what the sweep is measured on.

They are filled by SQL alone, in the order of their keys, and what can be indexed afterwards is. A third party has one
or two tokens; each token waits for its next look, so that all of them are in the index that the sweep reads.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.writers import TEAM
from bot.lookalikes import UnicodeLookalikes

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday on which people are at work in all the time zones below."""

OWNERS: Final = 2_000
"""In every size, so that those who are due have as many readers. Of 10,000 due tokens five are each owner's."""

SHOWN: Final = 1_000
"""So many tokens have a handoff, without which they cannot be shown. The sweep reads none."""

_GIVEN: Final = {"team": TEAM, "owners": OWNERS, "now": int(NOW.timestamp()) * 1_000_000, "day": 86_400 * 1_000_000}

_ENDLESS: Final = """
CREATE TEMP VIEW numbers AS
WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted)
SELECT n, (n * 2654435761) & 4294967295 AS scattered,
    CASE n % 3 WHEN 0 THEN 'Europe/Berlin' WHEN 1 THEN 'Europe/London' ELSE 'Africa/Nairobi' END AS zone
FROM counted
"""
_OWNERS: Final = """
INSERT INTO people (workspace, id, org, user_id, time_zone)
SELECT :team, printf('o%025d', n), :team, printf('UO%09d', n), zone FROM numbers LIMIT :count
"""
_CONTACTS: Final = """
INSERT INTO people (workspace, id, org, user_id, time_zone)
SELECT :team, printf('c%025d', n), :team, printf('UC%09d', n), zone FROM numbers LIMIT :count
"""
_PARTIES: Final = """
INSERT INTO third_parties
    (workspace, id, name, name_key, client_id, owner, registered_at, notes, contact, enabled, skeleton)
SELECT :team, printf('p%025d', n), 'Company ' || n, 'company ' || n, printf('tpc_%022d', n),
    printf('o%025d', scattered % :owners), :now - 200 * :day, '', printf('c%025d', n), 1, skeleton('Company ' || n)
FROM numbers LIMIT :count
"""
_TOKENS: Final = """
INSERT INTO tokens
    (workspace, id, third_party, position, fingerprint, token_digest, secret_digest, issued_at, expires_at,
    issued_by, collected_at, collected_by, last_accepted_at, next_reminder_at, origin)
SELECT :team, printf('k%025d', n), printf('p%025d', n * 2 / 3), 1 + (n % 3 = 1), printf('%08x', scattered),
    token_digest(n), CAST(printf('s%031d', n) AS BLOB),
    :now - 100 * :day, :now + 70 * :day + scattered * 2000, printf('o%025d', 0),
    :now - 99 * :day, printf('c%025d', n * 2 / 3), :now - :day, :now + 10 * :day + scattered * 2000, 'issued'
FROM numbers LIMIT :count
"""
_HANDOFFS: Final = """
INSERT INTO handoffs (workspace, id, third_party, token, contact, offered_at, lapses_at, nudge_at, not_seen,
    collected_at, disputed_by_former)
SELECT :team, printf('h%025d', n), printf('p%025d', n * 2 / 3), printf('k%025d', n), printf('c%025d', n * 2 / 3),
    :now - 100 * :day, :now - 97 * :day, :now - 98 * :day, 0, :now - 99 * :day, 0
FROM numbers LIMIT :count
"""
_NOBODY_TOLD: Final = (
    "DELETE FROM reminders",
    "DELETE FROM outbox",
    "UPDATE tokens SET next_reminder_at = :now + 40 * :day WHERE workspace = :team AND next_reminder_at <= :now",
)
_DUE: Final = """
CREATE TEMP TABLE due AS
SELECT printf('k%025d', n * :step + :turn) AS id,
    CASE n % 5 WHEN 0 THEN 30 WHEN 1 THEN 14 WHEN 2 THEN 7 WHEN 3 THEN 3 ELSE 1 END AS days
FROM numbers LIMIT :count
"""
_FALL_DUE: Final = """
UPDATE tokens SET next_reminder_at = :now - :day / 48, expires_at = :now + :day / 3 + (days - 1) * :day
FROM due WHERE tokens.workspace = :team AND tokens.id = due.id
"""
_TOLD_BEFORE: Final = """
INSERT INTO reminders
    (workspace, key, kind, token, third_party, days, reader, role, occasion, planned_at, message, bundle)
SELECT :team, 'before:' || due.id || ':' || before.column1 || ':' || before.column2, 'expiry', due.id, third_party,
    before.column1, iif(before.column2 = 'owner', owner, contact), before.column2, '', :now - before.column1 * :day,
    'reminders', date(:now / 1000000 - (before.column1 - due.days) * 86400, 'unixepoch')
FROM due CROSS JOIN tokens ON tokens.workspace = :team AND tokens.id = due.id
CROSS JOIN third_parties ON third_parties.workspace = :team AND third_parties.id = third_party
CROSS JOIN (VALUES (60, 'owner'), (30, 'owner'), (14, 'owner'), (7, 'owner'), (3, 'owner'),
    (14, 'contact'), (7, 'contact')) AS before
WHERE before.column1 > due.days
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """A file with `size` tokens."""

    file: Path
    size: int

    def let_fall_due(self, due: int, *, turn: int = 0) -> None:
        """Let `due` tokens, evenly spread, fall due now, others each `turn`. Nobody had a message today.

        A fifth of them is at each of the thresholds of 30, 14, 7, 3 and 1 days, and owner and contact were told of
        those before: of a token, 2.2 readers are to be told on average, and 4 reminders went before.
        """
        step = self.size // due
        with _hasty(self.file) as connection:
            connection.execute("BEGIN")
            for statement in _NOBODY_TOLD:
                connection.execute(statement, _GIVEN)
            given = {**_GIVEN, "count": due, "step": step, "turn": turn % step}
            for statement in (_DUE, _FALL_DUE, _TOLD_BEFORE):
                connection.execute(statement, given)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def count_reminded(self) -> int:
        """Return of how many tokens somebody is reminded today."""
        with closing(sqlite3.connect(self.file)) as connection:
            (count,) = connection.execute(
                "SELECT count(DISTINCT token) FROM reminders WHERE key NOT LIKE 'before:%'"
            ).fetchone()
        return int(count)


def no_token(number: int) -> bytes:
    """Return what is no token's digest, for those that nobody presents."""
    return b"t%031d" % number


def parties_of(size: int) -> int:
    """Return how many third parties have so many tokens."""
    return (size - 1) * 2 // 3 + 1


def fill(file: Path, size: int, token_digest: Callable[[int], bytes] = no_token, *, spare: int = 0) -> Crowd:
    """Fill a database that the migrations made with third parties and `size` tokens of theirs.

    `spare`: how many third parties there are besides, which have none.
    """
    parties = parties_of(size) + spare
    with _hasty(file) as connection:
        connection.create_function("token_digest", 1, token_digest)
        connection.create_function("skeleton", 1, UnicodeLookalikes().skeleton)
        connection.execute("PRAGMA journal_mode=OFF")
        indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''").fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        counts = {_CONTACTS: parties, _OWNERS: OWNERS, _PARTIES: parties, _TOKENS: size, _HANDOFFS: SHOWN}
        for statement, count in counts.items():
            connection.execute(statement, {**_GIVEN, "count": count})
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute("PRAGMA journal_mode=WAL")
    return Crowd(file, size)


@contextmanager
def _hasty(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for haste: if the machine fails now, it is made anew."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        connection.execute(_ENDLESS)
        yield connection
