"""`thirdparty-bot copy-database`, as somebody types it: whole, taken up after any stop, and compared."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import asyncpg
import pytest

from access.model.check import Looked
from access.model.ids import WorkspaceId
from bench.crowd import fill
from storage import copying
from storage.backend import backend_of
from storage.postgres_connections import Patience, Server
from storage.run_lock import RunLock
from storage.tables import metadata
from tests.bot.at_work import add
from tests.bot.typing import Typed
from tests.databases import make_database
from tests.house import ROOT
from tests.postgres import ask, own_database
from tests.programs import Programs

ENV = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
FILE = "sqlite:///thirdparty.db"
TOKENS = 40


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    """Where a bot was at work, for many third parties."""
    typed("init")
    asyncio.run(make_database(tmp_path / "thirdparty.db"))
    add(tmp_path, "Warehouse", WorkspaceId("T0BENCH"))
    fill(tmp_path / "thirdparty.db", TOKENS)
    with closing(sqlite3.connect(tmp_path / "thirdparty.db")) as file, file:
        file.execute("DELETE FROM handoffs WHERE token NOT IN (SELECT id FROM tokens)")
        file.execute("UPDATE tokens SET position = -position")  # so that a newer one has the lesser id, as it may be
        file.execute(
            "UPDATE tokens SET position = position + "
            "(SELECT count(*) + 1 FROM tokens AS its WHERE its.third_party = tokens.third_party)"
        )
        file.execute(
            "UPDATE tokens SET renews = (SELECT id FROM tokens AS older WHERE position = 1 AND "
            "older.third_party = tokens.third_party) WHERE position = 2"
        )
    return tmp_path


@pytest.fixture
def server() -> Iterator[str]:
    """A database in which there is nothing."""
    mine = own_database()
    name = f"{mine.rpartition('/')[2]}-copy"
    ask(mine, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    ask(mine, f'CREATE DATABASE "{name}"')
    yield f"{mine.rpartition('/')[0]}/{name}"
    ask(mine, f'DROP DATABASE "{name}" WITH (FORCE)')


def rows(of_file: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(of_file)) as file:
        return {name: sorted(file.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in metadata.tables}


def quoted(name: str) -> str:
    return f'"{name}"'


def copied(url: str, like: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(like)) as file:
        columns = {name: [row[1] for row in file.execute(f"PRAGMA table_info({name})")] for name in metadata.tables}
    found = {}
    for name, its in columns.items():
        taken = ask(url, f"SELECT {', '.join(map(quoted, its))} FROM {name}")
        found[name] = sorted([tuple(int(x) if isinstance(x, bool) else x for x in row) for row in taken], key=repr)
    return found


def found(url: str, secret_digest: bytes, token_digest: bytes) -> Looked | None:
    async def looked_up() -> Looked | None:
        backend = backend_of(url)
        try:
            return await backend.look_up(secret_digest, token_digest)
        finally:
            await backend.close()

    return asyncio.run(looked_up())


def test_everything_is_there_and_works(typed: Typed, folder: Path, server: str) -> None:
    done = typed("copy-database", FILE, server)
    assert (done.code, done.err) == (0, "")
    assert "row by row" in done.out
    assert "Its audit trail fits" in done.out
    assert copied(server, folder / "thirdparty.db") == rows(folder / "thirdparty.db")
    assert typed("audit", "verify", THIRDPARTY_DATABASE_URL=server).code == 0
    ((asker, token),) = ask(server, "SELECT s.secret_digest, token_digest FROM resource_servers AS s, tokens LIMIT 1")
    looked = found(server, asker, token)
    assert looked is not None
    assert looked.token is not None
    assert looked == found(FILE, asker, token)


@pytest.mark.parametrize("stops_at", [0, 9, 50, 100])
def test_stopped_anywhere_it_is_no_database_yet_and_goes_on(
    typed: Typed, folder: Path, server: str, stops_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)  # which parts some tokens from those that they renew
    told = 0

    class Stopped(Exception):
        pass

    async def stopped(self: copying.Copying, progress: copying.Progress) -> None:
        def count(done: int) -> None:
            nonlocal told
            told += 1
            if told > stops_at:
                raise Stopped
            progress(done)

        await copy(self, count)

    copy = copying.Copying.copy
    with patch.object(copying.Copying, "copy", stopped), pytest.raises(Stopped):
        typed("copy-database", FILE, server)
    refused = typed("migrate", THIRDPARTY_DATABASE_URL=server)
    assert refused.code == 1
    assert "was begun and not finished" in refused.err
    assert typed("copy-database", FILE, server).code == 0
    assert copied(server, folder / "thirdparty.db") == rows(folder / "thirdparty.db")


@pytest.mark.parametrize("after", [0.7, 1.1])
async def test_kill_9_loses_nothing(typed: Typed, folder: Path, server: str, programs: Programs, after: float) -> None:
    program = await programs.start("copy-database", FILE, server, cwd=folder, env=ENV)
    await asyncio.sleep(after)
    with suppress(ProcessLookupError):
        program.send_signal(signal.SIGKILL)
    await program.communicate()
    again = await programs.start("copy-database", FILE, server, cwd=folder, env=ENV)
    _, said = await again.communicate()
    if again.returncode:  # it had come to its end before
        assert b"is something in" in said
    assert await asyncio.to_thread(copied, server, folder / "thirdparty.db") == rows(folder / "thirdparty.db")


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


def begin(typed: Typed, server: str) -> None:
    """Copy all but the last step."""

    async def unfinished(_: copying.Copying) -> None:
        pass

    with patch.object(copying.Copying, "finish", unfinished):
        typed("copy-database", FILE, server)


def test_what_has_changed_since_is_noticed(typed: Typed, folder: Path, server: str) -> None:
    begin(typed, server)
    change(folder / "thirdparty.db", "UPDATE outbox SET attempts = 7")
    change(folder / "thirdparty.db", "UPDATE third_parties SET notes = 'changed' WHERE name = 'Company 3'")
    done = typed("copy-database", FILE, server)
    assert done.code == 1
    assert "third_parties is not what the file holds, which has changed" in done.err
    assert "was begun and not finished" in typed("migrate", THIRDPARTY_DATABASE_URL=server).err


def test_what_is_there_is_not_touched(typed: Typed, folder: Path, server: str) -> None:
    typed("copy-database", FILE, server)
    before = copied(server, folder / "thirdparty.db")
    refused = typed("copy-database", FILE, server)
    assert (refused.code, refused.out) == (1, "")
    assert "already; name an empty one" in refused.err
    assert copied(server, folder / "thirdparty.db") == before
    ask(server, "DELETE FROM alembic_version")
    assert "another program's" in typed("copy-database", FILE, server).err


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("sqlite:///nowhere.db", None, "There is no "),
        ("thirdparty.db", None, "from a file, sqlite:///PATH, to a server"),
        ("sqlite:///", None, "from a file, sqlite:///PATH, to a server"),
        (FILE, "postgresql://bot@[::1/thirdparty", "from a file, sqlite:///PATH, to a server"),
        (FILE, "postgresql://bot@127.0.0.1/thirdparty?password=open-sesame", "Leave it out, and put it into ~/.pgpass"),
        (FILE, FILE, "from a file, sqlite:///PATH, to a server"),
        (FILE, "postgresql://bot:open-sesame@127.0.0.1/thirdparty", "Leave it out, and put it into ~/.pgpass"),
        (FILE, "postgresql://bot@127.0.0.1:9/thirdparty", "PostgreSQL cannot be reached"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_copied_is_said(typed: Typed, server: str, source: str, target: str | None, said: str) -> None:
    refused = typed("copy-database", source, target or server)
    assert refused.code in (1, 2)
    assert refused.err.count("\n") == 1
    assert said in refused.err
    assert "sesame" not in refused.err


def test_every_bot_has_to_be_stopped(typed: Typed, folder: Path, server: str) -> None:
    with RunLock(f"sqlite:///{folder / 'thirdparty.db'}"):
        assert "running on this database already" in typed("copy-database", FILE, server).err


def test_a_text_that_postgresql_does_not_keep_is_named_by_its_place(typed: Typed, folder: Path, server: str) -> None:
    change(
        folder / "thirdparty.db", "UPDATE third_parties SET notes = 'se' || char(0) || 'cret' WHERE name = 'Company 3'"
    )
    refused = typed("copy-database", FILE, server)
    assert "a character NUL in third_parties.notes" in refused.err
    assert "cret" not in refused.err
    assert "is as this version wants it" in typed("migrate", THIRDPARTY_DATABASE_URL=server).out


def test_a_row_that_breaks_a_rule_is_named_by_the_rule(typed: Typed, folder: Path, server: str) -> None:
    change(folder / "thirdparty.db", "UPDATE tokens SET third_party = 'nobody' WHERE id = (SELECT max(id) FROM tokens)")
    refused = typed("copy-database", FILE, server)
    assert "refuses a row that the file holds (tokens, fk_tokens_third_parties)" in refused.err
    assert "nobody" not in refused.err


def test_a_file_of_another_version_is_brought_to_this_one_first(typed: Typed, folder: Path, server: str) -> None:
    change(folder / "thirdparty.db", "UPDATE alembic_version SET version_num = '0009'")
    assert "run `thirdparty-bot migrate`" in typed("copy-database", FILE, server).err


def test_the_beginning_of_another_copy_is_not_touched(typed: Typed, folder: Path, server: str) -> None:
    begin(typed, server)
    before = copied(server, folder / "thirdparty.db")
    change(folder / "thirdparty.db", "DELETE FROM check_refusals")
    change(folder / "thirdparty.db", "DELETE FROM handoffs WHERE id = (SELECT max(id) FROM handoffs)")
    refused = typed("copy-database", FILE, server)
    assert "the beginning of a copy of another file, or of this one before it changed" in refused.err
    assert copied(server, folder / "thirdparty.db") == before


def test_no_bot_works_with_a_copy_whose_trail_does_not_fit(typed: Typed, folder: Path, server: str) -> None:
    change(folder / "thirdparty.db", "UPDATE audit_heads SET number = number + 1")
    refused = typed("copy-database", FILE, server)
    assert (refused.code, refused.out) == (1, "")
    assert "Its audit trail does not fit from record " in refused.err
    assert "was begun and not finished" in typed("migrate", THIRDPARTY_DATABASE_URL=server).err
    done = typed("copy-database", FILE, server, "--unverified")
    assert (done.code, done.err) == (0, "")
    assert "Its audit trail was not verified." in done.out


def test_a_key_that_is_missing_is_named(typed: Typed, folder: Path, server: str) -> None:
    (folder / "thirdparty-keyring.json").unlink()
    typed("init")
    assert "cannot be looked at: the keyring lacks the key " in typed("copy-database", FILE, server).err


def test_a_database_of_a_version_before_is_left_as_it_is(typed: Typed, folder: Path, server: str) -> None:
    typed("migrate", THIRDPARTY_DATABASE_URL=server)
    ask(server, "UPDATE alembic_version SET version_num = '0001'")
    assert "There is a database in" in typed("copy-database", FILE, server).err
    assert ask(server, "SELECT version_num FROM alembic_version") == [("0001",)]


@pytest.mark.parametrize("value", ["99999999999", "'many'"])
def test_a_value_of_another_kind_is_named_by_its_table(typed: Typed, folder: Path, server: str, value: str) -> None:
    change(folder / "thirdparty.db", f"UPDATE tokens SET position = {value} WHERE id = (SELECT max(id) FROM tokens)")
    refused = typed("copy-database", FILE, server)
    assert "(tokens, a value that does not suit its column)" in refused.err
    assert value.strip("'") not in refused.err


def test_a_text_that_is_none_is_not_repeated(typed: Typed, folder: Path, server: str) -> None:
    change(folder / "thirdparty.db", "UPDATE third_parties SET notes = CAST(x'736563ff' AS TEXT)")
    refused = typed("copy-database", FILE, server)
    assert "holds what cannot be read; restore it from a backup" in refused.err
    assert "sec" not in refused.err


def test_two_copies_do_not_meet(typed: Typed, server: str, folder: Path) -> None:
    """What a killed one had sent may still be under way when the next begins."""
    typed("migrate", THIRDPARTY_DATABASE_URL=server)
    with held(server, f"SELECT pg_advisory_lock({copying._COPYING})"), patch.object(copying, "Server", hasty):
        refused = typed("copy-database", FILE, server)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.count("\n") == 1
    assert not any(copied(server, folder / "thirdparty.db").values())
    assert typed("copy-database", FILE, server).code == 0


def hasty(url: str, name: str) -> Server:
    return Server(url, name, Patience(turn=0.2))


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Keep a connection open, and what a statement took on it."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        runner.run(connection.execute(statement))
        yield
        runner.run(connection.close())
