"""A year of the sandbox's clock: the bot's lives over one folder, the workspace's trouble, and when people do what."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession

from access.model.ids import TokenId, WorkspaceId
from access.model.secret import Secret
from access.model.token import Verdict
from access.ports import Ports
from bot.slack_outbox import LEASE
from sandbox import Person, Sandbox
from sandbox.faults import Dropped, Error, Fault, LostAnswer, RateLimited, Status
from sandbox.messages import Message
from sandbox.refusals import Impossible
from storage.chain import Verified
from tests.checking import check, note_accepted
from tests.crash.ambush import Ambush
from tests.crash.dice import Dice
from tests.crash.nursery import Nursery
from tests.crash.season import BETWEEN_LIVES, settings_of
from tests.year import journal as happened
from tests.year.journal import LONG_AGO, Journal
from tests.year.looking import look_into
from tests.year.place import Place
from tests.year.replica import Line, Replica, first
from tests.year.reporter import Reporter
from tests.year.town import Town

_LOOK_IN_OUTAGE: Final = timedelta(minutes=30)
_MOMENT: Final = timedelta(seconds=30)
_DUE: Final = (
    ("outbox", "next_attempt_at"),
    ("tokens", "next_reminder_at"),
    ("tokens", "retires_at"),
    (
        "handoffs",
        """CASE WHEN collected_at IS NULL AND ended_at IS NULL THEN
           CASE WHEN nudged_at IS NULL THEN nudge_at ELSE lapses_at END END""",
    ),
    ("people", "next_look_at"),
)
_OUTAGE: Final = ("chat.postMessage", "chat.update", "conversations.open", "users.info", "users.list", "views.open")
_SOON, _A_MOMENT = 0.5, 0.05
_ANSWERS: Final[dict[int, bool]] = {HTTPStatus.NO_CONTENT: True, HTTPStatus.UNAUTHORIZED: False}
_TRIED_ELSEWHERE: Final = 3
_KILL_WITHIN: Final = 25
"""So many looks and deeds an ambush waits for its moment."""

_LOOK_TOGETHER: Final = 0.25
"""How often several bots look at everything at once; else one of them does, as each has its own times."""

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
    disturbances: int = 0
    checks: int = 0
    unanswered: int = 0
    accepted: int = 0


@dataclass
class Year:
    """Everything that goes on. What people do is on the agenda; each entry is run when the clock shows its time."""

    slack: Sandbox
    home: Nursery
    replicas: list[Replica]
    place: Place
    folder: Path
    keyring: Path
    dice: Dice
    town: Town
    reporter: Reporter
    ports: Ports
    verify: Callable[[], Awaitable[Verified]]
    asker: Secret
    session: ClientSession
    neighbours: Sequence["Year"] = ()
    look_every: timedelta = timedelta(hours=2)
    figures: Figures = field(default_factory=Figures)
    on_message: Callable[[str, Message], None] = lambda reader, message: None
    on_facts: Callable[[list[happened.Fact]], None] = lambda facts: None
    _agenda: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _added: int = 0
    _calls: "asyncio.Queue[Line]" = field(default_factory=asyncio.Queue)
    _left_alone_until: datetime = LONG_AGO
    _outage_until: datetime | None = None
    _kills_due: list[datetime] = field(default_factory=list)
    _patience: int = 0
    _looked: datetime = LONG_AGO
    _settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ambush = Ambush(self.home, self.dice)
        self._log, self._log_read = self.folder / "thirdparty.log", 0
        self.database = look_into(self.place.url)
        self.workspace = WorkspaceId(self.slack.team_id)
        self._struck: asyncio.Future[None] = asyncio.ensure_future(_nothing())
        self.place.onlookers.append(self.disturbed)

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
        each = [f"SELECT min({column}) AS at FROM {table} WHERE workspace = ?" for table, column in _DUE]
        query = f"SELECT min(at) FROM ({' UNION ALL '.join(each)}) AS looked"
        micros = self.database.execute(query, [self.slack.team_id] * len(each)).fetchone()[0]
        return None if micros is None else LONG_AGO + timedelta(microseconds=micros)

    async def _move(self, to: datetime) -> None:
        self.slack.clock.advance(max(to - self.now, timedelta(0)))
        if self._outage_until is not None and self.now >= self._outage_until:
            self._outage_until = None
            self.slack.faults.clear()
            self.journal.note(happened.SlackUp(self.now))
        if self._kills_due and self.now >= self._kills_due[0] and not self.slack_is_down and not self._patience:
            self._kills_due.pop(0)
            self._patience = _KILL_WITHIN
            self.ambush.life = self.replicas[len(self._kills_due) % len(self.replicas)].life
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
        answers = [""]
        while not all(answers):
            living = await self._alive()
            looks = living if self.dice.chance(_LOOK_TOGETHER) else [self.dice.pick(living)]
            told = (each.tell(self.now.isoformat(), to_wait, to_look and each in looks) for each in living)
            answers = await asyncio.gather(*told)
        self._left_alone_until = min(map(datetime.fromisoformat, answers))

    def hear(self) -> None:
        if self._was_unanswered():
            self.journal.note(happened.Trouble(self.now, "an answer of Slack's was not there in time", True))
        facts = self.reporter.hear(self.database)
        if facts:
            self.on_facts(facts)

    def _was_unanswered(self) -> bool:
        """Tell whether a bot has waited for Slack in vain since this was asked last: on a busy machine it may."""
        if not self._log.exists():
            return False
        with self._log.open("rb") as log:
            log.seek(self._log_read)
            lines = log.read().rpartition(b"\n")[0]
        self._log_read += len(lines)
        return b"no_answer" in lines

    # --- what people do

    async def do(self, deed: Callable[[], Awaitable[object]], what: str = "") -> None:
        """Somebody does something in Slack. If the bot dies meanwhile, they give up or are answered by another life."""
        await self._alive()
        self.figures.deeds += 1
        self.ambush.begins(what)
        doing = asyncio.ensure_future(deed())
        while not doing.done():
            living = await self._alive()
            await first({doing, *(each.ended for each in living)})
            if not all(each.is_alive for each in living) and not doing.done() and self.dice.chance(0.5):
                doing.cancel()
                await first({doing})
        try:
            await doing
        except (asyncio.CancelledError, TimeoutError):
            pass
        except Impossible:
            self.figures.impossible += 1
        await self.settle()

    # --- lives

    async def _alive(self) -> list[Replica]:
        """Those that live, of which there is one at least."""
        while True:
            for each in self.replicas:
                if each.life is not None and each.life.is_over:
                    await self._bury(each)
            for each in self.replicas:
                if each.life is None and each.back_at <= self.now:
                    await self._begin(each)
            if living := [each for each in self.replicas if each.is_alive]:
                return living

    async def _begin(self, replica: Replica) -> None:
        replica.life = self.ambush.life = await self.home.begin(
            {
                **settings_of(self.slack, self.folder),
                "THIRDPARTY_DATABASE_URL": self.place.bots,
                "THIRDPARTY_KEYRING_FILE": str(self.keyring),
                "THIRDPARTY_TOKEN_MONTHS": str(self.journal.months),
                **self._settings,
            },
            self._log,
            level="INFO",
            now=self.now.isoformat(),
            control=str(self.folder / "control"),
            looks_into=self.place.url,
        )
        if await replica.answer(self._calls):
            with suppress(TimeoutError):
                await self.slack.connected()
            self.journal.note(happened.BotUp(self.now))
            await replica.tell(self.now.isoformat(), True, False)  # or time would go on while it sends

    async def _bury(self, replica: Replica) -> None:
        """Note the death; sooner or later somebody starts the bot again."""
        if replica.ended.result() >= 0:
            raise RuntimeError(f"the bot ended by itself: {self._log}")
        replica.bury()
        self._patience = 0
        self.figures.kills += 1
        self.ambush.disarm()
        if any(each.is_alive for each in self.replicas):
            self.hear()
            self.journal.note(happened.Trouble(self.now, "one of the bots was killed", True, LEASE))
            replica.back_at = self.now + self._absence()
        else:
            await self.slack.drop_connections()
            self.hear()
            self.journal.note(happened.BotDown(self.now))
            self.slack.clock.advance(self._absence())
            replica.back_at = self.now

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
            if not self._patience and self.ambush.life is not None and not self.ambush.life.is_over:
                self.ambush.disarm()
                self.ambush.life.kill()

    def plan_kills(self, count: int, until: datetime) -> None:
        span = (until - self.now) / timedelta(minutes=1)
        self._kills_due = sorted(self.now + timedelta(minutes=self.dice.share() * span) for _ in range(count))

    async def remind_at(self, *days: int) -> None:
        """Somebody changes the setting, and starts every bot anew."""
        for each in await self._alive():
            each.kill()
            await each.ended
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

    def disturb(self, what: str, how: Deed) -> Deed:
        """Return what has something happen to the database a moment later, whatever goes on then."""

        async def strike() -> None:
            await asyncio.sleep(self.dice.share() * _SOON)
            await self.place.strike(what, how)

        async def begin() -> None:
            await self._struck
            self.figures.disturbances += 1
            self._struck = asyncio.ensure_future(strike())

        return begin

    def disturbed(self, what: str) -> None:
        """Something happens to the database, or has happened."""
        self.journal.note(happened.Trouble(self.now, what, True, LEASE))

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
        at, accepted = LONG_AGO, dict[str, bool]()
        while at != self.now:  # or the bots were away meanwhile
            at = self.now
            accepted = {token: await self._is_accepted(secrets[token]) for token in known}
        self.figures.checks += len(known)
        self.journal.note(happened.Checked(self.now, accepted))

    async def _is_accepted(self, secret: str) -> bool:
        """Ask all of the bots, which have to agree; where it is one alone, its database."""
        if self.place.network is None:
            return await check(self.workspace, Secret(secret), self.ports) is Verdict.ACCEPTED
        while True:
            answers = [await self._asked(each.api, secret) for each in await self._alive()]
            if None not in answers:
                if len(set(answers)) > 1:
                    self.reporter.complaints.append(f"at {self.now} the bots said of one token: {answers}")
                return bool(answers[0])
            self.figures.unanswered += 1
            await asyncio.sleep(_A_MOMENT)

    async def _asked(self, api: str, secret: str) -> bool | None:
        """Ask one bot; None where it cannot say."""
        headers = {"X-Resource-Server-Secret": self.asker.reveal(), "Authorization": f"Bearer {secret}"}
        with suppress(ClientError):
            async with self.session.get(f"{api}/oauth/check", headers=headers) as answer:
                if answer.status in _ANSWERS:
                    return _ANSWERS[answer.status]
                if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise RuntimeError(f"a check was answered with {answer.status}")
        return None

    async def try_elsewhere(self) -> None:
        """Ask about some tokens of each other workspace here: none is accepted."""
        for other in self.neighbours:
            if other is self:
                continue
            for secret in [*other.reporter.secrets.values()][:_TRIED_ELSEWHERE]:
                self.figures.checks += 1
                if await self._is_accepted(secret):
                    self.reporter.complaints.append(f"at {self.now} a token of {other.slack.team_id} was accepted")

    async def accept(self, tokens: list[str], party_of: dict[str, str]) -> None:
        """Tell the bot of accepted checks of these tokens."""
        marks = ",".join("?" * len(tokens))
        query = f"SELECT id, fingerprint FROM tokens WHERE workspace = ? AND fingerprint IN ({marks})"
        rows = self.database.execute(query, [self.slack.team_id, *tokens])
        ids = {row["fingerprint"]: TokenId(row["id"]) for row in rows.fetchall()}
        async with self.place.in_order:
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


async def _nothing() -> None:
    """Happens when all is over."""
