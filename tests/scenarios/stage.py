"""The real bot in the sandbox, as `thirdparty-bot sandbox` starts it, and what scenarios need around it."""

import asyncio
import base64
import io
import json
import logging
import re
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import asyncpg

from access.model.credentials import WELL_FORMED
from access.model.ids import ClientId, ThirdPartyId
from access.model.secret import Secret
from access.model.token import Verdict
from access.ports.machine import Clock
from bot import logs
from bot.app import Bot, started
from bot.sandbox_command import sandbox_settings
from bot.settings import HttpMode, Settings
from bot.slack_outbox import LEASE
from handlers.http.slack_events import SLACK_EVENTS
from sandbox import MovableClock, Person, Sandbox, Seen
from sandbox.answer import Answer
from sandbox.timing import Timing
from storage.tables import metadata
from tests.bot.waiting import until
from tests.checking import check
from tests.databases import make_database
from tests.fakes import MONDAY_MORNING
from tests.kinds import Kind
from tests.manifest import our_manifest
from tests.postgres import make_empty, own_database

PATIENT = Timing(acknowledge_within=30, trigger_lives=30)
"""What Slack gives three seconds: a busy machine may take longer, and no scenario is about that."""

ACME = '"Acme Corp"'
CHANNEL = "#third-party-access"
STATEMENTS = ("aiosqlite", "sqlalchemy.engine.Engine")
"""The loggers that would tell of every statement and of every row."""

_T = TypeVar("_T")


@dataclass
class OwnClock:
    """The clock of the bot's machine, which may be set. Slack's own, which it is told from, goes on."""

    slack: Clock
    wrong_by: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.slack.now() + self.wrong_by


