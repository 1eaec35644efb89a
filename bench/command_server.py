"""The whole bot in HTTP mode, with everything real but Slack, and a bare Bolt app with one listener.

`python -m bench.command_server FOLDER SLACK` runs the bot on the database of a folder until its standard input ends;
SLACK is the address of a Web API. `--bare` runs the other one. The first line of output names the two ports.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import structlog
from slack_bolt.async_app import AsyncAck

from access.model.secret import Secret
from bench.check_server import Moved
from bench.dispatch import bolt_app
from bench.slack import ADMIN, BOT_TOKEN, CHANNEL, SIGNING_SECRET
from bench.writers import url_of
from bot.app import started
from bot.garbage import set_started_aside
from bot.listening import listening
from bot.memory import give_back_what_is_free
from bot.public_port import PublicPort
from bot.settings import Settings, read_settings
from handlers.http.slack_events import SLACK_EVENTS, slack_events_route


async def serve(running: AbstractAsyncContextManager[dict[str, str]]) -> None:
    """Run until standard input ends."""
    give_back_what_is_free()
    warnings = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=warnings, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with running as ports:
        set_started_aside()
        print(json.dumps(ports), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


@asynccontextmanager
async def bot(folder: Path, slack: str) -> AsyncIterator[dict[str, str]]:
    """Run the bot, at the pace that it has in Slack."""
    given = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack,
        "THIRDPARTY_DATABASE_URL": url_of(folder),
        "THIRDPARTY_KEYRING_FILE": str(folder / "keyring"),
        "THIRDPARTY_CHANNEL": CHANNEL,
        "THIRDPARTY_HTTP_PORT": "0",
        "THIRDPARTY_INTERNAL_PORT": "0",
    }
    async with started(read_settings(Settings, given), clock=Moved()) as running:
        yield {"url": running.url, "internal_url": running.internal_url}


@asynccontextmanager
async def bare() -> AsyncIterator[dict[str, str]]:
    """Run an app of Bolt's alone, on the same HTTP server, that answers a command with one word."""
    app = bolt_app()

    @app.command("/thirdparty")
    async def listener(ack: AsyncAck) -> None:
        await ack(ADMIN)

    port = PublicPort({SLACK_EVENTS: slack_events_route(app, Secret(SIGNING_SECRET), Moved())})
    async with listening("127.0.0.1", 0, port, settings="another port") as url:
        yield {"url": url, "internal_url": ""}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.command_server")
    parser.add_argument("folder", type=Path)
    parser.add_argument("slack")
    parser.add_argument("--bare", action="store_true")
    asked = parser.parse_args()
    asyncio.run(serve(bare() if asked.bare else bot(asked.folder, asked.slack)))
