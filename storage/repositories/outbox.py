"""The messages that are promised: planned once, posted at least once, updated when they no longer show the truth."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    tuple_,
)

from access.model.card import Undelivered
from access.model.ids import ThirdPartyId
from access.model.messages import OF_SEVERAL, MessageKind, PlannedMessage, Refresh
from access.ports.machine import Random
from access.ports.outbox import TOO_LONG, OutboxEnd, QueuedMessage
from storage.among import among
from storage.repositories.entities import values_of
from storage.repositories.messages_about import IS_ABOUT_PEOPLE_OF, IS_ONE_OF, bringing_reminders_of, show_anew
from storage.scope import LIMIT, NOW, Scope, selecting, updating
from storage.tables import outbox
from storage.types import Instant

_PROBLEMS_SHOWN: Final = 5
_DELAYED_AFTER: Final = 3
"""After so many attempts, a message that still waits is a problem."""

_A_MOMENT: Final = timedelta(microseconds=1)
"""Between two messages that one transaction plans, so that they keep their order."""

_IS_OF_IMPORT: Final = and_(outbox.c.kind == MessageKind.INTRODUCTION, outbox.c.actor.is_(None))
"""Nobody in Slack has proposed whom this introduces: there may be as many of these as there are third parties."""

_DUE: Final = (
    selecting(outbox)
    .where(or_(outbox.c.next_attempt_at <= NOW, outbox.c.next_attempt_at > bindparam("put_off")))
    .order_by(case((_IS_OF_IMPORT, 1), else_=0), outbox.c.planned_at, outbox.c.id)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
_CLAIMING: Final = (
    updating(outbox)
    .where(among(outbox.c.id, "ids"))
    .values(
        attempts=outbox.c.attempts + 1,
        uncertain_since=case((outbox.c.sent_at.is_(None), func.coalesce(outbox.c.uncertain_since, NOW))),
    )
)
_NOTING: Final = updating(outbox).where(outbox.c.id == bindparam("of_id"), outbox.c.ended_at.is_(None))
_POSTED: Final = _NOTING.values(
    sent_at=func.coalesce(outbox.c.sent_at, NOW),
    attempts=0,
    error=None,
    uncertain_since=None,
    next_attempt_at=case((outbox.c.revision > bindparam("shown"), NOW)),
)
_POSTPONED_FOR_CERTAIN: Final = _NOTING.values(
    uncertain_since=case((outbox.c.sent_at.is_(None), bindparam("before", type_=Instant)))
)
_THERE: Final = selecting(outbox, outbox.c.key).where(among(outbox.c.key, "keys"))
_NEXT_DUE: Final = selecting(outbox, func.min(outbox.c.next_attempt_at)).where(
    outbox.c.next_attempt_at.is_not(None)  # the condition of the index, in its words
)
_UNDELIVERED: Final = and_(
    outbox.c.error.is_not(None),  # the condition of an index, in its words
    or_(
        outbox.c.end == OutboxEnd.UNDELIVERABLE,
        and_(outbox.c.ended_at.is_(None), outbox.c.sent_at.is_(None), outbox.c.attempts >= _DELAYED_AFTER),
    ),
)
_MAYBE_UNDELIVERED: Final = selecting(outbox, outbox.c.id).where(
    or_(outbox.c.third_party == bindparam("party"), outbox.c.third_party.is_(None)), _UNDELIVERED
)
_ABOUT_PEOPLE: Final = and_(outbox.c.third_party.is_(None), IS_ABOUT_PEOPLE_OF)
_UNDELIVERED_ABOUT: Final = (
    selecting(outbox)
    .where(or_(outbox.c.third_party == bindparam("party"), IS_ONE_OF, _ABOUT_PEOPLE), _UNDELIVERED)
    .order_by(outbox.c.ended_at.desc().nulls_first(), outbox.c.id)
    .limit(LIMIT)
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that a transaction plans at `at`, to be sent `wait` later."""

    message: PlannedMessage
    at: datetime
    wait: timedelta = timedelta()


