"""Starting and stopping: what goes wrong is one line, and nothing is left behind."""

import asyncio
import io
import json
import os
import socket
import threading
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from access.model.secret import Secret
from bot import logs, patience, sandbox_command, trouble
from bot.app import started
from bot.errors import CommandError
from bot.introduction import SlackRefused
from bot.keyring import KeyringError
from bot.listening import PortInUse
from bot.sandbox_command import NoSandbox, sandbox_settings
from bot.settings import Settings
from bot.socket_mode import NoConnection
from handlers.http.slack_events import SLACK_EVENTS
from sandbox import Sandbox
from sandbox.faults import Dropped, Fault, RateLimited, Silence, Status
from storage.errors import AlreadyRunning, DatabaseUnusable, StorageError
from storage.run_lock import RunLock
from tests.bot.waiting import nothing_left, until


@pytest.fixture
def settings(slack: Sandbox, tmp_path: Path) -> Settings:
    return sandbox_settings(slack, tmp_path)


async def refused(settings: Settings, kind: type[Exception]) -> str:
    """Start a bot that cannot start. Whatever it opened is closed again; returns what it says."""
    threads = set(threading.enumerate())
    async with nothing_left():
        with pytest.raises(kind) as why:
            async with started(settings):
                pass
        await until(lambda: set(threading.enumerate()) <= threads, within=1)
    assert isinstance(why.value, CommandError | StorageError)
    assert "\n" not in str(why.value)
    return str(why.value)


def can_be_locked(settings: Settings) -> bool:
    with RunLock(settings.database_url):
        return True


async def test_a_wrong_bot_token(settings: Settings) -> None:
    wrong = settings.model_copy(update={"slack_bot_token": Secret("xoxb-wrong")})
    said = await refused(wrong, SlackRefused)
    assert said == (
        "Slack did not accept the bot (invalid_auth). Check SLACK_BOT_TOKEN, and that Slack can be reached."
    )
    assert can_be_locked(settings)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("fault", [Status(503), RateLimited(1), Dropped()])
async def test_while_slack_is_away_checks_are_answered_and_it_is_asked_again(
    slack: Sandbox, settings: Settings, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "TRY_AGAIN_SECONDS", 0.05)
    slack.faults.always("auth.test", fault)
    with capture_logs() as log:
        async with AsyncExitStack() as stack:
            port = free_port()
            waits = settings.model_copy(update={"internal_port": port})
            starting = asyncio.create_task(stack.enter_async_context(started(waits)))
            session = await stack.enter_async_context(ClientSession(f"http://127.0.0.1:{port}"))
            await until(lambda: any(line["event"] == "slack_away" for line in log), within=10)
            async with session.get("/oauth/check") as unknown, session.get("/readyz") as ready:
                assert (unknown.status, ready.status) == (403, 503)
            async with session.get("/metrics") as metrics:
                assert "thirdparty_part_ready" in await metrics.text()
            slack.faults.clear()
            bot = await starting
            assert bot.workspace == slack.team_id
            assert (await bot.ports.directory.admins()) != []
    assert [line["event"] for line in log].count("slack_away") == 1


async def test_a_bot_that_waits_for_slack_can_be_stopped(slack: Sandbox, settings: Settings) -> None:
    nowhere = settings.model_copy(update={"slack_api_url": "http://127.0.0.1:9/api/"})
    async with nothing_left():
        with capture_logs() as log:
            starting = asyncio.create_task(started(nowhere).__aenter__())
            await until(lambda: any(line["event"] == "slack_away" for line in log), within=10)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
    assert can_be_locked(settings)


async def test_something_else_answers_in_slacks_place(slack: Sandbox, settings: Settings) -> None:
    slack.faults.next("auth.test", Status(404))
    assert "(unreadable_answer)" in await refused(settings, SlackRefused)


async def test_a_wrong_app_token(settings: Settings) -> None:
    wrong = settings.model_copy(update={"slack_app_token": Secret("xapp-1-wrong")})
    assert "SLACK_APP_TOKEN" in await refused(wrong, NoConnection)
    assert can_be_locked(settings)


async def test_the_keyring_is_missing(settings: Settings) -> None:
    settings.keyring_file.unlink()
    assert "thirdparty-bot init" in await refused(settings, KeyringError)


async def test_a_second_bot_on_the_same_database(slack: Sandbox, settings: Settings) -> None:
    async with started(settings):
        assert "running on this database already" in await refused(settings, AlreadyRunning)
        await slack.connected()
        assert (await slack.people["anna"].types("/thirdparty list")).acknowledged
    assert can_be_locked(settings)


