"""How much waits, and what comes next, read from indexes that hold only what may matter, and not beyond a limit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from access.model.figures import COUNTED_AT_MOST, Figures
from storage.scope import Scope
from storage.tables import handoffs, outbox, tokens


async def read_figures(scope: Scope, now: datetime) -> Figures:
    """Read the figures of a workspace."""
    messages = (await scope.execute(_messages(scope))).one()
    next_expiry = (await scope.execute(_next_expiry(scope, now))).first()
    offered = scope.select(handoffs, handoffs.c.id).where(
        handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None)
    )
    return Figures(
        to_post=messages.waiting - messages.posted,
        to_update=messages.posted,
        oldest_planned_at=messages.oldest,
        next_expiry_at=next_expiry.expires_at if next_expiry else None,
        offered=await _count(scope, offered.limit(COUNTED_AT_MOST)),
        unconfirmed=await _count(scope, _unconfirmed(scope, now)),
    )


def _messages(scope: Scope) -> Select[int, int, Any]:
    columns = outbox.c.sent_at, outbox.c.planned_at
    waiting = scope.select(outbox, *columns).where(outbox.c.next_attempt_at.is_not(None))
    some = waiting.order_by(outbox.c.next_attempt_at).limit(COUNTED_AT_MOST).subquery()
    return select(
        func.count().label("waiting"),
        func.count(some.c.sent_at).label("posted"),
        func.min(case((some.c.sent_at.is_(None), some.c.planned_at))).label("oldest"),
    ).select_from(some)


def _next_expiry(scope: Scope, now: datetime) -> Select[Any]:
    unended = scope.select(tokens, tokens.c.expires_at).where(
        tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None)
    )
    expiring = unended.where(tokens.c.collected_at.is_not(None), tokens.c.expires_at > now)
    return expiring.order_by(tokens.c.expires_at).limit(1)


def _unconfirmed(scope: Scope, now: datetime) -> Select[Any]:
    """The latest are looked at: most of those that nobody ever confirmed have ended long ago."""
    collected = scope.select(handoffs, handoffs.c.token).where(handoffs.c.confirmed_at.is_(None))
    latest = collected.where(handoffs.c.collected_at.is_not(None)).order_by(handoffs.c.collected_at.desc())
    some = latest.limit(COUNTED_AT_MOST).subquery()
    theirs = scope.select(tokens, tokens.c.id).join(some, some.c.token == tokens.c.id)
    return theirs.where(
        tokens.c.revoked_at.is_(None),
        tokens.c.retired_at.is_(None),
        tokens.c.suspended_at.is_(None),
        tokens.c.expires_at > now,
    )


async def _count(scope: Scope, rows: Select[Any]) -> int:
    found = await scope.execute(select(func.count()).select_from(rows.subquery()))
    return int(found.scalar_one())