@dataclass
class Stage:
    """A workspace with the bot in it."""

    slack: Sandbox
    settings: Settings
    folder: Path
    log: io.StringIO
    clock: OwnClock
    logs_statements: bool = False
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)
    _bot: Bot | None = None

    def __post_init__(self) -> None:
        url = self.settings.database_url
        self._reader = ServerReader(url) if self.is_on_server else FileReader(self.folder / "thirdparty.db")

    def __getattr__(self, handle: str) -> Person:
        """`stage.anna` is Anna."""
        try:
            return self.slack.people[handle]
        except KeyError:
            raise AttributeError(handle) from None

    @property
    def is_on_server(self) -> bool:
        """Whether the bot's database is not a file."""
        return not self.settings.database_url.startswith("sqlite:")

    @property
    def bot(self) -> Bot:
        """The running bot."""
        assert self._bot is not None, "the bot is stopped"
        return self._bot

    async def start_bot(self) -> None:
        """Start the bot on this stage's folder, with loggers at DEBUG."""
        self._bot = await self._running.enter_async_context(started(self.settings, clock=self.clock, pace=timedelta(0)))
        everything_at_debug(statements=self.logs_statements)
        if isinstance(self.settings.mode, HttpMode):
            self.slack.deliver_by_http(self._bot.url + SLACK_EVENTS)
        else:
            await self.slack.connected()

    def log_statements(self) -> None:
        """Put the loggers of statements at DEBUG, too.

        That is a seventh of all that a scenario costs, so it is for those that search the log.
        """
        self.logs_statements = True
        everything_at_debug()

    def searched_log(self) -> str:
        """The log of a bot that logged all it could."""
        assert self.logs_statements
        return self.log.getvalue()

    async def stop_bot(self) -> None:
        """Stop the bot as SIGTERM does. What it keeps stays in the folder."""
        self._bot = None
        self._reader.close()  # the last that closes the database empties its journal: the bot, as ever
        await self._running.aclose()

    async def restart_bot(self) -> None:
        """Stop it and start it again."""
        await self.stop_bot()
        await self.start_bot()

    def hurry(self) -> None:
        """Tell the bot, if there is one, that the clock was moved."""
        if self._bot is not None:
            self._bot.hurry()

    async def settled(self) -> None:
        """Wait until the bot has done and said everything that is due now.

        It is hurried once, at most: what falls due meanwhile wakes it by itself. Where only messages are due that is
        for the relay to hear, not for all who look whether time has passed.
        """
        if self._something_to_do():
            if self._tokens_to_see_to():
                self.bot.hurry()
            else:
                self.bot.relay.wake()
            await until(lambda: not self._something_to_do(), within=30)

    async def looked(self, changed: str = "") -> None:
        """Wait until the bot has looked at everybody whose turn it is, `changed` included, of whom Slack tells it."""
        if changed:
            account = self.slack.people[changed].id
            found = f"user_id = '{account}' AND (gone <> 'outsider' OR {self._due_look()})"
            await until(lambda: bool(self.rows(f"SELECT 1 FROM people WHERE {found}")))
        self.hurry()
        await until(lambda: not self.rows(f"SELECT 1 FROM people WHERE {self._due_look()}"))

    async def later(self, **time: float) -> None:
        """Let time pass, and the bot do what has become due."""
        self.slack.clock.advance(timedelta(**time))
        await self.settled()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self._reader.rows(query)

    def kept(self) -> Mapping[str, str]:
        """All that the bot keeps, by where it is: its files, and its tables where they are in none."""
        files = {path.name: path.read_bytes().decode("latin-1") for path in self.folder.iterdir()}
        tables = metadata.tables if self.is_on_server else ()
        return files | {table: str([_readable(row) for row in self.rows(f"SELECT * FROM {table}")]) for table in tables}

    def names(self) -> list[object]:
        """The names of the third parties that were not removed."""
        return [name for (name,) in self.rows("SELECT name FROM third_parties WHERE removed_at IS NULL ORDER BY name")]

    def audit(self) -> list[str]:
        """What the audit trail says, oldest first: `action` or `operation!refusal`."""
        rows = self.rows("SELECT action, outcome FROM audit ORDER BY number")
        return [str(action) if outcome == "done" else f"{action}!{outcome}" for action, outcome in rows]

    def refusals(self) -> list[str]:
        """The refusals of the audit trail, oldest first."""
        return [line for line in self.audit() if "!" in line]

    async def verdict(self, token: str) -> Verdict:
        """What a resource server of this workspace would be told about a token."""
        return await check(self.bot.workspace, Secret(token), self.bot.ports)

    def _due_look(self) -> str:
        return f"next_look_at <= {_microseconds(self.clock.now())}"

    def _something_to_do(self) -> bool:
        """Whether an offer is to be nudged or to lapse, a token to retire, or a message is due or being sent.

        As the clock stands still while a message is sent, its lease began just now. While Slack takes nothing, nothing
        is due.
        """
        return self._tokens_to_see_to() or self._messages_to_send()

    def _tokens_to_see_to(self) -> bool:
        present = _microseconds(self.clock.now())
        is_open = "collected_at IS NULL AND ended_at IS NULL"
        is_due = f"lapses_at <= {present} OR (nudged_at IS NULL AND nudge_at <= {present})"
        handoffs = f"SELECT 1 FROM handoffs WHERE {is_open} AND ({is_due})"
        return bool(self.rows(f"{handoffs} UNION ALL SELECT 1 FROM tokens WHERE retires_at <= {present} LIMIT 1"))

    def _messages_to_send(self) -> bool:
        now, paused = self.clock.now(), self.bot.relay.is_paused
        present, leased_until = _microseconds(now), _microseconds(now + LEASE)
        is_due = f"next_attempt_at = {leased_until} OR ({not paused} AND next_attempt_at <= {present})"
        return bool(self.rows(f"SELECT 1 FROM outbox WHERE {is_due} LIMIT 1"))

    # --- the story, as far as a scenario wants it told ------------------------------------------------------------

    async def registered(self) -> None:
        await self.anna.types(f"/thirdparty add {ACME}")

    async def registered_many(self, number: int) -> None:
        """So many third parties are there: the first is registered by Anna, the others are written beside it."""
        await self.anna.types("/thirdparty add Party-000")
        async with self.bot.ports.write(self.bot.workspace) as uow:
            first = got(await uow.third_parties.by_name("Party-000"))
            for each in range(1, number):
                identifier, client_id = self.bot.ports.random.identifier(), ClientId(f"tpc_{each}")
                party = replace(first, id=ThirdPartyId(identifier), client_id=client_id, name=f"Party-{each:03}")
                await uow.third_parties.add(party)
            await uow.commit()

    async def proposed(self, contact: str = "@carla") -> Seen:
        """Anna proposes the contact; returns what Ben is asked."""
        await self.registered()
        return await self.propose(contact)

    async def propose(self, contact: str) -> Seen:
        await self.anna.types(f"/thirdparty contact {ACME} {contact}")
        await self.settled()
        return self.ben.reads(CHANNEL)[-1]

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
        return await self.reveal(offer)

    async def reveal(self, offer: Seen) -> Answer:
        explanation = got((await offer.press("Show credentials")).modal)
        shown = await explanation.submit()
        await self.settled()
        return shown

    async def owned_by(self, handle: str) -> None:
        """Anna makes somebody the owner."""
        form = got((await self.anna.types(f"/thirdparty edit {ACME}")).modal)
        await form.set("Owner", f"@{handle}").submit()
        await self.settled()

    async def removed(self) -> None:
        """Anna removes it, and is asked first."""
        question = got((await self.anna.types(f"/thirdparty remove {ACME}")).ephemeral)
        await question.press("Remove now")
        await self.settled()


