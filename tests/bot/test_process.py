"""The program as it is run: a process, its signals, its files, its exit code."""

import asyncio
import os
import re
import signal
import sqlite3
import stat
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot import cli
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.keyring import make_keyring
from sandbox import Sandbox
from sandbox.faults import Delay, Silence, Status
from storage.run_lock import RunLock
from tests.bot.waiting import until
from tests.programs import Forked, Programs

HOUSE = Path(cli.__file__).parents[2]
ACME = '"Acme Corp"'
Start = Callable[..., Awaitable["Program"]]


class Program:
    """A running `python -m bot …`."""

    def __init__(self, process: Process | Forked, folder: Path) -> None:
        self.process = process
        self.folder = folder

    async def says(self, text: str) -> str:
        """Read what it prints up to a line with `text`; returns that line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(40):  # to start from nothing takes seconds on a busy machine
            while line := (await self.process.stdout.readline()).decode():
                if text in line:
                    return line
        raise AssertionError(f"it ended without saying {text!r}")

    async def ends(self, *, after: signal.Signals | None = None, within: float = 20) -> tuple[int, str]:
        """Send a signal and wait for the end; returns the exit code and what was printed meanwhile."""
        if after is not None:
            self.process.send_signal(after)
        async with asyncio.timeout(within):
            printed, _ = await self.process.communicate()
        return self.process.returncode or 0, printed.decode().strip()


@pytest.fixture
async def start(slack: Sandbox, programs: Programs, tmp_path: Path) -> AsyncIterator[Start]:
    """Start the program in a folder of its own, with settings for the sandbox: forked, or from nothing (`afresh`)."""
    started: list[Program] = []
    make_keyring(tmp_path / "thirdparty-keyring.json", now=SystemClock().now(), random=SystemRandom())
    (tmp_path / "tmp").mkdir()
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(HOUSE),
        "TMPDIR": str(tmp_path / "tmp"),
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "THIRDPARTY_CHANNEL": slack.admin_channel,
        "THIRDPARTY_HTTP_PORT": "0",
        "THIRDPARTY_INTERNAL_PORT": "0",
    }

    async def from_nothing(words: tuple[str, ...], env: dict[str, str]) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            cwd=tmp_path,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(*words: str, afresh: bool = False, **more: str) -> Program:
        env = environment | more
        process: Process | Forked
        if afresh:
            process = await from_nothing(words, env)
        else:
            process = await programs.start(*words, cwd=tmp_path, env=env, merged=True)
        started.append(Program(process, tmp_path))
        return started[-1]

    yield run
    for each in started:
        with suppress(ProcessLookupError):
            each.process.kill()
        await each.process.communicate()


def modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir() if path.is_file()}


def put_back(folder: Path) -> bool:
    """Whether a message waits for its next attempt, without a doubt about the last one."""
    waits = "attempts > 0 AND sent_at IS NULL AND uncertain_since IS NULL"
    with closing(sqlite3.connect(folder / "thirdparty.db")) as connection:
        return connection.execute(f"SELECT 1 FROM outbox WHERE {waits}").fetchone() is not None


async def test_a_stop_finishes_what_was_taken_on(slack: Sandbox, start: Start) -> None:
    program = await start("run", afresh=True)
    await program.says("ready")
    anna, ben = slack.people["anna"], slack.people["ben"]
    assert (await anna.types("/thirdparty list")).acknowledged
    files = modes(program.folder)
    assert set(files) == {
        "thirdparty-keyring.json",
        "thirdparty.db",
        "thirdparty.db-shm",
        "thirdparty.db-wal",
        "thirdparty.db.lock",
    }
    assert set(files.values()) == {"0o600"}
    command_line = Path(f"/proc/{program.process.pid}/cmdline").read_bytes().decode().split("\0")
    assert command_line == [sys.executable, "-m", "bot", "run", ""]

    slack.faults.next("users.info", Delay(0.3))  # a busy machine needs the rest of the 2.4 s that there are
    asking = asyncio.create_task(ben.types(f"/thirdparty add {ACME}"))
    await until(lambda: [each.name for each in slack.traffic if each.direction == "in"].count("users.info") == 2)
    code, printed = await program.ends(after=signal.SIGTERM)
    assert "Acme Corp is registered" in (await asking).reading
    assert code == 0
    assert "stopping" in printed
    assert "warning" not in printed
    assert "error" not in printed
    with RunLock(f"sqlite:///{program.folder}/thirdparty.db"):
        pass


async def test_what_was_queued_outlives_a_kill(slack: Sandbox, start: Start) -> None:
    killed = await start("run")
    await killed.says("ready")
    slack.faults.always("conversations.open", Status(500))
    anna = slack.people["anna"]
    await anna.types(f"/thirdparty add {ACME}")
    await anna.types(f"/thirdparty contact {ACME} @carla")
    await until(lambda: put_back(killed.folder))
    code, _ = await killed.ends(after=signal.SIGKILL)
    assert code == -signal.SIGKILL
    slack.faults.clear()
    heir = await start("run")
    await slack.people["carla"].waits_for("Anna Berg", timeout=10)
    assert (await heir.ends(after=signal.SIGTERM))[0] == 0


async def test_a_start_that_waits_for_slack_can_be_stopped(slack: Sandbox, start: Start) -> None:
    slack.faults.always("auth.test", Silence())
    program = await start("run")
    await until(lambda: len(slack.traffic) > 0, within=20)
    code, printed = await program.ends(after=signal.SIGINT)
    assert (code, printed) == (0, "")
    slack.faults.clear()


async def test_the_sandbox_serves_until_it_is_stopped(start: Start) -> None:
    """With a proxy in the environment, which is no way to reach this machine itself."""
    program = await start("sandbox", "--data", "kept", afresh=True, HTTPS_PROXY="http://127.0.0.1:9")
    address = (await program.says("answers at")).split()[4]
    token = (await program.says("SLACK_BOT_TOKEN=")).strip().partition("=")[2]
    answer = await AsyncWebClient(token=token, base_url=f"{address}/api/").auth_test()
    assert answer["team"] == "Meadow"
    files = modes(program.folder / "kept")
    assert {"thirdparty.db", "thirdparty.db-wal", "thirdparty.log", "keyring.json"} <= set(files)
    assert set(files.values()) == {"0o600"}
    await program.says("THIRDPARTY_CHANNEL=")
    assert await program.ends(after=signal.SIGTERM) == (0, "")
    assert "error" not in (program.folder / "kept" / "thirdparty.log").read_text()


async def test_the_sandbox_says_how_to_ask_about_a_token_and_how_to_revoke_it(start: Start) -> None:
    """A second time too, on what the first one has kept."""
    for _ in range(2):
        program = await start("sandbox", "--data", "kept")
        secret = re.findall("tps_[0-9A-Za-z]+", await program.says("X-Resource-Server-Secret"))[0]
        check = (await program.says("/oauth/check")).split()[-1]
        asked = {"X-Resource-Server-Secret": secret, "Authorization": "Bearer TOKEN"}
        revoke = (await program.says("/oauth/revoke")).split()[-1]
        async with ClientSession() as client:
            async with client.get(check, headers=asked) as answer:
                assert (answer.status, (await answer.json())["error"]) == (401, "invalid_token")
            async with client.get(check, headers=asked | {"X-Resource-Server-Secret": secret[:-1]}) as answer:
                assert answer.status == 403
            async with client.post(revoke, data={"token": "TOKEN"}) as answer:
                assert answer.status == 200
        await program.says("THIRDPARTY_CHANNEL=")
        assert await program.ends(after=signal.SIGTERM) == (0, "")


async def test_the_sandbox_keeps_nothing_by_itself(slack: Sandbox, start: Start) -> None:
    program = await start("sandbox")
    await program.says("THIRDPARTY_CHANNEL=")
    assert len(list((program.folder / "tmp").iterdir())) == 1
    assert await program.ends(after=signal.SIGTERM) == (0, "")
    assert list((program.folder / "tmp").iterdir()) == []
