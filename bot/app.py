"""The composition root: settings → adapters → operations → handlers. Everything is made here and stopped here."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from access.model.figures import Figures
from access.model.ids import WorkspaceId
from access.operations.look_at_people import look_at_people
from access.operations.note_skeletons import note_skeletons
from access.operations.plan_digest import plan_digest
from access.operations.plan_head import plan_head
from access.operations.plan_reminders import plan_reminders
from access.operations.prune import prune
from access.operations.purge import purge
from access.operations.sweep_handoffs import sweep_handoffs
from access.operations.sweep_tokens import sweep_tokens
from access.operations.take_figures import take_figures
from access.ports import CannotKeep, Ports, TrailDoesNotFit
from access.ports.machine import Clock
from bot.age_keys import AgeKeys
from bot.bolt_app import bolt_app
from bot.chance import SystemRandom
from bot.check_notes import WRITE_DOWN_EVERY, NotesWriter
from bot.clock import LOOK_EVERY as CLOCK_EVERY
from bot.clock import ClockWatch, SystemClock
from bot.directory import Nobody, SlackDirectory
from bot.few_at_once import few_at_once
from bot.garbage import set_started_aside
from bot.home import LOOK_EVERY as HOMES_EVERY
from bot.home import PACE as HOME_PACE
from bot.home import REST as HOME_REST
from bot.home import HomeTabs
from bot.introduction import Installation, introduced
from bot.keyring import Keyring
from bot.keyring_place import LiveKeyring
from bot.listening import listening
from bot.lookalikes import UnicodeLookalikes
from bot.memory import give_back_what_is_free
from bot.meters import Meters, RequestMeter
from bot.metrics import Metrics, Sources
from bot.open_files import allow_many_files, most_connections
from bot.patience import TRY_AGAIN_SECONDS
from bot.public_port import PublicPort
from bot.scheduler import Job, Tickers
from bot.settings import INTERNAL_ADDRESS, PUBLIC_ADDRESS, HttpMode, Settings
from bot.signals import until_stopped
from bot.slack_client import slack_client, slack_logger
from bot.slack_outbox import Relay
from bot.socket_mode import SocketConnection
from bot.trouble import LOOK_EVERY as TROUBLE_EVERY
from bot.trouble import Trouble, tell_not_started
from bot.vault import ChainSeal, SealingVault
from handlers.desk import Desk
from handlers.home import UNAVAILABLE, HomeRenderer
from handlers.http.health import Probe, database_probe
from handlers.http.internal import internal_routes
from handlers.http.port import HttpPort
from handlers.http.public import public_handlers
from handlers.messages import MessageRenderer
from handlers.payloads import is_understood
from handlers.register import register
from handlers.replies import Replies
from handlers.views.handoff import ApiGuide
from storage.engine import Database
from storage.errors import DatabaseUnusable, StorageError
from storage.keys_in_use import KeysInUse
from storage.others import may_run

SWEEP_EVERY: Final = timedelta(seconds=30)
LOOK_AT_PEOPLE_EVERY: Final = timedelta(minutes=1)
PURGE_EVERY: Final = timedelta(days=1)
CHECKPOINT_EVERY: Final = timedelta(minutes=1)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bot:
    """The running bot. `url` is where its public port is, `internal_url`, where it answers checks."""

    ports: Ports
    database: Database
    workspace: WorkspaceId
    url: str
    internal_url: str
    relay: Relay
    tickers: Tickers

    def hurry(self) -> None:
        """Look at everything that may be due now: the clock was moved."""
        self.tickers.hurry()
        self.relay.wake()


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT, then finish what was acknowledged and stop.

    Raises: CommandError, with one line that says why it could not start.
    """
    allow_many_files()
    give_back_what_is_free()
    await until_stopped(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with started(settings) as bot:
        set_started_aside()
        _log.info("ready", url=bot.url)
        try:
            await asyncio.Event().wait()
        finally:
            _log.info("stopping")


@asynccontextmanager
async def started(
    settings: Settings, *, clock: Clock | None = None, pace: timedelta = timedelta(seconds=1)
) -> AsyncIterator[Bot]:
    """Start the bot and stop it in the end, in the opposite order: first what brings work, last the database.

    `clock` and `pace`, the time between two messages to one reader, are for the sandbox and for tests.

    Raises: CommandError, StorageError.
    """
    clock = clock or SystemClock()
    random = SystemRandom()
    async with AsyncExitStack() as stack:
        keyring = LiveKeyring(settings.keyring_place)
        start = stack.enter_context(may_run(settings.database_url))
        vault = SealingVault(keyring, random)
        database = await Database.open(
            settings.database_url, seal=ChainSeal(keyring), random=random, hash_reason=vault.hash_reason, runs=True
        )
        stack.push_async_callback(database.close)
        client = slack_client(settings.slack_bot_token, settings.slack_api_url)
        trouble = Trouble(client, settings.channel, database.probe)
        try:
            _name_missing_keys(await _made_ready(database, trouble, clock), keyring.now())
        except StorageError as error:
            if start.is_news(str(error)):
                await tell_not_started(client, settings.channel, str(error))
            raise
        start.is_news("")
        database.on_trouble(trouble.met)
        lookalikes, policy = UnicodeLookalikes(), settings.policy()
        ports = Ports(
            database.write, database.read, clock, random, vault, Nobody(), lookalikes, policy, database, AgeKeys()
        )
        notes = NotesWriter(ports)
        stack.push_async_callback(notes.close)
        parts: dict[str, Probe] = {"database": database_probe(database), "slack": _not_yet}
        meters = Meters.begin(asyncio.get_running_loop().time)
        known = _Known()
        internal_url = await _listen_inside(settings, ports, _sources(known, ports, meters, parts), stack)
        installation = await introduced(client, notes.write_down_if_possible)
        known.workspace = workspace = WorkspaceId(installation.team_id)
        ports = replace(ports, directory=_directory(client, settings, installation, clock, stack))
        homes = _homes(workspace, ports, client, settings, pace)
        database.on_change(homes.changed)
        stack.push_async_callback(homes.stop)
        known.tickers = tickers = Tickers(
            {**_jobs(workspace, ports, notes, database, trouble), "look_at_homes": (HOMES_EVERY, homes.look)}
        )
        few = few_at_once(ports)
        relay = Relay(
            *(few, client, MessageRenderer(few, workspace_name=installation.team_name), workspace),
            channel=settings.channel,
            pace=pace,
            failures=meters.messages,
        )
        database.on_commit(relay.wake)
        relay.start()
        stack.push_async_callback(relay.stop)
        tickers.start()
        stack.push_async_callback(tickers.stop)
        app = bolt_app(
            settings.slack_api_url,
            AuthorizeResult(
                enterprise_id=installation.enterprise_id,
                team_id=installation.team_id,
                bot_user_id=installation.bot_user_id,
                bot_id=installation.bot_id,
            ),
        )
        replies = Replies(client, slack_logger())
        stack.push_async_callback(replies.close)
        desk = Desk(
            ports=ports,
            api=ApiGuide(settings.api_url, settings.api_docs),
            workspace=workspace,
            channel=settings.channel,
            replies=replies,
            count=meters.commands.count,
            homes=homes,
        )
        register(app, desk)
        url = await _listen(app, settings, desk, meters.revocations, stack)
        await _connect(app, settings, stack, parts)
        yield Bot(ports, database, workspace, url, internal_url, relay, tickers)


async def _made_ready(database: Database, trouble: Trouble, clock: Clock) -> KeysInUse:
    """Bring the database to this version, as soon as its server is there, and see which keys it needs.

    Raises: StorageError.
    """
    while True:
        try:
            await database.migrate()
            return await database.keys_in_use(clock.now())
        except DatabaseUnusable as error:
            if not error.may_pass:
                raise
            trouble.met(error)
        await trouble.look()
        await asyncio.sleep(TRY_AGAIN_SECONDS)


def _jobs(
    workspace: WorkspaceId, ports: Ports, notes: NotesWriter, database: Database, trouble: Trouble
) -> dict[str, tuple[timedelta, Job]]:
    """What has to be looked at again and again, and how often."""
    jobs: dict[str, tuple[timedelta, Job]] = {
        "sweep_handoffs": (SWEEP_EVERY, lambda: sweep_handoffs(workspace, ports)),
        "write_down_checks": (WRITE_DOWN_EVERY, notes.write_down),
        "plan_reminders": (SWEEP_EVERY, notes.before(lambda: plan_reminders(workspace, ports))),
        "sweep_tokens": (SWEEP_EVERY, notes.before(lambda: sweep_tokens(workspace, ports))),
        "look_at_people": (LOOK_AT_PEOPLE_EVERY, lambda: look_at_people(workspace, ports)),
        "plan_digest": (SWEEP_EVERY, lambda: plan_digest(workspace, ports)),
        "plan_head": (SWEEP_EVERY, lambda: plan_head(workspace, ports)),
        "note_skeletons": (LOOK_AT_PEOPLE_EVERY, lambda: note_skeletons(workspace, ports)),
        "purge": (PURGE_EVERY, lambda: purge(workspace, ports)),
        "prune": (PURGE_EVERY, lambda: _prune(workspace, ports)),
        "checkpoint": (CHECKPOINT_EVERY, database.checkpoint_if_due),
        "trouble": (TROUBLE_EVERY, trouble.look),
    }
    if isinstance(ports.clock, SystemClock):
        jobs["clock"] = (CLOCK_EVERY, ClockWatch(ports.clock).look)
    return jobs


async def _prune(workspace: WorkspaceId, ports: Ports) -> None:
    try:
        await prune(workspace, ports)
    except TrailDoesNotFit as error:
        problem = f"it does not fit at record {error.number}, so nothing of it is pruned; `thirdparty-bot audit verify`"
        _log.error("trail_not_pruned", problem=problem)


@dataclass(slots=True)
class _Known:
    """What is not known before Slack has answered for the first time."""

    workspace: WorkspaceId | None = None
    tickers: Tickers | None = None


def _sources(known: _Known, ports: Ports, meters: Meters, parts: Mapping[str, Probe]) -> Sources:
    async def figures() -> Figures:
        if known.workspace is None:
            raise CannotKeep
        return await take_figures(known.workspace, ports)

    time = asyncio.get_running_loop().time
    return Sources(meters, lambda: known.tickers.runs if known.tickers else {}, parts, figures, ports.clock, time)


def _name_missing_keys(in_use: KeysInUse, keyring: Keyring) -> None:
    """Say in the log which keys are lost, and what that means: everything else goes on without them."""
    missing = in_use.without(opening=[key.id for key in keyring.keys], verifying=keyring.audit_roots)
    for key_id in missing.ids:
        offers, records = missing.offers.get(key_id, 0), missing.records.get(key_id, 0)
        lost = f"without it {offers} waiting offer(s) cannot be opened and {records} audit record(s) cannot be verified"
        if tokens := missing.tokens.get(key_id, 0):
            lost = f"{lost}, and {tokens} imported token(s) are not recognised"
        _log.error("key_missing", key_id=key_id, problem=f"{lost}; put it back into the keyring, or resend the offers")


def _directory(
    client: AsyncWebClient, settings: Settings, installation: Installation, clock: Clock, stack: AsyncExitStack
) -> SlackDirectory:
    directory = SlackDirectory(
        client,
        team=installation.team_id,
        enterprise=installation.enterprise_id,
        admins=settings.admins,
        auditors=settings.auditors,
        clock=clock,
    )
    stack.push_async_callback(directory.close)
    return directory


def _homes(
    workspace: WorkspaceId, ports: Ports, client: AsyncWebClient, settings: Settings, pace: timedelta
) -> HomeTabs:
    source = HomeRenderer(ports, workspace, settings.channel)
    between, rest = HOME_PACE * pace.total_seconds(), HOME_REST * pace.total_seconds()
    return HomeTabs(source, client, ports.clock, unavailable=UNAVAILABLE, pace=between, rest=rest)


async def _not_yet() -> bool:
    return False


async def _listen_inside(settings: Settings, ports: Ports, sources: Sources, stack: AsyncExitStack) -> str:
    """Open the internal port, for checks, health and metrics; return its address."""
    metrics = Metrics(sources)
    stack.push_async_callback(metrics.close)
    checks, parts = sources.meters.checks, sources.parts
    routes = internal_routes(ports, settings.public_url, parts, checks=checks, write_metrics=metrics.write)
    port = HttpPort(routes.answer, ports.clock, most=most_connections())
    listened = listening(settings.internal_host, settings.internal_port, port, settings=INTERNAL_ADDRESS)
    return await stack.enter_async_context(listened)


async def _listen(
    app: AsyncApp, settings: Settings, desk: Desk, revocations: RequestMeter, stack: AsyncExitStack
) -> str:
    """Open the public port, for whoever revokes a token, and in HTTP mode for Slack; return its address."""
    signing_secret = settings.mode.signing_secret if isinstance(settings.mode, HttpMode) else None
    port = PublicPort(public_handlers(app, signing_secret, desk.workspace, desk.ports, revocations))
    listened = listening(settings.http_host, settings.http_port, port, settings=PUBLIC_ADDRESS)
    return await stack.enter_async_context(listened)


async def _connect(app: AsyncApp, settings: Settings, stack: AsyncExitStack, parts: dict[str, Probe]) -> None:
    """Open the way by which Slack reaches the bot in Socket Mode.

    `parts`: what has to work; in HTTP mode Slack's side of it is not ours to see.
    """
    if isinstance(settings.mode, HttpMode):
        del parts["slack"]
        return
    connection = SocketConnection(app, settings.mode.app_token, understands=is_understood)
    stack.push_async_callback(connection.close)
    parts["slack"] = connection.is_up
    await connection.open()
