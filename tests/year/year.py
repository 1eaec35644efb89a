"""A year of the sandbox's clock: the bot's lives over one folder, the workspace's trouble, and when people do what."""

import asyncio
import heapq
import json
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from access.model.ids import TokenId, WorkspaceId
from access.model.policy import Policy
from access.model.secret import Secret
from access.model.token import Verdict
from access.ports import Ports
from bot.age_keys import AgeKeys
from bot.keyring import load_keyring, make_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.vault import ChainSeal, SealingVault
from sandbox import MovableClock, Person, Sandbox
from sandbox.faults import Dropped, Error, Fault, LostAnswer, RateLimited, Status
from sandbox.messages import Message
from sandbox.refusals import Impossible
from sandbox.timing import Timing
from storage.engine import Database
from tests.access.world import Town as Everybody
from tests.checking import check, note_accepted
from tests.crash.ambush import Ambush
from tests.crash.dice import Dice
from tests.crash.nursery import Life, Nursery
from tests.crash.season import BETWEEN_LIVES, PATIENT, settings_of
from tests.databases import make_database
from tests.fakes import CountingRandom
from tests.manifest import our_manifest
from tests.year import journal as happened
from tests.year.checker import complaints
from tests.year.journal import Journal
from tests.year.reporter import Reporter
from tests.year.town import Town, settle

BEGINS: Final = datetime(2026, 8, 31, 6, 0, tzinfo=UTC)
"""Half a year after the last day of August is the last of February, and clocks change three times in that year."""

