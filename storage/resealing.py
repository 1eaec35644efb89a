"""Sealing anew what waits to be opened, some rows at a time, while everything else goes on."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, LargeBinary, bindparam, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import sealed_credentials
from storage.uninterrupted import uninterrupted

_ROWS: Final = sealed_credentials.c
_COLUMNS: Final = (_ROWS.workspace, _ROWS.token, _ROWS.client_secret, _ROWS.bearer)
_UPDATE: Final = update(sealed_credentials).where(
    _ROWS.workspace == bindparam("of"),
    _ROWS.token == bindparam("its"),
    _ROWS.client_secret.is_not_distinct_from(bindparam("old_secret")),
    _ROWS.bearer == bindparam("old_bearer"),
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
    place = tuple_(literal(after[0]), literal(after[1]))
    later = select(*_COLUMNS).where(_otherwise(key_id), tuple_(_ROWS.workspace, _ROWS.token) > place)
    some = later.order_by(_ROWS.workspace, _ROWS.token).limit(limit)
    return [SealedRow._make(row) for row in (await uninterrupted(connection.execute(some))).all()]


async def count_sealed_otherwise(connection: AsyncConnection, key_id: str) -> int:
    """Return how many offers there are of which a value was sealed with another key than that one."""
    counted = select(func.count()).select_from(sealed_credentials).where(_otherwise(key_id))
    return int((await uninterrupted(connection.execute(counted))).scalar_one())


async def put_resealed(connection: AsyncConnection, rows: Sequence[tuple[SealedRow, Resealed]]) -> None:
    """Put new values in place of those that were read, where they are still there: a reveal meanwhile wins."""
    parameters = [
        {
            "of": old.workspace,
            "its": old.token,
            "old_secret": old.client_secret,
            "old_bearer": old.bearer,
            "client_secret": new[0],
            "bearer": new[1],
        }
        for old, new in rows
    ]
    if parameters:
        await uninterrupted(connection.execute(_UPDATE, parameters))


def _otherwise(key_id: str) -> ColumnElement[bool]:
    own = literal(key_id.encode())
    return or_(*(func.substr(column, 2, 8, type_=LargeBinary) != own for column in (_ROWS.client_secret, _ROWS.bearer)))
