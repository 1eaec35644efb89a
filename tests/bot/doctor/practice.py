"""A folder with a keyring, an environment with settings, a workspace: everything in order, until a test spoils it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.doctor.examiner import examine
from bot.doctor.findings import Finding, Report, State
from bot.keyring import load_keyring, make_keyring
from bot.settings import survey_settings
from bot.vault import ChainSeal, SealingVault
from sandbox import Sandbox
from storage.engine import Database
from tests.databases import make_database
from tests.manifest import our_manifest

KEYRING = "thirdparty-keyring.json"
DATABASE = "thirdparty.db"
LOOKING = {
    "apps.connections.open",
    "auth.test",
    "conversations.info",
    "usergroups.users.list",
    "users.info",
    "users.list",
}
"""What may be called: these change nothing."""

_SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")


class MovedClock:
    """The machine's clock, ahead by some time."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return SystemClock().now() + self._by


@dataclass
class Practice:
    """Where the doctor works. `clock` is this machine's."""

    slack: Sandbox
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    clock: MovedClock

    def set(self, **environment: str) -> None:
        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)

    def use_http(self, port: int) -> None:
        self.set(SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=self.slack.signing_secret, THIRDPARTY_HTTP_PORT=str(port))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, as the migrations make it."""
        if not (self.folder / DATABASE).exists():
            await make_database(self.folder / DATABASE)
        keyring, random = load_keyring(self.folder / KEYRING), SystemRandom()
        opened = await Database.open(
            f"sqlite:///{self.folder / DATABASE}",
            seal=ChainSeal(keyring),
            random=random,
            hash_reason=SealingVault(keyring, random).hash_reason,
        )
        try:
            yield opened
        finally:
            await opened.close()

    async def examined(self) -> Report:
        """Look at everything. No file was changed, Slack was asked and told nothing, and no secret is in the report."""
        before, told = contents(self.folder), len(self.slack.traffic)
        report = await examine(survey_settings(), self.clock)
        assert contents(self.folder) == before
        assert {each.name for each in list(self.slack.traffic)[told:] if each.kind == "api"} <= LOOKING
        secrets = [os.environ[name] for name in _SECRETS if os.environ.get(name)]
        assert not any(secret in repr(report) for secret in secrets)
        assert all(each.mend for each in report.findings if each.state is State.PROBLEM)
        return report

    async def finds(self, name: str) -> Finding:
        """What is worst about one thing."""
        found = [each for each in (await self.examined()).findings if each.name == name]
        return max(found, key=lambda each: list(State).index(each.state))

    async def problem(self, name: str) -> str:
        """What is wrong with one thing, and the mend. Everything else is well, or could not be looked at."""
        report = await self.examined()
        problems = [each for each in report.findings if each.state is State.PROBLEM]
        assert [each.name for each in problems] == [name], problems
        assert (report.ok, report.exit_status) == (False, 1)
        return f"{problems[0].found} {problems[0].mend}"


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@asynccontextmanager
async def open_practice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Practice]:
    for name in os.environ:
        if name.startswith(("THIRDPARTY_", "SLACK_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    make_keyring(folder / KEYRING, now=SystemClock().now(), random=SystemRandom())
    async with await Sandbox.start(manifest=our_manifest()) as slack:
        practice = Practice(slack, folder, monkeypatch, MovedClock(timedelta(0)))
        practice.set(
            SLACK_API_URL=slack.api_url,
            SLACK_BOT_TOKEN=slack.bot_token,
            SLACK_APP_TOKEN=slack.app_token,
            THIRDPARTY_CHANNEL=slack.admin_channel,
            THIRDPARTY_HTTP_PORT="0",
            THIRDPARTY_INTERNAL_PORT="0",
        )
        yield practice