class FileReader:
    """A look from outside into the bot's database, by a connection that is kept: to open one costs ten queries."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._opened: object = None

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a query finds in the file that is in this place now."""
        there = _identity(self._file)
        if self._connection is None or there != self._opened:
            self.close()
            self._connection, self._opened = sqlite3.connect(self._file), there
        return self._connection.execute(query).fetchall()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class ServerReader:
    """The same where the database is a server's. Its connection has a thread, since whoever asks is in the loop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack = ExitStack()
        self._ask: Callable[[str], list[tuple[object, ...]]] | None = None

    def rows(self, query: str) -> list[tuple[object, ...]]:
        if self._ask is None:
            self._ask = self._opened()
        return self._ask(query)

    def close(self) -> None:
        self._stack.close()
        self._ask = None

    def _opened(self) -> Callable[[str], list[tuple[object, ...]]]:
        thread = self._stack.enter_context(ThreadPoolExecutor(1))
        runner = asyncio.Runner()
        self._stack.callback(lambda: thread.submit(runner.close).result())
        connection = thread.submit(runner.run, asyncpg.connect(self._url)).result()
        self._stack.callback(lambda: thread.submit(runner.run, connection.close()).result())

        def ask(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in thread.submit(runner.run, connection.fetch(query)).result()]

        return ask


def _readable(row: tuple[object, ...]) -> list[object]:
    """A row with its bytes as text, so that whatever could be read in them is found."""
    return [value.decode("latin-1") if isinstance(value, bytes) else value for value in row]


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino


@asynccontextmanager
async def set_stage(
    folder: Path,
    *,
    http: bool = False,
    timing: Timing = PATIENT,
    clock: MovableClock | None = None,
    settings: Callable[[Sandbox], Mapping[str, object]] | None = None,
    start: Callable[[Stage], Awaitable[None]] = Stage.start_bot,
) -> AsyncIterator[Stage]:
    """Start a sandbox and the bot in it, every logger but those of statements at DEBUG, on a Monday morning.

    `settings` gives the bot's own settings by field name, after changing in the workspace what they need. `start`
    starts the bot, for whoever expects trouble with that.
    """
    log = io.StringIO()
    logs.configure("json", "DEBUG", log)
    clock = clock or MovableClock(MONDAY_MORNING)
    url = await _database(folder)
    async with await Sandbox.start(manifest=our_manifest(), clock=clock, timing=timing) as slack:
        plain = sandbox_settings(slack, folder, http=http, database_url=url)
        own = plain.model_copy(update=dict(settings(slack)) if settings else {})
        stage = Stage(slack, own, folder, log, OwnClock(clock))
        clock.on_move(stage.hurry)
        try:
            await start(stage)
            yield stage
        finally:
            await stage.stop_bot()


async def _database(folder: Path) -> str | None:
    """Make the bot's database, empty; return its URL, if it is not in the folder."""
    if not Kind.postgres:
        await make_database(folder / "thirdparty.db")
        return None
    url = await asyncio.to_thread(own_database)
    await make_empty(url)
    return url


def got(thing: _T | None) -> _T:
    """What has to be there: a modal that opened, an answer to a command."""
    assert thing is not None
    return thing


async def press(person: Person, seen: Seen, label: str, *, stale: bool = False) -> str:
    """Press a button; return what the person reads at once: a modal, or a message that is theirs alone."""
    before = _own(person, seen.place)
    answer = await seen.press(label, stale=stale)
    told = [reading for key, reading in _own(person, seen.place).items() if before.get(key) != reading]
    return "\n".join(filter(None, [answer.reading, *told]))


def _own(person: Person, place: str) -> dict[str, str]:
    return {seen.ts: seen.reading for seen in person.reads(place) if seen.ephemeral}


def secrets_in(shown: Answer) -> tuple[str, str]:
    """The client secret and the token that a reveal shows."""
    client_secret, token = dict.fromkeys(re.findall(WELL_FORMED, shown.reading))
    assert (client_secret[:4], token[:4]) == ("tps_", "tpt_")
    return client_secret, token


def _microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def everything_at_debug(*, statements: bool = True) -> None:
    """What a clumsy colleague might do."""
    for logger in map(logging.getLogger, (None, *logging.root.manager.loggerDict)):
        level = logging.DEBUG if statements or logger.name not in STATEMENTS else logging.WARNING
        if logger.level != level:  # each change makes all loggers forget what they log
            logger.setLevel(level)


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
