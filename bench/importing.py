"""How long an import of 100,000 rows takes, from the file to the commit, each with a contact and a migrated token.

Beside it, in the same run, its rows of third parties and tokens put by a bare `executemany` into a copy without them:
without a rule, a record or a message.
"""

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.sqlite import dialect

from access.model.import_plan import people_in
from access.model.import_rows import COLUMNS, REQUIRED, parties_of
from access.model.people import Role, SlackPerson, SlackUser
from access.model.sheet import read_sheet
from access.operations.import_third_parties import ImportFile, import_third_parties
from bench.result import Result
from bench.writers import TEAM, opened
from bot.cli.importing import all_kept
from bot.clock import SystemClock
from storage.tables import contact_proposals, outbox, third_parties, tokens

ROWS = 100_000
CONTACTS: Final = 5_000
_GOAL_SECONDS: Final = 60.0
_TABLES: Final = (third_parties, tokens)


async def measure() -> list[Result]:
    """Import once, and insert the same rows once."""
    data = _file(ROWS)
    with tempfile.TemporaryDirectory(dir=_folder()) as name:
        async with opened(Path(name)) as (_database, ports, _seal):
            began = time.perf_counter()
            parties, problems = parties_of(read_sheet(data, known=COLUMNS, required=REQUIRED), SystemClock().now())
            people = {text: _person(text) for text in people_in(parties)}
            with all_kept():
                done = await import_third_parties(TEAM, ImportFile(parties, problems, people), ports)
            took = time.perf_counter() - began
        assert (done.third_parties, done.tokens) == (ROWS, ROWS), done
        bare = _bare(Path(name) / "bench.db")
    return [
        Result("import", took, "s", _GOAL_SECONDS),
        Result("import_bare_inserts", bare, "s"),
        Result("import_to_bare_inserts", took / bare, ""),
    ]


def _folder() -> Path:
    folder = Path("build").absolute()
    folder.mkdir(exist_ok=True)
    return folder


def _file(rows: int) -> bytes:
    lines = [
        f"Works {number},UOWNER,contact{number % CONTACTS}@works.example,yes,migrated,former-token-{number},"
        f"former-secret-{number},2026-01-15,2099-12-31,yes"
        for number in range(rows)
    ]
    header = "name,owner,contact,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered"
    return "\n".join([header, *lines]).encode()


def _person(text: str) -> SlackPerson:
    return SlackPerson(SlackUser(f"U{text.partition('@')[0].upper()}", TEAM), Role.MEMBER)


def _bare(file: Path) -> float:
    """Put the rows of the two tables once more into emptied ones."""
    with closing(sqlite3.connect(file)) as connection:
        rows = {table: connection.execute(str(select(table))).fetchall() for table in _TABLES}
        for table in (contact_proposals, outbox, *reversed(_TABLES)):
            connection.execute(str(delete(table)))
        connection.commit()
        began = time.perf_counter()
        with connection:
            for table, those in rows.items():
                connection.executemany(str(insert(table).compile(dialect=dialect())), those)
        return time.perf_counter() - began
