"""What became of a transaction whose COMMIT was not answered.

The server knows by the transaction's number. But where it has crashed, or another one has taken over, a number of which
nothing had been written to the disk may have been given once more, to a transaction of somebody else's.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from storage.postgres_connections import History, Server, history
from storage.postgres_errors import FAILURES

_AGAIN_SECONDS: Final = 0.2
_LEFT_ALONE: Final = 0.2
"""For this part of the time, a transaction that goes on is left alone; then it is ended, so that it has an outcome."""

_IN_PROGRESS: Final = "in progress"
_STATUS: Final = "SELECT pg_xact_status($1::text::xid8)"
_END: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid = ($1::text::xid8)::xid"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One that writes: its number, and the server's history when its connection was opened."""

    number: int
    history: History | None


async def was_committed(transaction: Transaction, server: Server) -> bool | None:
    """Ask the server, as often as it takes while it starts again. None: nobody can say."""
    loop = asyncio.get_running_loop()
    begun, status, patience = loop.time(), _IN_PROGRESS, server.patience
    while status == _IN_PROGRESS and (waited := loop.time() - begun) < patience.outcome:
        with suppress(*FAILURES):
            status = await _status(transaction, server, end=waited > patience.outcome * _LEFT_ALONE)
        if status == _IN_PROGRESS:
            await asyncio.sleep(_AGAIN_SECONDS)
    return {"committed": True, "aborted": False}.get(status)


async def _status(transaction: Transaction, server: Server, *, end: bool) -> str:
    connection = await server.connect(answer=server.patience.connection)
    try:
        then, now = transaction.history, await history(connection)
        if then is None or (now is not None and now.timeline != then.timeline):
            return "unknown"
        if now is None:
            return _IN_PROGRESS  # a standby, until it takes over
        if now.started_at not in (None, then.checkpoint) and transaction.number >= now.next_number:
            return "aborted"  # it has crashed, and nothing of the transaction is left
        if end:
            await connection.execute(_END, str(transaction.number))
        return str(await connection.fetchval(_STATUS, str(transaction.number)))
    finally:
        connection.terminate()
