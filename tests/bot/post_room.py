"""A relay between a real outbox and a sandbox; only the words of its messages are a test's own."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from access.model.events import TokenRevoked
from access.model.ids import PersonId, TokenId, WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.model.people import Caller, Role, SlackUser
from access.model.policy import Policy
from access.model.rendered import Rendered
from access.model.secret import Secret
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause
from access.operations.deliver_messages import claim_messages
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.ports import Ports
from bot.age_keys import AgeKeys
from bot.directory import SlackDirectory
from bot.keyring import load_keyring, make_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.slack_client import slack_client
from bot.slack_outbox import LEASE, Relay
from bot.vault import ChainSeal, SealingVault
from sandbox import MovableClock, Sandbox
from storage.engine import Database
from tests.bot.waiting import until
from tests.databases import make_database
from tests.fakes import MONDAY_MORNING, CountingRandom
from tests.manifest import our_manifest

CHANNEL = "#third-party-access"


@dataclass
class Words:
    """A renderer: a message says its subject, and `now`, the state of things that a test changes."""

    now: str = ""
    moot: bool = False
    button: bool = False
    broken: set[str] = field(default_factory=set)
    written: list[tuple[str, float]] = field(default_factory=list)
    """The subjects in the order of their sending, with the event loop's time."""

    async def render(
        self, workspace: WorkspaceId, message: PlannedMessage, *, sent_at: datetime | None = None
    ) -> Rendered | None:
        self.written.append((message.subject, asyncio.get_running_loop().time()))
        if message.subject in self.broken:
            raise ZeroDivisionError(f"the words of {message.subject}")
        if self.moot:
            return None
        text = f"{message.subject} {self.now}".strip()
        button = {"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "Press"}}
        pressed = [{"type": "actions", "elements": [button]}] if self.button else []
        return Rendered(text=text, blocks=[{"type": "section", "text": {"type": "plain_text", "text": text}}, *pressed])


@dataclass
class PostRoom:
    """An outbox, a relay and a workspace, on a clock that stands still until it is moved."""

    slack: Sandbox
    ports: Ports
    database: Database
    file: Path
    workspace: WorkspaceId
    party: ThirdParty
    words: Words = field(default_factory=Words)
    failures: Counter[str] = field(default_factory=Counter)
    _relays: AsyncExitStack = field(default_factory=AsyncExitStack)

    def start(self, *, channel: str | None = "", pace: float = 0) -> Relay:
        """Start a relay; its channel is the admins' unless another id, or None, is given."""
        client = slack_client(Secret(self.slack.bot_token), self.slack.api_url)
        channel = self.slack.admin_channel if channel == "" else channel
        relay = Relay(
            *(self.ports, client, self.words, self.workspace),
            channel=channel,
            pace=timedelta(seconds=pace),
            failures=self.failures,
        )
        self.database.on_commit(relay.wake)
        self.slack.clock.on_move(relay.wake)
        relay.start()
        self._relays.push_async_callback(relay.stop)
        return relay

    async def stop(self) -> None:
        await self._relays.aclose()

    def caller(self, handle: str) -> Caller:
        person = self.slack.people[handle]
        return Caller(self.workspace, SlackUser(person.id, person.client.user.team_id), Role.ADMIN)

    async def person(self, handle: str) -> PersonId:
        async with self.ports.write(self.workspace) as uow:
            found = await uow.people.id_of(self.caller(handle).slack)
            await uow.commit()
        return found

    async def queue(self, *subjects: str, to: str | None = "anna", kind: MessageKind = MessageKind.HANDOFF) -> None:
        """Plan messages one after the other: to somebody, or to the admins."""
        reader = await self.person(to) if to else None
        now = self.ports.clock.now()
        async with self.ports.write(self.workspace) as uow:
            for subject in subjects:
                uow.plan(PlannedMessage(kind, reader, self.party.id, subject), at=now)
            await uow.commit()

    async def refresh(self, subject: str, now: str, *, opened_by: PersonId | None = None) -> None:
        """Let a token end, which `opened_by` has or nobody, so that messages about `subject` say something else."""
        self.words.now = now
        party = self.party
        cause = RevocationCause.NOT_SEEN if opened_by else RevocationCause.LAPSED
        event = TokenRevoked(
            party.id,
            token=TokenId(subject),
            cause=cause.value,
            owner=party.owner,
            contact=opened_by,
            collected=opened_by is not None,
        )
        async with self.ports.write(self.workspace) as uow:
            uow.record(None, [event], at=self.ports.clock.now())
            await uow.commit()

    async def claim_and_die(self) -> None:
        """What a relay does that is killed before it has sent what it claimed; its lease runs out."""
        await claim_messages(self.workspace, self.ports, lease=LEASE, limit=50)
        self.pass_time(LEASE)

    def pass_time(self, by: timedelta = timedelta(minutes=20)) -> None:
        self.slack.clock.advance(by)

    def set_clock_back(self, by: timedelta = timedelta(hours=2)) -> None:
        """What the outbox looks like after the bot's clock was set back: its times lie further in the future."""
        later = by // timedelta(microseconds=1)
        for column in ("next_attempt_at", "uncertain_since"):
            self.rows(f"UPDATE outbox SET {column} = {column} + {later}")

    async def settled(self) -> None:
        """Wait until nothing is due and nothing is being sent: while the clock stands, a lease began just now."""
        now = self.ports.clock.now()
        instants = [(at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for at in (now, now + LEASE)]
        busy = "SELECT 1 FROM outbox WHERE next_attempt_at <= {} OR next_attempt_at = {}".format(*instants)
        await until(lambda: not self.rows(busy))

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            return connection.execute(query).fetchall()

    def state(self, subject: str) -> str:
        """What the outbox says of the messages about a subject: how they ended, "sent", "uncertain" or "waiting"."""
        query = (
            "SELECT coalesce(\"end\", iif(sent_at, 'sent', iif(uncertain_since, 'uncertain', 'waiting'))) FROM outbox"
        )
        return " ".join(state for (state,) in self.rows(f"{query} WHERE subject = '{subject}' ORDER BY rowid"))

    def reads(self, handle: str, place: str = "bot") -> list[str]:
        return [seen.reading for seen in self.slack.people[handle].reads(place)]

    async def slack_has(self, method: str) -> None:
        """Wait until Slack has got a call of a method."""
        await until(lambda: self.calls(method) > 0)

    def calls(self, method: str) -> int:
        return sum(each.name == method and each.direction == "in" for each in self.slack.traffic)


@asynccontextmanager
async def open_post_room(folder: Path, *, without: str = "") -> AsyncIterator[PostRoom]:
    """Open one, for an app that was granted every scope but `without`."""
    async with AsyncExitStack() as stack:
        clock, random = MovableClock(MONDAY_MORNING), CountingRandom()
        manifest = _granted(our_manifest(), without)
        slack = await stack.enter_async_context(await Sandbox.start(manifest=manifest, clock=clock))
        make_keyring(folder / "keyring.json", now=clock.now(), random=random)
        keyring = load_keyring(folder / "keyring.json")
        vault, file = SealingVault(keyring, random), folder / "thirdparty.db"
        seal = ChainSeal(keyring)
        await make_database(file)
        database = await Database.open(f"sqlite:///{file}", seal=seal, random=random, hash_reason=vault.hash_reason)
        stack.push_async_callback(database.close)
        client = slack_client(Secret(slack.bot_token), slack.api_url)
        directory = SlackDirectory(client, team=slack.team_id, enterprise=None, admins=(), auditors=(), clock=clock)
        lookalikes, policy = UnicodeLookalikes(), Policy()
        ports = Ports(
            database.write, database.read, clock, random, vault, directory, lookalikes, policy, database, AgeKeys()
        )
        workspace = WorkspaceId(slack.team_id)
        anna = Caller(workspace, SlackUser(slack.people["anna"].id, slack.team_id), Role.ADMIN)
        party = await register_third_party(RegisterThirdParty(caller=anna, name="Acme Corp"), ports)
        room = PostRoom(slack, ports, database, file, workspace, party)
        stack.push_async_callback(room.stop)
        yield room


def _granted(manifest: Mapping[str, Any], without: str) -> Mapping[str, Any]:
    scopes = manifest["oauth_config"]["scopes"]
    granted = {kind: [scope for scope in named if scope != without] for kind, named in scopes.items()}
    return {**manifest, "oauth_config": {**manifest["oauth_config"], "scopes": granted}}