_LOOK_IN_OUTAGE: Final = timedelta(minutes=30)
_MOMENT: Final = timedelta(seconds=30)
_DUE: Final = {
    "outbox": "next_attempt_at",
    "tokens": "min(coalesce(next_reminder_at, 1 << 60), coalesce(retires_at, 1 << 60))",
    "handoffs": "CASE WHEN collected_at IS NULL AND ended_at IS NULL THEN"
    " CASE WHEN nudged_at IS NULL THEN nudge_at ELSE lapses_at END END",
    "people": "next_look_at",
}
_OUTAGE: Final = ("chat.postMessage", "chat.update", "conversations.open", "users.info", "users.list", "views.open")
_KILL_WITHIN: Final = 25
"""So many looks and deeds an ambush waits for its moment."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Deed = Callable[[], Awaitable[object]]


@dataclass
class Figures:
    """What happened how often."""

    looks: int = 0
    deeds: int = 0
    impossible: int = 0
    kills: int = 0
    outages: int = 0
    departures: int = 0
    faults: int = 0
    checks: int = 0
    accepted: int = 0


@dataclass
class Year:
    """Everything that goes on. What people do is on the agenda; each entry is run when the clock shows its time."""

    slack: Sandbox
    home: Nursery
    folder: Path
    dice: Dice
    town: Town
    reporter: Reporter
    ports: Ports
    look_every: timedelta = timedelta(hours=2)
    figures: Figures = field(default_factory=Figures)
    on_message: Callable[[str, Message], None] = lambda reader, message: None
    on_facts: Callable[[list[happened.Fact]], None] = lambda facts: None
    _agenda: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _added: int = 0
    _life: Life | None = None
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _calls: "asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]" = field(default_factory=asyncio.Queue)
    _left_alone_until: datetime = _EPOCH
    _outage_until: datetime | None = None
    _kills_due: list[datetime] = field(default_factory=list)
    _patience: int = 0
    _looked: datetime = _EPOCH
    _settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ambush = Ambush(self.home, self.dice)
        self.database = self.reporter.database()
        self.workspace = WorkspaceId(self.slack.team_id)

    @property
    def now(self) -> datetime:
        return self.slack.clock.now()

    @property
    def journal(self) -> Journal:
        return self.reporter.journal

    @property
    def slack_is_down(self) -> bool:
        return self._outage_until is not None

    def at(self, at: datetime, deed: Deed) -> None:
        """Put something on the agenda."""
        self._added += 1
        heapq.heappush(self._agenda, (max(at, self.now), self._added, deed))

    def after(self, deed: Deed, **time: float) -> None:
        self.at(self.now + timedelta(**time), deed)

    # --- time

    async def pass_until(self, end: datetime) -> None:
        """Let time pass, from one moment at which something is to be done to the next."""
        while self.now < end:
            await self._move(min(self._next(), end))
            while self._agenda and self._agenda[0][0] <= self.now:
                _, _, deed = heapq.heappop(self._agenda)
                await deed()

    def _next(self) -> datetime:
        agenda = self._agenda[0][0] if self._agenda else self.now + self.look_every
        if self._outage_until is not None:
            return min(agenda, self.now + _LOOK_IN_OUTAGE, max(self._outage_until, self.now + _MOMENT))
        due = self._due()
        if due is not None and due <= self.now:
            due = max(self._left_alone_until, self.now + _MOMENT)
        return min(agenda, due or agenda, self.now + self.look_every)

    def _due(self) -> datetime | None:
        """When the bot will have something to do by itself."""
        each = " UNION ALL ".join(f"SELECT min({column}) AS at FROM {table}" for table, column in _DUE.items())
        micros = self.database.execute(f"SELECT min(at) FROM ({each})").fetchone()[0]
        return None if micros is None or micros >= 1 << 59 else _EPOCH + timedelta(microseconds=micros)

    async def _move(self, to: datetime) -> None:
        self.slack.clock.advance(max(to - self.now, timedelta(0)))
        if self._outage_until is not None and self.now >= self._outage_until:
            self._outage_until = None
            self.slack.faults.clear()
            self.journal.note(happened.SlackUp(self.now))
        if self._kills_due and self.now >= self._kills_due[0] and not self.slack_is_down and not self._patience:
            self._kills_due.pop(0)
            self._patience = _KILL_WITHIN
            self.ambush.prepare()
        due = self._due()
        to_look = (due is not None and due <= self.now) or self.now - self._looked >= self.look_every
        await (self.look() if to_look else self._tell_time())

    async def look(self) -> None:
        """Have the bot look at everything, and wait until it has nothing left to do."""
        self.figures.looks += 1
        self._looked = self.now
        await self._tell_time(to_wait=True, to_look=True)
        self._lose_patience()
        self.hear()

    async def settle(self) -> None:
        """Wait until the bot has said what it has to say by now; what becomes due by time is looked at in its turn."""
        await self._tell_time(to_wait=True)
        self._lose_patience()
        self.hear()

    async def _tell_time(self, *, to_wait: bool = False, to_look: bool = False) -> None:
        while True:
            life = await self._alive()
            assert self._line is not None
            reader, writer = self._line
            writer.write(json.dumps([self.now.isoformat(), to_wait, to_look]).encode() + b"\n")
            answer = asyncio.ensure_future(_line_from(reader))
            await _first({answer, life.ended})
            line = await answer if answer.done() or not life.is_over else ""
            if line:
                self._left_alone_until = datetime.fromisoformat(json.loads(line))
                break
            answer.cancel()
            await life.ended

    def hear(self) -> None:
        facts = self.reporter.hear(self.database)
        if facts:
            self.on_facts(facts)

    # --- what people do

    async def do(self, deed: Callable[[], Awaitable[object]], what: str = "") -> None:
        """Somebody does something in Slack. If the bot dies meanwhile, they give up or are answered by another life."""
        await self._alive()
        self.figures.deeds += 1
        self.ambush.begins(what)
        doing = asyncio.ensure_future(deed())
        while not doing.done():
            life = await self._alive()
            await _first({doing, life.ended})
            if life.is_over and not doing.done() and self.dice.chance(0.5):
                doing.cancel()
                await _first({doing})
        try:
            await doing
        except (asyncio.CancelledError, TimeoutError):
            pass
        except Impossible:
            self.figures.impossible += 1
        await self.settle()

    # --- lives

    async def _alive(self) -> Life:
        while True:
            if self._life is not None and not self._life.is_over:
                return self._life
            if self._life is not None:
                await self._bury()
            await self._begin()

    async def _begin(self) -> None:
        self._life = self.ambush.life = await self.home.begin(
            {
                **settings_of(self.slack, self.folder),
                "THIRDPARTY_TOKEN_MONTHS": str(self.journal.months),
                **self._settings,
            },
            self.folder / "thirdparty.log",
            level="INFO",
            now=self.now.isoformat(),
            control=str(self.folder / "control"),
        )
        call = asyncio.ensure_future(self._calls.get())
        await _first({call, self._life.ended})
        if not call.done():
            call.cancel()
            return
        self._line = await call
        with suppress(TimeoutError):
            await self.slack.connected()
        self.journal.note(happened.BotUp(self.now))

    async def _bury(self) -> None:
        """Note the death; sooner or later somebody starts the bot again."""
        assert self._life is not None
        if self._life.ended.result() >= 0:
            raise RuntimeError(f"the bot ended by itself: {self.folder / 'thirdparty.log'}")
        self._life, self._patience = None, 0
        self.figures.kills += 1
        self.ambush.disarm()
        if self._line is not None:
            self._line[1].close()
            self._line = None
        await self.slack.drop_connections()
        self.hear()
        self.journal.note(happened.BotDown(self.now))
        self.slack.clock.advance(self._absence())

    def _absence(self) -> timedelta:
        match self.dice.below(20):
            case 0:
                return timedelta(days=7)
            case 1:
                return timedelta(days=1, minutes=self.dice.below(600))
            case 2 | 3 | 4:
                return timedelta(minutes=10 + self.dice.below(1200))
            case _:
                return BETWEEN_LIVES

    def _lose_patience(self) -> None:
        """An ambush that found no moment kills at this one."""
        if self._patience:
            self._patience -= 1
            if not self._patience and self._life is not None and not self._life.is_over:
                self.ambush.disarm()
                self._life.kill()

    def plan_kills(self, count: int, until: datetime) -> None:
        span = (until - self.now) / timedelta(minutes=1)
        self._kills_due = sorted(self.now + timedelta(minutes=self.dice.share() * span) for _ in range(count))

    async def remind_at(self, *days: int) -> None:
        """Somebody changes the setting, and starts the bot anew."""
        life = await self._alive()
        life.kill()
        await life.ended
        self._settings["THIRDPARTY_REMINDER_DAYS"] = ",".join(map(str, days))
        await self.look()
        self.hear()
        self.journal.note(happened.RemindedAt(self.now, days))

    # --- the workspace's trouble

    def depart(self, person: Person) -> None:
        """Somebody's account ends."""
        if not person.client.user.deleted:
            self.figures.departures += 1
            self.journal.note(happened.Left(self.now, person.id))
            self.slack.changes.deactivate(person.handle)

    async def fault(self) -> None:
        """Put something in the bot's way."""
        limited = RateLimited(31 + 2 * self.dice.below(300))  # never as long as the lease of a message
        faults: list[Fault] = [limited, Status(500), Error("internal_error"), LostAnswer(), Dropped()]
        fault = self.dice.pick(faults)
        method = self.dice.pick(["chat.postMessage", "chat.postMessage", "chat.update", "conversations.open"])
        if not self.slack_is_down:
            self.slack.faults.next(method, fault, times=1 + self.dice.below(3))
        self.after(self.fault, minutes=self.dice.below(4000))

    async def outage(self) -> None:
        """Slack is gone for a day."""
        if self.slack_is_down:
            return
        self.figures.outages += 1
        self.journal.note(happened.SlackDown(self.now))
        for method in _OUTAGE:
            self.slack.faults.always(method, Status(503))
        self._outage_until = self.now + timedelta(hours=24)

    def watch(self, take: Callable[[str], Fault | None]) -> Callable[[str], Fault | None]:
        def watched(method: str) -> Fault | None:
            fault = take(method)
            self.slack.faults.uses.clear()  # it would be counted from the beginning each time
            if fault is not None and not self.slack_is_down:
                self.figures.faults += 1
                unknown = not isinstance(fault, RateLimited)
                later = timedelta(seconds=fault.retry_after) if isinstance(fault, RateLimited) else timedelta(0)
                self.journal.note(happened.Trouble(self.now, f"{method}: {fault}", unknown, later))
            return fault

        return watched

    # --- programs

    async def check(self, tokens: list[str]) -> None:
        """Ask about tokens as a resource server does, and note the answers."""
        secrets = self.reporter.secrets
        known = [token for token in tokens if token in secrets]
        answers = [await check(self.workspace, Secret(secrets[token]), self.ports) for token in known]
        self.figures.checks += len(known)
        accepted = {token: answer is Verdict.ACCEPTED for token, answer in zip(known, answers, strict=True)}
        self.journal.note(happened.Checked(self.now, accepted))

    async def accept(self, tokens: list[str], party_of: dict[str, str]) -> None:
        """Tell the bot of accepted checks of these tokens."""
        marks = ",".join("?" * len(tokens))
        rows = self.database.execute(f"SELECT id, fingerprint FROM tokens WHERE fingerprint IN ({marks})", tokens)
        ids = {row["fingerprint"]: TokenId(row["id"]) for row in rows.fetchall()}
        await note_accepted(self.workspace, [ids[token] for token in tokens], self.now, self.ports)
        self.figures.accepted += len(tokens)
        for token in tokens:
            self.journal.note(happened.Accepted(self.now, party_of[token], token))

    def see(self, message: Message, *, is_new: bool) -> None:
        self.hear()
        self.reporter.see(message, is_new=is_new)
        reader = self.reporter.reader(message)
        if reader is not None and not message.ephemeral:
            self.on_message(reader, message)


