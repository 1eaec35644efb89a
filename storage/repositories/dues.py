"""When something is due by itself."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func

from storage.scope import Scope
from storage.tables import handoffs, outbox, tokens


async def soonest(scope: Scope, now: datetime) -> datetime | None:
    """Return when the next message, reminder, nudge or end of an offer is due, or that of a token after `now`."""
    found = []
    for table, instant, counts in _dues(now):
        statement = scope.select(table, func.min(instant)).where(counts)
        found.append((await scope.execute(statement)).scalar())
    return min(filter(None, found), default=None)


def _dues(now: datetime) -> Iterator[tuple[Table, ColumnElement[Any], ColumnElement[bool]]]:
    is_open = and_(handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None))
    expires = and_(tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None), tokens.c.expires_at > now)
    yield outbox, outbox.c.next_attempt_at, outbox.c.next_attempt_at.is_not(None)
    yield handoffs, handoffs.c.nudge_at, and_(is_open, handoffs.c.nudged_at.is_(None))
    yield handoffs, handoffs.c.lapses_at, is_open
    yield tokens, tokens.c.next_reminder_at, tokens.c.next_reminder_at.is_not(None)
    yield tokens, tokens.c.retires_at, tokens.c.retires_at.is_not(None)
    yield tokens, tokens.c.expires_at, expires
