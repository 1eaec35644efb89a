"""The bot while everything happens at once: checks are answered, people type, a sweep plans and the relay sends.

`python -m bench.busy FOLDER PORT` answers checks, and works once it reads how many seconds to go on for. Slack is not
asked: it takes a tenth of a second for whatever it is told.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.operations.plan_reminders import plan_reminders
from bench.check_server import Moved, answering
from bench.commands import People, people_of
from bench.writers import TEAM, opened
from bot.few_at_once import few_at_once
from bot.garbage import set_started_aside
from bot.slack_client import slack_logger
from bot.slack_outbox import Relay
from handlers.messages import MessageRenderer

SLACK_TAKES: Final = 0.1
AHEAD: Final = timedelta(minutes=2)
"""The relay's clock is ahead: a reminder waits a minute for others to the same reader."""


class Takes(AsyncWebClient):
    """Takes everything. `posted`: how many messages."""

    posted = 0

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        """Answer as Slack does where the bot looks."""
        await asyncio.sleep(SLACK_TAKES)
        channel: object = "D0BENCH"
        if api_method == "conversations.open":
            channel = {"id": "D0BENCH"}
        else:
            self.posted += 1
        data = {"ok": True, "channel": channel, "ts": f"{self.posted}.0"}
        return AsyncSlackResponse(
            client=self, http_verb="POST", api_url=api_method, req_args={}, data=data, headers={}, status_code=200
        )


async def serve(folder: Path, port: int) -> None:
    """Answer, and work when told to; then print how people fared, and go on answering."""
    warnings = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=warnings, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with opened(folder) as (database, given, _seal), people_of(replace(given, clock=Moved())) as people:
        slack = Takes(logger=slack_logger())
        ports = few_at_once(replace(people.ports, clock=Moved(AHEAD)))
        relay = Relay(ports, slack, MessageRenderer(ports), TEAM, channel=None)
        database.on_commit(relay.wake)
        set_started_aside()
        async with answering(people.ports, port):
            seconds = float(await asyncio.to_thread(sys.stdin.readline))
            async with _sending(relay):
                told = await _work(people, seconds)
            print(json.dumps({**told, "posted": slack.posted}), flush=True)
            await asyncio.Event().wait()


async def _work(people: People, seconds: float) -> dict[str, float]:
    """Let people type during a sweep, and for so many seconds at least."""
    begun = time.perf_counter()
    sweep = asyncio.create_task(plan_reminders(TEAM, people.ports))
    await people.act_until(sweep)
    swept = time.perf_counter() - begun
    await people.act_until(asyncio.create_task(asyncio.sleep(seconds - swept)))
    return {"due": sweep.result(), "sweep_seconds": swept, **people.taken()}


@asynccontextmanager
async def _sending(relay: Relay) -> AsyncIterator[None]:
    relay.start()
    try:
        yield
    finally:
        await relay.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
