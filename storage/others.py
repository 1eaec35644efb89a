"""Who else is at work on a database: a second bot where one is the rule, the bots of a server, whoever changes keys."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final, Protocol

from storage import run_lock
from storage.errors import AlreadyRunning, KeysBeingChanged
from storage.postgres import is_postgres
from storage.postgres_connections import BOT, COMMAND, opened, value
from storage.run_lock import RunLock

_CHANGING_KEYS: Final = 0x3_9A29
"""Of all advisory locks in the database, the one of whoever changes its keys."""

_BOTS: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1"


class Start(Protocol):
    """What a start that fails leaves for the next one."""

    def is_news(self, text: str) -> bool:
        """Note a text; tell whether it is another one than was noted last, and can be noted."""


class _AnyNumber(AbstractContextManager["_AnyNumber"]):
    """Bots on a server run side by side; what one could not do is noted nowhere."""

    def is_news(self, _text: str) -> bool:
        """Better silence than the same news from each of them, again and again."""
        return False

    def __exit__(self, *_: object) -> None:
        """Nothing was taken."""


def may_run(url: str) -> "AbstractContextManager[Start]":
    """Return what a bot holds while it runs: on a file it is the only one, and on a server one of any number.

    Entering raises AlreadyRunning; OSError, if the lock's file can be neither opened nor made.
    """
    return _AnyNumber() if is_postgres(url) else RunLock(url)


async def is_running(url: str) -> bool:
    """Tell whether a bot runs on a database; changes nothing.

    A server knows it by the connections that bots have to it, those of the same user at least.

    Raises: ValueError for another URL; OSError, if there is a file that cannot be opened; DatabaseUnusable.
    """
    if not is_postgres(url):
        return run_lock.is_running(url)
    connection = await opened(url, COMMAND)
    try:
        return bool(await value(connection, _BOTS, BOT))
    finally:
        await connection.close()


@asynccontextmanager
async def no_bot(url: str) -> AsyncIterator[None]:
    """Do something for which every bot has to be stopped. On a file none can start meanwhile.

    Raises: AlreadyRunning; OSError; DatabaseUnusable.
    """
    if is_postgres(url):
        if await is_running(url):
            raise AlreadyRunning
        yield
    else:
        with RunLock(url):
            yield


@asynccontextmanager
async def changing_keys(url: str) -> AsyncIterator[None]:
    """Be the only process that changes the keys of a database.

    Raises: KeysBeingChanged; OSError; DatabaseUnusable.
    """
    if is_postgres(url):
        connection = await opened(url, COMMAND)
        try:
            if not await value(connection, "SELECT pg_try_advisory_lock($1)", _CHANGING_KEYS):
                raise KeysBeingChanged
            yield
        finally:
            await connection.close()  # and so the lock ends
    else:
        with RunLock(url, ending="keys.lock", held=KeysBeingChanged):
            yield
