"""The real bot in the sandbox, as `thirdparty-bot sandbox` starts it, and what scenarios need around it."""

import asyncio
import base64
import io
import json
import logging
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from bot import logs
from bot.app import SLACK_EVENTS, Bot, started
from bot.manifest import read_manifest
from bot.sandbox_command import sandbox_settings
from bot.slack_outbox import LEASE
from sandbox import MovableClock, Person, Sandbox, Seen
from sandbox.answer import Answer
from tests.fakes import MONDAY_MORNING

ACME = '"Acme Corp"'


@dataclass
class Stage:
    """A workspace with the bot in it."""

    slack: Sandbox
    bot: Bot
    folder: Path
    log: io.StringIO

    def __getattr__(self, handle: str) -> Person:
        """`stage.anna` is Anna."""
        try:
            return self.slack.people[handle]
        except KeyError:
            raise AttributeError(handle) from None

    async def settled(self) -> None:
        """Wait until the bot has said everything that it has to say now."""
        async with asyncio.timeout(10):
            while self._something_to_say():
                self.bot.relay.wake()
                await asyncio.sleep(0.01)

    async def later(self, **time: float) -> None:
        """Let time pass, and the bot do what has become due."""
        self.slack.clock.advance(timedelta(**time))
        await asyncio.sleep(0.05)
        await self.settled()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "thirdparty.db")) as connection:
            return list(connection.execute(query))

    def audit(self) -> list[str]:
        """What the audit trail says, oldest first: `action` or `operation!refusal`."""
        rows = self.rows("SELECT action, outcome FROM audit ORDER BY number")
        return [str(action) if outcome == "done" else f"{action}!{outcome}" for action, outcome in rows]

    def _something_to_say(self) -> bool:
        """Whether a message is due, or is being sent: then, as the clock stands still, its lease began just now."""
        now = self.slack.clock.now()
        instants = [_microseconds(now), _microseconds(now + LEASE)]
        due = "SELECT 1 FROM outbox WHERE next_attempt_at <= {} OR next_attempt_at = {}"
        return bool(self.rows(due.format(*instants)))

    # --- the story, as far as a scenario wants it told ------------------------------------------------------------

    async def registered(self) -> None:
        await self.anna.types(f"/thirdparty add {ACME}")

    async def proposed(self, contact: str = "@carla") -> Seen:
        """Anna proposes the contact; returns what Ben is asked."""
        await self.registered()
        return await self.propose(contact)

    async def propose(self, contact: str) -> Seen:
        await self.anna.types(f"/thirdparty contact {ACME} {contact}")
        await self.settled()
        return self.ben.reads("#third-party-access")[-1]

    async def approved(self, contact: str = "@carla") -> None:
        await (await self.proposed(contact)).press("Approve")
        await self.settled()

    async def issued(self, contact: str = "@carla") -> Seen:
        """Everything up to the offer; returns the contact's message."""
        await self.approved(contact)
        await self.anna.types(f"/thirdparty enable {ACME}")
        await self.anna.types(f"/thirdparty issue {ACME}")
        await self.settled()
        return await self.slack.people[contact.removeprefix("@")].waits_for("Show credentials")

    async def collected(self, contact: str = "@carla") -> Answer:
        """Everything up to the reveal; returns what the contact was shown."""
        offer = await self.issued(contact)
        return await self.reveal(offer, contact)

    async def reveal(self, offer: Seen, contact: str = "@carla") -> Answer:
        await offer.press("Show credentials")
        modal = self.slack.people[contact.removeprefix("@")].modal
        assert modal is not None
        shown = await modal.submit()
        await self.settled()
        return shown


@asynccontextmanager
async def set_stage(folder: Path, *, http: bool = False, clock: MovableClock | None = None) -> AsyncIterator[Stage]:
    """Start a sandbox and the bot in it, every logger at DEBUG, on a Monday morning."""
    log = io.StringIO()
    logs.configure("json", "DEBUG", log)
    clock = clock or MovableClock(MONDAY_MORNING)
    async with await Sandbox.start(manifest=read_manifest(), clock=clock) as slack:
        settings = sandbox_settings(slack, folder, http_port=free_port() if http else None)
        async with started(settings, clock=clock, pace=timedelta(0)) as bot:
            everything_at_debug()
            clock.on_move(bot.hurry)
            if bot.url is None:
                await slack.connected()
            else:
                slack.deliver_by_http(bot.url + SLACK_EVENTS)
            yield Stage(slack, bot, folder, log)


def _microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def everything_at_debug() -> None:
    """What a clumsy colleague might do."""
    logging.getLogger().setLevel(logging.DEBUG)
    for name in logging.root.manager.loggerDict:
        logging.getLogger(name).setLevel(logging.DEBUG)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def encodings(secret: str) -> Iterable[str]:
    """Every form in which a secret could lie about: itself, reversed, hex, escaped, and base64 at each alignment."""
    raw = secret.encode()
    yield from (secret, secret[::-1], raw.hex(), quote(secret), json.dumps(secret), secret.encode("utf-16-le").hex())
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * shift + raw).decode().rstrip("=")[4:-4]
