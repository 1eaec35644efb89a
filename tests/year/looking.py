"""Looking into the bot's database from outside, whichever it is, without awaiting anything."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from itertools import count
from typing import Any, Final, Protocol

import asyncpg

from tests.year.aside import Aside

_AWAY: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
)
_PATIENCE: Final = 60
_A_MOMENT: Final = 0.05


class Rows(Protocol):
    """What a query found."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Look(Protocol):
    """As `sqlite3.Connection`, for queries with question marks that both databases understand."""

    def execute(self, query: str, given: Sequence[Any] = ..., /) -> Rows: ...

    def close(self) -> None: ...


def look_into(url: str) -> Look:
    """Look into the database of a URL. While its server is away, a query waits for it, up to a minute."""
    if not url.startswith("sqlite:///"):
        return _OnServer(url)
    database = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


class _Found:
    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[Any]:
        return self._rows


class _OnServer:
    def __init__(self, url: str) -> None:
        self._url = url
        self._aside = Aside()
        self._connection: asyncpg.Connection | None = None

    def execute(self, query: str, given: Sequence[Any] = (), /) -> Rows:
        number = count(1)
        numbered = re.sub(r"\?", lambda _: f"${next(number)}", query)
        return _Found(self._aside.run(self._ask(numbered, given)))

    async def _ask(self, query: str, given: Sequence[Any]) -> list[Any]:
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    if self._connection is None:
                        self._connection = await asyncpg.connect(self._url)
                    return await self._connection.fetch(query, *given)
                except _AWAY:
                    self._hang_up()
                    await asyncio.sleep(_A_MOMENT)

    async def _leave(self) -> None:
        self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def close(self) -> None:
        self._aside.run(self._leave())
        self._aside.stop()
