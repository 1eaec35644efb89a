"""`thirdparty-bot backup` and `restore`, as somebody types them."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from access.model.ids import WorkspaceId
from storage.run_lock import RunLock
from tests.bot.at_work import add
from tests.bot.typing import Typed
from tests.databases import make_database
from tests.faulty_disk import full_disk
from tests.house import ROOT
from tests.programs import Programs

SEALED = b"sealed-and-waiting-to-be-collected"


ENV = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}


async def settle(typed: Typed, folder: Path) -> None:
    """Have a bot have been at work in one workspace."""
    typed("init")
    await make_database(folder / "thirdparty.db")
    await asyncio.to_thread(add, folder, "Warehouse")


@pytest.fixture
def folder(typed: Typed, tmp_path: Path) -> Path:
    """Where a bot was at work in one workspace."""
    asyncio.run(settle(typed, tmp_path))
    return tmp_path


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def actions(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [action for (action,) in connection.execute("SELECT action FROM audit ORDER BY number")]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in (".env", "thirdparty-keyring.json"))


def test_a_backup_is_one_private_file_that_says_what_it_holds(typed: Typed, folder: Path) -> None:
    done = typed("backup", "copy.db")
    assert (done.code, done.err) == (0, "")
    assert "The newest of its audit records is number 1" in done.out
    assert "Its audit trail fits" in done.out
    assert (folder / "copy.db").stat().st_mode & 0o777 == 0o600
    assert [name for name in left(folder) if name.startswith("copy")] == ["copy.db"]
    again = typed("backup", "copy.db")
    assert (again.code, again.out) == (1, "")
    assert "copy.db is there already" in again.err


def test_credentials_that_wait_are_in_no_backup(typed: Typed, folder: Path) -> None:
    database = folder / "thirdparty.db"
    change(
        database,
        "PRAGMA foreign_keys=OFF",
        f"INSERT INTO sealed_credentials VALUES ('T0HERE', 'token', x'{SEALED.hex()}', x'{SEALED.hex()}')",
    )
    assert SEALED in database.read_bytes()
    assert typed("backup", "copy.db").code == 0
    assert SEALED not in (folder / "copy.db").read_bytes()


def test_restoring_goes_on_after_the_last_record(typed: Typed, folder: Path) -> None:
    typed("backup", "copy.db")
    refused = typed("restore", "copy.db")
    assert (refused.code, refused.out) == (1, "")
    assert "With --replace it is kept beside" in refused.err
    add(folder, "Later")
    done = typed("restore", "copy.db", "--replace")
    assert (done.code, done.err) == (0, "")
    assert "also one that was removed since: Warehouse" in done.out
    assert actions(folder / "thirdparty.db") == ["resource_server.added", "restored"]
    [aside] = [name for name in left(folder) if ".before-" in name]
    assert actions(folder / aside) == ["resource_server.added"] * 2
    (folder / "thirdparty.db").unlink()
    assert typed("restore", "copy.db").code == 0


def test_each_workspace_in_a_backup_is_taken_up_by_itself(typed: Typed, folder: Path) -> None:
    add(folder, "Elsewhere", WorkspaceId("T0THERE"))
    typed("backup", "copy.db")
    done = typed("restore", "copy.db", "--replace")
    assert (done.code, done.err) == (0, "")
    for workspace, server in (("T0HERE", "Warehouse"), ("T0THERE", "Elsewhere")):
        assert f"Workspace {workspace}: 0 third parties" in done.out
        assert f"also one that was removed since: {server}\n" in done.out
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        records = connection.execute("SELECT workspace, number FROM audit WHERE action = 'restored'").fetchall()
    assert sorted(records) == [("T0HERE", 2), ("T0THERE", 2)]


def test_a_running_bot_is_in_the_way_of_a_restore(typed: Typed, folder: Path) -> None:
    typed("backup", "copy.db")
    with RunLock(f"sqlite:///{folder / 'thirdparty.db'}"):
        assert "stop it first" in typed("restore", "copy.db", "--replace").err
        assert typed("backup", "other.db").code == 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (["DROP TRIGGER audit_refuses_update", "UPDATE audit SET action = 'x'"], "does not fit from record 1 on"),
        (["UPDATE alembic_version SET version_num = '9999'"], "newer version of thirdparty-bot"),
        (["DROP TABLE alembic_version"], "holds no database of thirdparty-bot"),
    ],
)
def test_what_is_not_in_order_is_neither_kept_nor_restored(
    typed: Typed, folder: Path, spoil: list[str], why: str
) -> None:
    typed("backup", "copy.db")
    change(folder / "copy.db", *spoil)
    (folder / "thirdparty.db").unlink()
    done = typed("restore", "copy.db")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert why in done.err
    assert not (folder / "thirdparty.db").exists()
    (folder / "copy.db").rename(folder / "thirdparty.db")
    assert why in typed("backup", "other.db").err
    assert not [name for name in left(folder) if name.startswith("other")]
    if "fit" in why:
        assert typed("backup", "other.db", "--unverified").code == 0
        (folder / "thirdparty.db").unlink()
        assert typed("restore", "other.db", "--unverified").code == 0


def test_a_damaged_file_or_none_is_refused(typed: Typed, folder: Path) -> None:
    assert "nowhere.db" in typed("restore", "nowhere.db", "--replace").err
    (folder / "text.db").write_text("no database" * 1_000)
    assert "text.db is no SQLite database" in typed("restore", "text.db", "--replace").err
    assert actions(folder / "thirdparty.db") == ["resource_server.added"]


def test_another_keyring_cannot_verify_and_the_key_is_named(typed: Typed, folder: Path) -> None:
    typed("backup", "copy.db")
    with closing(sqlite3.connect(folder / "copy.db")) as connection:
        [(key,)] = connection.execute("SELECT substr(mac, 1, 8) FROM audit")
    (folder / "thirdparty-keyring.json").unlink()
    typed("init")
    assert f"the keyring lacks the key {key.decode()}" in typed("restore", "copy.db", "--replace").err


def test_where_there_is_no_room_nothing_is_left_or_changed(typed: Typed, folder: Path) -> None:
    with full_disk():
        done = typed("backup", "copy.db")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "copy.db" in done.err
    assert not [name for name in left(folder) if name.startswith("copy")]
    typed("backup", "copy.db")
    before = actions(folder / "thirdparty.db")
    with full_disk():
        done = typed("restore", "copy.db", "--replace")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert actions(folder / "thirdparty.db") == before
    assert not [name for name in left(folder) if ".part" in name or ".before-" in name]
    assert typed("restore", "copy.db", "--replace").code == 0


@pytest.mark.parametrize("after", [0.05, 0.15])
async def test_kill_9_leaves_a_whole_backup_or_none(
    typed: Typed, tmp_path: Path, programs: Programs, after: float
) -> None:
    await settle(typed, tmp_path)
    program = await programs.start("backup", "copy.db", cwd=tmp_path, env=ENV)
    await asyncio.sleep(after)
    with suppress(ProcessLookupError):
        program.send_signal(signal.SIGKILL)
    await program.communicate()
    if not (tmp_path / "copy.db").exists():
        again = await programs.start("backup", "copy.db", cwd=tmp_path, env=ENV)
        await again.communicate()
        assert again.returncode == 0
        assert not list(tmp_path.glob("*.part*"))
    assert actions(tmp_path / "copy.db") == actions(tmp_path / "thirdparty.db") == ["resource_server.added"]


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3])
async def test_kill_9_leaves_what_was_there_or_all_of_it(
    typed: Typed, tmp_path: Path, programs: Programs, after: float
) -> None:
    await settle(typed, tmp_path)
    backup = await programs.start("backup", "copy.db", cwd=tmp_path, env=ENV)
    await backup.communicate()
    program = await programs.start("restore", "copy.db", "--replace", cwd=tmp_path, env=ENV)
    await asyncio.sleep(after)
    with suppress(ProcessLookupError):
        program.send_signal(signal.SIGKILL)
    await program.communicate()
    assert actions(tmp_path / "thirdparty.db") in (
        ["resource_server.added"],
        ["resource_server.added", "restored"],
    )
    again = await programs.start("restore", "copy.db", "--replace", cwd=tmp_path, env=ENV)
    await again.communicate()
    assert again.returncode == 0
    assert actions(tmp_path / "thirdparty.db") == ["resource_server.added", "restored"]
    assert not list(tmp_path.glob("*.part*"))