class OutboxRows:
    """The port `Outbox`, and what a unit of work does with the messages of its events."""

    def __init__(self, scope: Scope, random: Random) -> None:
        self._scope = scope
        self._random = random

    async def add(self, planned: Sequence[Planned]) -> None:
        """Queue the messages of a transaction; nothing happens for one whose key is there already.

        One that brings reminders is then shown anew, or sent after all, because it brings more.
        """
        grown = await self._grow([each for each in planned if each.message.kind in OF_SEVERAL])
        rows = [
            {
                **values_of(each.message),
                "id": self._random.identifier(),
                "key": each.message.key,
                "planned_at": each.at + place * _A_MOMENT,
                "revision": 1,
                "attempts": 0,
                "next_attempt_at": each.at + each.wait,
            }
            for place, each in enumerate(planned)
            if each.message.key not in grown
        ]
        await self._scope.insert_new(outbox, rows)

    async def _grow(self, planned: Sequence[Planned]) -> Collection[str]:
        """Have those that are there shown with what is new, even if they were given up; return their keys."""
        if not planned:
            return ()
        grown = set((await self._scope.run(_THERE, keys=[each.message.key for each in planned])).scalars())
        more = {
            "revision": outbox.c.revision + 1,
            "next_attempt_at": func.coalesce(outbox.c.next_attempt_at, bindparam("soon", type_=Instant)),
            "error": case((outbox.c.ended_at.is_(None), outbox.c.error)),
            "ended_at": None,
            "end": None,
        }
        await self._scope.execute_many(
            self._scope.update(outbox).where(outbox.c.key == bindparam("grown")).values(more),
            [{"grown": each.message.key, "soon": each.at + each.wait} for each in planned if each.message.key in grown],
        )
        return grown

    async def refresh(self, outdated: Iterable[Refresh], at: datetime) -> None:
        """Have messages shown anew.

        One that is not posted yet, is being sent at this moment, or backs off, keeps its time: whoever sends it next
        shows the state of that moment, and `posted` sees that it has to be shown once more.
        """
        await show_anew(self._scope, outdated, at)

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[QueuedMessage]:
        """Claim due messages, in the order of their planning; but those first that do not go out by the thousand.

        Without a word about them by `until`, they are due again, as uncertain. One that seems to be put off for more
        than TOO_LONG is due as well.
        """
        rows = (await self._scope.run(_DUE, now=now, put_off=now + TOO_LONG, limit=limit)).all()
        if not rows:
            return []
        await self._scope.run(_CLAIMING, ids=[row.id for row in rows], now=now, next_attempt_at=until)
        return [self._queued(row) for row in rows]

    async def posted(self, queued: QueuedMessage, channel: str, ts: str, at: datetime) -> None:
        """Note that the message is in Slack, as it was at the claimed revision."""
        await self._note(queued, _POSTED, shown=queued.revision, now=at, channel=channel, ts=ts)

    async def postpone(
        self, queued: QueuedMessage, until: datetime, *, uncertain: bool, error: str | None = None
    ) -> None:
        """Try again at `until`. `uncertain`: this attempt may have reached Slack all the same. `error`: why it failed.

        Without an `error` nothing was tried, and that of the attempt before stays.
        """
        noted = {"next_attempt_at": until} if error is None else {"next_attempt_at": until, "error": error}
        if uncertain:
            await self._note(queued, _NOTING, **noted)
        else:
            await self._note(queued, _POSTPONED_FOR_CERTAIN, before=queued.uncertain_since, **noted)

    async def close(self, queued: QueuedMessage, end: OutboxEnd, at: datetime, error: str | None = None) -> None:
        """Give the message up."""
        await self._note(queued, _NOTING, ended_at=at, end=end, error=error, next_attempt_at=None)

    async def set_aside(self, but: Collection[tuple[MessageKind, str]], at: datetime) -> int:
        """Give up what waits to be posted, because it may have been posted long ago; return how many there were.

        Those of a kind about a subject are posted all the same, as messages that the reader may have read already.
        """
        waiting = self._scope.update(outbox).where(outbox.c.next_attempt_at.is_not(None), outbox.c.sent_at.is_(None))
        is_kept = tuple_(outbox.c.kind, outbox.c.subject).in_(sorted(but))
        again = waiting.where(is_kept)
        await self._scope.execute(
            again.values(next_attempt_at=at, uncertain_since=_kept_or(outbox.c.uncertain_since, at))
        )
        given_up = waiting.where(not_(is_kept))
        dropped = await self._scope.execute(
            given_up.values(next_attempt_at=None, ended_at=at, end=OutboxEnd.DROPPED, error=None)
        )
        return dropped.rowcount

    async def next_due(self) -> datetime | None:
        """Return when the next message is due, or None when nothing waits."""
        due: datetime | None = (await self._scope.run(_NEXT_DUE)).scalar()
        return due

    async def undelivered(self, third_party: ThirdPartyId) -> Sequence[Undelivered]:
        """Return the messages about a third party that have not arrived, those still tried first, at most five."""
        if await self._scope.run_first(_MAYBE_UNDELIVERED, party=third_party) is None:  # as nearly always
            return []
        brought = await bringing_reminders_of(self._scope, third_party)
        found = await self._scope.run(_UNDELIVERED_ABOUT, party=third_party, limit=_PROBLEMS_SHOWN, **brought)
        return [
            Undelivered(
                message=row.kind,
                error=row.error,
                at=row.ended_at or row.planned_at,
                to_person=row.reader is not None,
                delayed=row.ended_at is None,
            )
            for row in found
        ]

    async def _note(self, queued: QueuedMessage, statement: Update, **values: Any) -> None:
        """Write down what became of an attempt; nothing happens if another one, after this took too long, ended it."""
        await self._scope.run(statement, of_id=queued.id, **values)

    def _queued(self, row: Row[Any]) -> QueuedMessage:
        return QueuedMessage(
            id=row.id,
            workspace=self._scope.workspace,
            message=PlannedMessage(row.kind, row.reader, row.third_party, row.subject, row.actor, row.occasion),
            attempts=row.attempts + 1,
            revision=row.revision,
            channel=row.channel,
            ts=row.ts,
            sent_at=row.sent_at,
            uncertain_since=row.uncertain_since,
        )


def _kept_or(column: Column[Any], instant: datetime) -> ColumnElement[Any]:
    return func.coalesce(column, literal(instant, Instant))
