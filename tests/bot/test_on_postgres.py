"""The bot and its commands on PostgreSQL: what differs from a file."""

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from access.model.ids import WorkspaceId
from access.operations.add_resource_server import add_resource_server
from bot import app
from bot.app import started
from bot.cli.workplace import at_work
from bot.sandbox_command import sandbox_settings
from bot.settings import CommonSettings, read_settings
from sandbox import Sandbox
from storage.engine import Database
from storage.errors import DatabaseUnusable, KeysBeingChanged
from storage.keys_in_use import KeysInUse
from storage.others import changing_keys, is_running
from tests.bot.typing import Typed
from tests.bot.waiting import until
from tests.postgres import ask, make_empty, own_database

TEAM = WorkspaceId("T0HERE")


@pytest.fixture
def url() -> str:
    """An empty database of this version."""
    mine = own_database()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, make_empty(mine)).result()
    return mine


@pytest.fixture
def on(typed: Typed, url: str) -> Typed:
    """Run a command on the database."""
    typed("init")
    return lambda *words, **environment: typed(*words, **{"THIRDPARTY_DATABASE_URL": url, **environment})


def settle(folder: Path, url: str) -> None:
    """Have a bot have been at work in one workspace."""
    given = {"THIRDPARTY_DATABASE_URL": url, "THIRDPARTY_KEYRING_FILE": f"{folder}/thirdparty-keyring.json"}

    async def added() -> None:
        async with at_work(read_settings(CommonSettings, given)) as workplace:
            await add_resource_server(TEAM, "Warehouse", workplace.ports)

    asyncio.run(added())


def actions(url: str) -> list[str]:
    return [action for (action,) in ask(url, "SELECT action FROM audit ORDER BY number")]


async def test_bots_share_a_database_and_it_shows_that_they_run(slack: Sandbox, tmp_path: Path, url: str) -> None:
    settings = sandbox_settings(slack, tmp_path, database_url=url)
    assert not await is_running(url)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(started(settings, clock=slack.clock))
        await slack.connected()
        assert await is_running(url)
        assert (await slack.people["anna"].types("/thirdparty list")).acknowledged
    assert not await is_running(url)


async def test_a_bot_that_starts_before_its_server_waits_and_says_so_once(
    slack: Sandbox, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "TRY_AGAIN_SECONDS", 0.02)
    there = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = sandbox_settings(slack, tmp_path, database_url=f"postgresql://tests@127.0.0.1:{port}{there.path}")
    bot = started(settings, clock=slack.clock)
    entering = asyncio.create_task(bot.__aenter__())
    told = slack.people["ben"].reads
    await until(lambda: bool(told("#third-party-access")))
    assert not entering.done()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward = await asyncio.open_connection(there.hostname, there.port)
        await asyncio.gather(_pipe(reader, onward[1]), _pipe(onward[0], writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", port):
        await entering
        await until(lambda: len(told("#third-party-access")) == 2)
        await bot.__aexit__(None, None, None)
    first, second = (seen.reading for seen in told("#third-party-access"))
    assert "PostgreSQL cannot be reached" in first
    assert second.startswith("My database works again")


async def test_a_server_that_goes_while_a_bot_starts_is_waited_for(
    slack: Sandbox, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "TRY_AGAIN_SECONDS", 0.02)
    asked = Database.keys_in_use
    fails = iter([True, False])

    async def cut_off_once(self: Database, now: datetime) -> KeysInUse:
        if next(fails):
            raise DatabaseUnusable("away")
        return await asked(self, now)

    monkeypatch.setattr(Database, "keys_in_use", cut_off_once)
    async with started(sandbox_settings(slack, tmp_path, database_url=url), clock=slack.clock):
        assert not [*fails]


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_keys_are_changed_by_one_at_a_time(url: str) -> None:
    async with changing_keys(url):
        with pytest.raises(KeysBeingChanged):
            async with changing_keys(url):
                pass
    async with changing_keys(url):
        pass


def test_commands_work_and_name_the_database_without_its_password(on: Typed, url: str, tmp_path: Path) -> None:
    settle(tmp_path, url)
    with_password = url.replace("tests@", "tests:open-sesame@")
    for words in (["migrate"], ["doctor"], ["keys", "rotate"], ["keys", "list"], ["audit", "verify"]):
        done = on(*words, THIRDPARTY_DATABASE_URL=with_password)
        assert "sesame" not in done.out + done.err
        assert done.code == (2 if words == ["doctor"] else 0), done
    assert (
        on("migrate").out
        == f"the database {urlsplit(url).path[1:]} at {urlsplit(url).netloc[6:]} is as this version wants it.\n"
    )


def test_doctor_says_what_is_wrong_with_a_server(on: Typed, url: str) -> None:
    assert "is of this version and can be written to" in on("doctor", "--json").out
    port = f":{urlsplit(url).port}/"
    assert (
        "PostgreSQL cannot be reached" in on("doctor", "--json", THIRDPARTY_DATABASE_URL=url.replace(port, ":9/")).out
    )
    assert "lets nobody in" in on("doctor", "--json", THIRDPARTY_DATABASE_URL=f"{url}-that-is-not-there").out
    latin = f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}-latin"
    ask(url, f'DROP DATABASE IF EXISTS "{latin}"')
    ask(url, f"CREATE DATABASE \"{latin}\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert (
        "keeps texts in LATIN1"
        in on("doctor", "--json", THIRDPARTY_DATABASE_URL=f"{url.rpartition('/')[0]}/{latin}").out
    )
    ask(url, f'DROP DATABASE "{latin}"')


def test_a_backup_is_left_to_the_server(on: Typed, tmp_path: Path) -> None:
    refused = on("backup", "copy.db")
    assert (refused.code, refused.out) == (1, "")
    assert "docs/postgresql.md" in refused.err
    assert not (tmp_path / "copy.db").exists()


def test_what_the_server_put_back_is_made_safe_to_go_on_with(on: Typed, url: str, tmp_path: Path) -> None:
    settle(tmp_path, url)
    for words in (["restore"], ["restore", "copy.dump"], ["restore", "copy.dump", "--from-server"]):
        assert "restore --from-server`, alone" in on(*words).err
    assert actions(url) == ["resource_server.added"]
    done = on("restore", "--from-server")
    assert (done.code, done.err) == (0, "")
    assert "No third party in the database" in done.out
    assert "Warehouse" in done.out
    assert actions(url) == ["resource_server.added", "restored"]
    assert on("audit", "verify").code == 0


def test_what_does_not_fit_is_not_gone_on_with_unasked(on: Typed, url: str, tmp_path: Path) -> None:
    settle(tmp_path, url)
    ask(url, "UPDATE audit_heads SET number = 7")
    refused = on("restore", "--from-server")
    assert refused.code == 1
    assert "Nothing was changed. With --unverified it is done all the same." in refused.err
    assert actions(url) == ["resource_server.added"]
    assert on("restore", "--from-server", "--unverified").code == 0


async def test_it_refuses_while_a_bot_runs(slack: Sandbox, tmp_path: Path, url: str, on: Typed) -> None:
    async with started(sandbox_settings(slack, tmp_path, database_url=url), clock=slack.clock):
        refused = await asyncio.to_thread(on, "restore", "--from-server")
    assert "running on this database already" in refused.err


def test_a_file_is_not_put_back_by_a_server(typed: Typed) -> None:
    typed("init")
    assert "Name the backup" in typed("restore", "--from-server").err
    assert "Name the backup" in typed("restore").err