async def _line_from(reader: asyncio.StreamReader) -> str:
    """A line; nothing where the other end died."""
    try:
        return (await reader.readline()).decode()
    except ConnectionError:
        return ""


async def _first(awaited: set["asyncio.Future[Any]"]) -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)


@asynccontextmanager
async def year_in(home: Nursery, folder: Path, seed: int, parties: int, months: int = 6) -> AsyncIterator[Year]:
    """Set everything up; the bot is not alive yet."""
    clock, random = MovableClock(BEGINS), CountingRandom(seed)
    make_keyring(folder / "keyring.json", now=clock.now(), random=random)
    await make_database(folder / "thirdparty.db")
    keyring = load_keyring(folder / "keyring.json")
    vault = SealingVault(keyring, random)
    timing = Timing(acknowledge_within=PATIENT.acknowledge_within, trigger_lives=PATIENT.trigger_lives)
    database = await Database.open(
        f"sqlite:///{folder / 'thirdparty.db'}", seal=ChainSeal(keyring), random=random, hash_reason=vault.hash_reason
    )
    directory, lookalikes, policy = Everybody(), UnicodeLookalikes(), Policy()
    ports = Ports(
        database.write, database.read, clock, random, vault, directory, lookalikes, policy, database, AgeKeys()
    )
    async with await Sandbox.start(manifest=our_manifest(), clock=clock, timing=timing) as slack:
        town = settle(slack, parties)
        reporter = Reporter(slack, folder, Journal(town.zones, months=months))
        year = Year(slack, home, folder, Dice(seed), town, reporter, ports)

        async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            year._calls.put_nowait((reader, writer))

        messages = town.admins[0].client.space.messages
        post, update = messages.post, messages.update

        def posted(*given: Any, **more: Any) -> Message:
            message = post(*given, **more)
            year.see(message, is_new=True)
            return message

        def updated(message: Message, content: dict[str, Any]) -> None:
            update(message, content)
            year.see(message, is_new=False)

        server = await asyncio.start_unix_server(answered, folder / "control")
        with (
            patch.object(messages, "post", posted),
            patch.object(messages, "update", updated),
            patch.object(slack.faults, "take", year.watch(slack.faults.take)),
            year.ambush.beside(slack),
        ):
            try:
                yield year
            finally:
                if year._life is not None:
                    year._life.kill()
                    await year._life.ended
                if year._line is not None:
                    year._line[1].close()
                year.database.close()
                server.close()
                await database.close()


async def live(year: Year, days: int, kills: int) -> list[str]:
    """Live through it; return what is wrong."""
    end = year.now + timedelta(days=days)
    year.plan_kills(kills, end)
    year.look_every = timedelta(hours=12)
    year.after(year.fault, hours=30)
    for _ in range(max(1, days // 120)):
        year.at(year.now + timedelta(days=year.dice.share() * days), year.outage)
    await year.look()
    await year.pass_until(end)
    year.slack.faults.clear()
    year.hear()
    (year.folder / "journal.pickle").write_bytes(pickle.dumps((year.journal, year.now)))
    found = complaints(year.journal, year.now)
    return [*found, *year.reporter.complaints, *year.reporter.misread(year.database)]
