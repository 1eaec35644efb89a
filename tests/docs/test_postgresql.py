"""The page on PostgreSQL, line by line, with the server's own programs."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from access.model.ids import WorkspaceId
from access.operations.add_resource_server import add_resource_server
from bot.cli.workplace import at_work
from bot.settings import CommonSettings, read_settings
from tests.bot.typing import Typed, make_typed
from tests.docs.collected import commands
from tests.docs.not_run import ON_POSTGRES
from tests.house import ROOT
from tests.postgres import PROGRAMS, WHERE, ask

PAGE = ROOT / "docs" / "postgresql.md"
_OURS = "thirdparty"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    return make_typed(monkeypatch, tmp_path, capsys)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server of the tests, to which the programs go by themselves; what they make there is gone in the end."""
    url = os.environ[WHERE]
    there = urlsplit(url)
    for name, value in {"PGHOST": there.hostname, "PGPORT": str(there.port), "PGUSER": there.username}.items():
        monkeypatch.setenv(name, value or "")
    _forget(url)
    yield url
    _forget(url)


def _forget(url: str) -> None:
    for database in (_OURS, f"{_OURS}-restored"):
        ask(url, f'DROP DATABASE IF EXISTS "{database}"')
    ask(url, f"DROP ROLE IF EXISTS {_OURS}")


def database(server: str, name: str) -> str:
    return f"postgresql://{_OURS}@{urlsplit(server).netloc.rpartition('@')[2]}/{name}"


def run(line: str, folder: Path) -> None:
    program, *words = line.replace("--pwprompt ", "").split()  # it would ask at the terminal
    subprocess.run([PROGRAMS / program, *words], check=True, cwd=folder, timeout=60)


def test_a_dump_is_made_and_put_back_as_it_says(server: str, typed: Typed, tmp_path: Path) -> None:
    blocks = re.findall(r"(?ms)^ *```sh\n(.*?)^ *```", PAGE.read_text())
    make, _, dump, put_back, take_up = ([line.strip() for line in block.splitlines()] for block in blocks)
    assert {*make, *dump, *put_back, *take_up} == ON_POSTGRES <= commands([PAGE])
    for line in make:
        run(line, tmp_path)
    typed("init")
    _settle(database(server, _OURS), tmp_path)
    for line in [*dump, *put_back]:
        run(line, tmp_path)
    restored = database(server, f"{_OURS}-restored")
    (taken_up,) = take_up
    done = typed(*taken_up.split()[1:], THIRDPARTY_DATABASE_URL=restored)
    assert (done.code, done.err) == (0, "")
    assert [action for (action,) in ask(restored, "SELECT action FROM audit ORDER BY number")] == [
        "resource_server.added",
        "restored",
    ]
    assert typed("audit", "verify", THIRDPARTY_DATABASE_URL=restored).code == 0


def _settle(url: str, folder: Path) -> None:
    given = {"THIRDPARTY_DATABASE_URL": url, "THIRDPARTY_KEYRING_FILE": f"{folder}/thirdparty-keyring.json"}

    async def added() -> None:
        async with at_work(read_settings(CommonSettings, given)) as workplace:
            await add_resource_server(WorkspaceId("T0HERE"), "Warehouse", workplace.ports)

    asyncio.run(added())
