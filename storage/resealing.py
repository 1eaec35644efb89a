"""Sealing anew what waits to be opened, some rows at a time, while everything else goes on."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.uninterrupted import uninterrupted

_OTHERWISE: Final = "FROM sealed_credentials WHERE (substr(client_secret, 2, 8) <> ?1 OR substr(bearer, 2, 8) <> ?1)"
_SOME: Final = (
    f"SELECT workspace, token, client_secret, bearer {_OTHERWISE} AND (workspace, token) > (?2, ?3) "
    "ORDER BY workspace, token LIMIT ?4"
)
_COUNT: Final = f"SELECT count(*) {_OTHERWISE}"
_UPDATE: Final = (
    "UPDATE sealed_credentials SET client_secret = ?, bearer = ? "
    "WHERE workspace = ? AND token = ? AND client_secret IS NOT DISTINCT FROM ? AND bearer = ?"
)


class SealedRow(NamedTuple):
    """The sealed client secret, if there is one, and token of one offer."""

    workspace: str
    token: str
    client_secret: bytes | None
    bearer: bytes


Resealed = tuple[bytes | None, bytes]
Reseal = Callable[[SealedRow], Resealed | None]
"""Seals both values anew; None where one of them cannot be opened, and both stay as they are."""


async def rows_sealed_otherwise(
    connection: AsyncConnection, key_id: str, after: tuple[str, str], limit: int
) -> Sequence[SealedRow]:
    """Return offers, in the order of their keys, of which a value was sealed with another key than that one."""
    asked = (key_id.encode(), *after, limit)
    found = await uninterrupted(connection.exec_driver_sql(_SOME, asked))
    return [SealedRow._make(row) for row in found.all()]


async def count_sealed_otherwise(connection: AsyncConnection, key_id: str) -> int:
    """Return how many offers there are of which a value was sealed with another key than that one."""
    return int((await uninterrupted(connection.exec_driver_sql(_COUNT, (key_id.encode(),)))).scalar_one())


async def put_resealed(connection: AsyncConnection, rows: Sequence[tuple[SealedRow, Resealed]]) -> None:
    """Put new values in place of those that were read, where they are still there: a reveal meanwhile wins."""
    parameters = [(*new, old.workspace, old.token, old.client_secret, old.bearer) for old, new in rows]
    if parameters:
        await uninterrupted(connection.exec_driver_sql(_UPDATE, parameters))
