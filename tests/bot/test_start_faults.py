"""A database that cannot be used at the start: one line, exit code 1, and nothing is changed."""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot import cli
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.keyring import load_keyring, make_keyring
from tests.databases import make_database
from tests.faulty_disk import obey_rights
from tests.house import ROOT

NAME = "thirdparty.db"


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")


def damaged(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * 3_996 + content[4_096:])


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:10_000])


def journal_in_the_way(file: Path) -> None:
    file.with_name(f"{NAME}-wal").mkdir()


def folder_in_its_place(file: Path) -> None:
    file.unlink()
    file.mkdir()


def no_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def unwritable_folder(file: Path) -> None:
    file.parent.chmod(0o500)


def read_only(file: Path) -> None:
    file.chmod(0o400)


def full_disk(file: Path) -> None:
    """A new database, whose first page finds no room."""
    file.write_bytes(b"")


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database of this version, with a keyring, in a folder of its own."""
    (tmp_path / "data").mkdir()
    make_keyring(tmp_path / "thirdparty-keyring.json", now=SystemClock().now(), random=SystemRandom())
    await make_database(tmp_path / "data" / NAME)
    return tmp_path / "data" / NAME


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch, file: Path) -> Callable[[str], object]:
    """Run a command in this process, beside the database's folder; return its exit code."""
    environment = {"THIRDPARTY_DATABASE_URL": f"sqlite:///data/{NAME}", "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    for name, value in (environment | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(file.parent.parent)
    monkeypatch.setattr(cli, "keep_to_ourselves", lambda: None)
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)
    monkeypatch.setattr("bot.logs.log_crashes", lambda: None)

    def run(command: str) -> object:
        monkeypatch.setattr("sys.argv", ["thirdparty-bot", command])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} if folder.exists() else {}


@pytest.mark.parametrize("command", ["migrate", "run"])
@pytest.mark.parametrize(
    "fault",
    [
        (newer, "the database was made by a newer version of thirdparty-bot; start that version, or restore"),
        (damaged, "the database file is damaged; stop the bot and restore it from a backup"),
        (cut, "the database file is damaged; stop the bot and restore it from a backup"),
        (journal_in_the_way, "the database file cannot be opened; give its user the right to read and write it and"),
        (folder_in_its_place, "thirdparty.db: Is a directory."),
        (no_folder, "No such file or directory."),
    ],
    ids=lambda given: given[0].__name__,
)
def test_it_is_one_line(
    file: Path,
    left: Callable[[str], object],
    capsys: pytest.CaptureFixture[str],
    command: str,
    fault: tuple[Callable[[Path], None], str],
) -> None:
    break_it, line = fault
    break_it(file)
    before = contents(file.parent)
    assert left(command) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (only,) = said.err.splitlines()
    assert only.startswith("thirdparty-bot: ")
    assert line in only
    assert {name: kept for name, kept in contents(file.parent).items() if name != f"{NAME}.lock"} == before


def missing(keyring: Path) -> None:
    keyring.unlink()


def readable_by_others(keyring: Path) -> None:
    keyring.chmod(0o640)


def truncated(keyring: Path) -> None:
    keyring.write_bytes(keyring.read_bytes()[:-40])


def a_key_cut_short(keyring: Path) -> None:
    ring = json.loads(keyring.read_text())
    ring["keys"][0]["audit"] = ring["keys"][0]["audit"][:-8]
    keyring.write_text(json.dumps(ring))


def a_folder(keyring: Path) -> None:
    keyring.unlink()
    keyring.mkdir()


@pytest.mark.parametrize("command", ["migrate", "run"])
@pytest.mark.parametrize(
    "fault",
    [
        (missing, "make one with `thirdparty-bot init`, or put back your copy of it"),
        (readable_by_others, "is open to others than its owner: chmod 600"),
        (truncated, "is damaged (it is no JSON): put back your copy of it"),
        (a_key_cut_short, "{key_id} is unreadable): put back your copy of it"),
        (a_folder, "cannot be read (Is a directory): give it"),
    ],
    ids=lambda given: given[0].__name__,
)
def test_so_is_a_keyring_that_cannot_be_used(
    file: Path,
    left: Callable[[str], object],
    capsys: pytest.CaptureFixture[str],
    command: str,
    fault: tuple[Callable[[Path], None], str],
) -> None:
    break_it, line = fault
    keyring = file.parent.parent / "thirdparty-keyring.json"
    key_id, before = load_keyring(keyring).first.id, contents(file.parent)
    break_it(keyring)
    assert left(command) == 2
    (only,) = capsys.readouterr().err.splitlines()
    assert line.format(key_id=key_id) in only
    assert contents(file.parent) == before


IN_TURN = """
import os, resource, sys
from bot import cli

for case in sys.argv[1:]:
    child = os.fork()
    if not child:
        os.chdir(case)
        os.dup2(os.open("said", os.O_CREAT | os.O_WRONLY), 2)
        if case == "full_disk":
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
        sys.argv[1:] = ["migrate"]
        cli.main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


async def test_what_a_user_without_rights_or_room_reads_is_one_line(file: Path) -> None:
    """Also where the tests run as root, who may do anything."""
    expected = {
        unwritable_folder: "the database file cannot be written to; give its user the right to write there",
        read_only: "thirdparty.db: Permission denied.",
        full_disk: "the disk does not take or give the database's data; see whether it is full or broken",
    }
    cases = {fault.__name__: line for fault, line in expected.items()}
    for fault in expected:
        shutil.copytree(file.parent.parent, file.parent.parent / fault.__name__, ignore=shutil.ignore_patterns("*_*"))
        fault(file.parent.parent / fault.__name__ / "data" / NAME)
    before = {case: contents(file.parent.parent / case / "data") for case in cases}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IN_TURN, *cases),
        cwd=file.parent.parent,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "THIRDPARTY_DATABASE_URL": f"sqlite:///data/{NAME}"},
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=obey_rights,
    )
    codes, _ = await process.communicate()
    (file.parent.parent / "unwritable_folder" / "data").chmod(0o700)
    assert codes.decode().split() == ["1"] * len(cases)
    for case, line in cases.items():
        (only,) = (file.parent.parent / case / "said").read_text().splitlines()
        assert (only.startswith("thirdparty-bot: "), line in only) == (True, True), only
    assert {case: contents(file.parent.parent / case / "data") for case in cases} == before
