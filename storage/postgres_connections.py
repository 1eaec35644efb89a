"""Connections to PostgreSQL. Nothing on one lasts for ever: the other end may be gone without a word."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from storage.errors import DatabaseUnusable
from storage.postgres_errors import FAILURES, UNFIT, meaning_of_error

BOT: Final = "thirdparty-bot"
"""How the connections of bots are named, in the server's list of them."""

COMMAND: Final = "thirdparty-bot command"
"""And those of everything else."""

CONNECTIONS: Final = 5
"""Of each kind, to write, to read and to look tokens up: 15 for a process."""

HISTORY: Final = "history"
"""Under this name a connection knows how the server's history stood when it was opened, where the server says so."""

_HISTORY: Final = """
    SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), checkpoint_lsn::text, redo_lsn = checkpoint_lsn,
           split_part(next_xid, ':', 1)::bigint, split_part(next_xid, ':', 2)::bigint
    FROM pg_control_checkpoint() WHERE current_setting('wal_level') <> 'minimal'
"""
"""With so little in its log, the checkpoint of a start cannot be told from any other."""

_NEW: Final = "new"
_OF_EVERY_CONNECTION: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""So the server notices within half a minute that we are gone without a word, and lets go of our locks."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds we wait."""

    connection: float = 4
    """For a new connection, at whichever address."""

    ping: float = 2
    """For a sign of life of a connection that was idle."""

    check: float = 3
    """For a connection to make a check on, and for its answer."""

    turn: float = 20
    """For a lock, and for a connection of the pool to come free."""

    statement: float = 30
    """For a statement; then the server ends it."""

    answer: float = 35
    """For the server to say anything; then the connection is given up."""

    idle: float = 15
    """For us, in a transaction that writes; then the server ends it, and lets go of its lock."""

    outcome: float = 15
    """To learn what became of a COMMIT that was not answered."""


@dataclass(frozen=True, slots=True)
class Server:
    """A database of a server's, or of one of several. `name`: of our connections, BOT or COMMAND."""

    url: str = field(repr=False)
    name: str
    patience: Patience = field(default_factory=Patience)

    async def connect(self, *, answer: float | None, **settings: str) -> "asyncpg.Connection[asyncpg.Record]":
        """Connect, by a URL of libpq's, to the first of its servers that is there and as it wants it.

        `answer`: for how many seconds each statement may go unanswered. Raises what asyncpg does.
        """
        *others, last = addresses = _addresses(self.url)
        given: Any = {"timeout": self.patience.connection / len(addresses), "command_timeout": answer}
        given["server_settings"] = _OF_EVERY_CONNECTION | {"application_name": self.name} | settings
        for other in others:
            try:
                return await asyncpg.connect(other, **given)
            except FAILURES:
                continue
        return await asyncpg.connect(last, **given)

    async def opened(self, *, answer: float | None, **settings: str) -> "asyncpg.Connection[asyncpg.Record]":
        """The same. Raises DatabaseUnusable."""
        try:
            return await self.connect(answer=answer, **settings)
        except FAILURES as error:
            code = meaning_of_error(error) or "away"
        raise DatabaseUnusable(code)  # outside of the except: the driver's error may name the user and the database


async def opened(url: str, name: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Return a connection for questions that are answered at once. Raises DatabaseUnusable."""
    server = Server(url, name)
    return await server.opened(answer=server.patience.connection)


async def value(connection: "asyncpg.Connection[asyncpg.Record]", query: str, *given: object) -> Any:
    """Return the one value that a query gives. Raises DatabaseUnusable."""
    try:
        return await connection.fetchval(query, *given)
    except FAILURES as error:
        code = meaning_of_error(error)
        if code is None:
            raise
    raise DatabaseUnusable(code)


def engine(server: Server, *, lasting: bool = False, **options: Any) -> AsyncEngine:
    """Return a pool of a few connections; or one that keeps none, where a statement may take as long as it does."""
    patience = server.patience
    pool: dict[str, Any] = {
        "pool_size": CONNECTIONS,
        "max_overflow": 0,
        "pool_timeout": patience.turn,
        "pool_use_lifo": True,  # each keeps a hundred prepared statements: those that are seldom used keep few
    }
    settings = dict[str, str]()
    if not lasting:
        settings["lock_timeout"] = _milliseconds(patience.turn)
        settings["statement_timeout"] = _milliseconds(patience.statement)
    if not options.get("postgresql_readonly"):
        settings["idle_in_transaction_session_timeout"] = _milliseconds(patience.idle)
    made = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(server.opened, answer=None if lasting else patience.answer, **settings),
        execution_options=options,
        hide_parameters=True,
        **({"poolclass": NullPool} if lasting else pool),
    )
    _watch(made, patience)
    return made


@dataclass(frozen=True, slots=True)
class History:
    """Of a server: its timeline, which changes when another one takes over, and the last checkpoint.

    `started_at` is that checkpoint, if it is the one that a start ends with, after a crash or not; `next_number` is
    that of the first transaction after it.
    """

    timeline: str
    checkpoint: str
    started_at: str | None
    next_number: int


async def history(connection: "asyncpg.Connection[asyncpg.Record]") -> History | None:
    """Return how the server's history stands; None of one that only reads, or does not say."""
    try:
        rows = await connection.fetch(_HISTORY)
    except asyncpg.PostgresError:
        return None
    if not rows:
        return None
    timeline, checkpoint, is_start, epoch, number = rows[0]
    return History(timeline, checkpoint, checkpoint if is_start else None, (epoch << 32) + number)


def _watch(engine: AsyncEngine, patience: Patience) -> None:
    """Give up connections that say nothing. SQLAlchemy's own ping has no bound, and it keeps what timed out."""

    @event.listens_for(engine.sync_engine, "connect")
    def begin(connection: Any, record: Any) -> None:
        record.info.update({_NEW: True, HISTORY: connection.run_async(history)})

    @event.listens_for(engine.sync_engine, "checkout")
    def must_be_alive(connection: Any, record: Any, _proxy: object) -> None:
        if record.info.pop(_NEW, False):
            return
        try:
            connection.run_async(lambda driver: driver.fetchrow(";", timeout=patience.ping))
        except FAILURES:
            connection.driver_connection.terminate()
            raise DisconnectionError from None

    @event.listens_for(engine.sync_engine, "handle_error")
    def give_up(context: ExceptionContext) -> OSError | None:
        error = context.original_exception
        if context.connection is None or not isinstance(error, TimeoutError | UNFIT):
            return None
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False  # whether the others are alive they are asked themselves
        return ConnectionError() if isinstance(error, UNFIT) else None


def _addresses(url: str) -> list[str]:
    """Return a URL for each of the servers that one names: asyncpg gives the first of them all of the time."""
    parts = urlsplit(url)
    user, at, places = parts.netloc.rpartition("@")
    return [parts._replace(netloc=f"{user}{at}{place}").geturl() for place in places.split(",")]


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1_000))