async def test_a_start_that_fails_is_told_in_the_channel_once_however_often_it_is_tried(
    slack: Sandbox, settings: Settings, tmp_path: Path
) -> None:
    async with started(settings):
        pass
    file = tmp_path / "thirdparty.db"
    sound = file.read_bytes()
    for times_told in (1, 2):
        file.write_bytes(sound[:100] + b"\xff" * 3_996 + sound[4_096:])
        for _ in range(3):
            said = await refused(settings, DatabaseUnusable)
            assert [seen.reading for seen in slack.people["ben"].reads("#third-party-access")] == [
                f"I can't start: {said}. Until that is mended /thirdparty does not answer. Nothing was changed."
            ] * times_told
        file.write_bytes(sound)
        async with started(settings):
            pass


async def test_a_start_that_fails_does_not_wait_for_slack(
    slack: Sandbox, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thirdparty.db").write_text("Shopping list: " + "bread, " * 1_000)
    monkeypatch.setattr(trouble, "_AT_START_SECONDS", 0.05)
    slack.faults.next("chat.postMessage", Silence())
    with pytest.raises(DatabaseUnusable, match="no SQLite database"):
        async with started(settings):
            pass
    without_channel = settings.model_copy(update={"channel": None})
    (tmp_path / "thirdparty.db.lock").write_text("")
    assert "no SQLite database" in await refused(without_channel, DatabaseUnusable)
    assert [each.name for each in slack.traffic if each.direction == "in"] == ["chat.postMessage"]
    slack.faults.clear()


async def test_the_port_is_in_use(slack: Sandbox, tmp_path: Path) -> None:
    port = int(slack.address.rpartition(":")[2])
    settings = sandbox_settings(slack, tmp_path).model_copy(update={"http_port": port})
    assert f"127.0.0.1:{port} cannot be listened on" in await refused(settings, PortInUse)
    assert can_be_locked(settings)


@pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])
async def test_a_stop_leaves_nothing_behind(slack: Sandbox, tmp_path: Path, http: bool) -> None:
    threads, files = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    settings = sandbox_settings(slack, tmp_path, http=http)
    async with nothing_left(), started(settings) as bot:
        if http:
            slack.deliver_by_http(bot.url + SLACK_EVENTS)
        await slack.connected()
        await slack.people["anna"].types('/thirdparty add "Acme Corp"')
        slack.deliver_by_http(None)
    await until(lambda: set(threading.enumerate()) <= threads, within=1)
    await until(lambda: len(os.listdir("/proc/self/fd")) <= files, within=1)
    assert can_be_locked(settings)


async def test_what_an_earlier_bot_could_not_send_is_sent_by_the_next(slack: Sandbox, settings: Settings) -> None:
    slack.faults.always("conversations.open", Status(500))
    anna = slack.people["anna"]
    async with started(settings, clock=slack.clock):
        await slack.connected()
        await anna.types('/thirdparty add "Acme Corp"')
        await anna.types('/thirdparty contact "Acme Corp" @carla')
    slack.faults.clear()
    slack.clock.advance(timedelta(minutes=1))
    async with started(settings, clock=slack.clock):
        introduction = await slack.people["carla"].waits_for("Anna Berg")
    assert "Meadow" in introduction.reading  # whose API it is


async def test_one_auth_test_and_no_call_that_nobody_asked_for(
    slack: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an environment as it is in a container, where Bolt looks for settings of its own."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", slack.signing_secret)
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "3")
    log = io.StringIO()
    logs.configure("json", "INFO", log)
    async with started(settings):
        assert os.environ["SLACK_CLIENT_ID"] == "1.2"
        await slack.connected()
        anna = slack.people["anna"]
        for _ in range(3):
            await anna.types("/thirdparty list")
        await anna.types('/thirdparty add "Acme Corp"')
    calls = [each.name for each in slack.traffic if each.kind == "api"]
    assert calls == ["auth.test", "apps.connections.open", "users.info"]
    assert [line for line in map(json.loads, log.getvalue().splitlines()) if line["level"] != "info"] == []


async def test_a_sandbox_on_a_port_in_use(slack: Sandbox, tmp_path: Path) -> None:
    port = int(slack.address.rpartition(":")[2])
    async with nothing_left():
        with pytest.raises(NoSandbox) as why:
            await sandbox_command.run(port=port, data=tmp_path)
    assert str(why.value) == f"Port {port} cannot be listened on (Address already in use). Leave --port out."
