"""Telling that the database cannot be used: once in the log, once in the channel, and when it is over."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from access.model.secret import Secret
from access.ports import CannotKeep
from bot.slack_client import slack_client
from bot.trouble import MENDED, Trouble
from sandbox import Sandbox
from sandbox.faults import Status
from tests.manifest import our_manifest

CHANNEL = "#third-party-access"
FULL, BROKEN = CannotKeep("there is no room"), CannotKeep("the disk is broken")


@dataclass
class Desk:
    """A database that a test breaks and mends, and the channel."""

    slack: Sandbox
    broken: list[CannotKeep] = field(default_factory=list)

    async def probe(self) -> None:
        if self.broken:
            raise self.broken[0]

    def trouble(self, *, channel: bool = True, quiet: timedelta = timedelta(hours=1)) -> Trouble:
        client = slack_client(Secret(self.slack.bot_token), self.slack.api_url)
        return Trouble(client, self.slack.admin_channel if channel else None, self.probe, quiet=quiet)

    def reads(self) -> list[str]:
        return [seen.reading for seen in self.slack.people["ben"].reads(CHANNEL)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with await Sandbox.start(manifest=our_manifest()) as slack:
        yield Desk(slack)


async def test_an_outage_is_one_line_and_one_message_and_so_is_its_end(desk: Desk) -> None:
    trouble = desk.trouble()
    with capture_logs() as log:
        await trouble.look()
        desk.broken = [FULL]
        for _ in range(3):
            trouble.met(FULL)
            trouble.met(BROKEN)
            await trouble.look()
        assert [line["event"] for line in log] == ["database_unusable"]
        desk.broken.clear()
        await trouble.look()
        await trouble.look()
    assert log == [
        {"event": "database_unusable", "problem": "there is no room", "log_level": "error"},
        {"event": "database_usable", "log_level": "info"},
    ]
    first, second = desk.reads()
    assert first.startswith(
        "I can't use my database: there is no room. Until that is mended I answer, but I do nothing"
    )
    assert second == MENDED


async def test_what_comes_and_goes_is_told_once(desk: Desk) -> None:
    trouble = desk.trouble()
    with capture_logs() as log:
        for _ in range(4):
            trouble.met(FULL)
            await trouble.look()
    assert len(log) == 8
    assert len(desk.reads()) == 2


async def test_what_fails_for_another_reason_is_told_at_once(desk: Desk) -> None:
    trouble = desk.trouble()
    for error in (FULL, BROKEN, FULL):
        trouble.met(error)
        await trouble.look()
    assert len(desk.reads()) == 4


async def test_after_a_while_it_is_told_again(desk: Desk) -> None:
    trouble = desk.trouble(quiet=timedelta(0))
    for _ in range(2):
        trouble.met(FULL)
        await trouble.look()
    assert len(desk.reads()) == 4


async def test_what_slack_does_not_take_is_said_at_the_next_look(desk: Desk) -> None:
    trouble = desk.trouble()
    desk.broken = [FULL]
    desk.slack.faults.next("chat.postMessage", Status(500))
    trouble.met(FULL)
    with capture_logs() as log:
        await trouble.look()
    assert [line["event"] for line in log] == ["admin_channel_unusable"]
    await trouble.look()
    assert len(desk.reads()) == 1


async def test_an_outage_that_could_not_be_told_in_time_is_not_told_afterwards(desk: Desk) -> None:
    trouble = desk.trouble()
    desk.slack.faults.next("chat.postMessage", Status(500))
    trouble.met(FULL)
    await trouble.look()
    await trouble.look()
    assert desk.reads() == []


async def test_an_end_that_could_not_be_told_is_told_later(desk: Desk) -> None:
    trouble = desk.trouble()
    desk.broken = [FULL]
    trouble.met(FULL)
    await trouble.look()
    desk.broken.clear()
    desk.slack.faults.next("chat.postMessage", Status(500))
    await trouble.look()
    await trouble.look()
    assert desk.reads()[1:] == [MENDED]


async def test_without_a_channel_only_the_log_says_it(desk: Desk) -> None:
    trouble = desk.trouble(channel=False)
    with capture_logs() as log:
        trouble.met(FULL)
        await trouble.look()
    assert len(log) == 2
    assert desk.slack.traffic == []
