"""The messages that are promised: planned once, posted at least once, updated when they no longer show the truth."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Row, and_, case, func, literal, or_

from access.model.card import Undelivered
from access.model.contact import ProposalOutcome
from access.model.ids import ThirdPartyId
from access.model.messages import ABOUT_PERSON, OF_SEVERAL, TO_EACH_ADMIN, MessageKind, PlannedMessage, Refresh
from access.ports import TOO_LONG, OutboxEnd, QueuedMessage, Random
from storage.scope import Scope
from storage.tables import contact_proposals, outbox, reminders, third_parties
from storage.types import Instant

_PROBLEMS_SHOWN: Final = 5
_DELAYED_AFTER: Final = 3
"""After so many attempts, a message that still waits is a problem."""

_LATELY: Final = timedelta(days=100)
"""So long are reminders kept up to date."""

_A_MOMENT: Final = timedelta(microseconds=1)
"""Between two messages that one transaction plans, so that they keep their order."""


class OutboxRows:
    """The port `Outbox`, and what a unit of work does with the messages of its events."""

    def __init__(self, scope: Scope, random: Random) -> None:
        self._scope = scope
        self._random = random

    async def add(self, message: PlannedMessage, at: datetime, place: int = 0) -> None:
        """Queue a message, the `place`th of its transaction; nothing happens if its key is there already.

        One that brings reminders is then shown anew, or sent after all, because it brings more.
        """
        if message.kind in OF_SEVERAL and await self._grow(message, at):
            return
        await self._scope.insert_if_new(
            outbox,
            **asdict(message),
            id=self._random.identifier(),
            key=message.key,
            planned_at=at + place * _A_MOMENT,
            revision=1,
            attempts=0,
            next_attempt_at=at,
        )

    async def _grow(self, message: PlannedMessage, at: datetime) -> bool:
        """Have a message, if it is there, shown with what was added to it, even if it was given up."""
        grown = await self._scope.execute(
            self._scope.update(outbox)
            .where(outbox.c.key == message.key)
            .values(
                revision=outbox.c.revision + 1,
                next_attempt_at=_kept_or(outbox.c.next_attempt_at, at),
                error=case((outbox.c.ended_at.is_(None), outbox.c.error)),
                ended_at=None,
                end=None,
            )
        )
        return grown.rowcount == 1

    async def refresh(self, what: Refresh, at: datetime) -> None:
        """Have messages shown anew.

        One that is not posted yet, is being sent at this moment, or backs off, keeps its time: whoever sends it next
        shows the state of that moment, and `posted` sees that it has to be shown once more.
        """
        statement = self._scope.update(outbox).where(outbox.c.ended_at.is_(None))
        if what.kind in OF_SEVERAL:
            statement = statement.where(*self._brings_reminders_of(what.third_party, at - _LATELY))
        elif what.kind in ABOUT_PERSON:
            about = outbox.c.subject == what.subject if what.subject else self._is_about_people_of(what.third_party)
            statement = statement.where(outbox.c.third_party.is_(None), outbox.c.kind == what.kind, about)
        else:
            statement = statement.where(outbox.c.third_party == what.third_party, outbox.c.kind == what.kind)
            if what.subject is not None:
                statement = statement.where(outbox.c.subject == what.subject)
        await self._scope.execute(
            statement.values(
                revision=outbox.c.revision + 1,
                next_attempt_at=_kept_or(outbox.c.next_attempt_at, at),
            )
        )

    def _brings_reminders_of(self, third_party: ThirdPartyId, since: datetime | None) -> list[ColumnElement[bool]]:
        """The condition that a message brought one of a third party's reminders, to whichever reader.

        What was said to the admins may have gone to each of them.
        """
        theirs = self._scope.select(reminders, reminders.c.bundle).where(reminders.c.third_party == third_party)
        if since is not None:
            theirs = theirs.where(reminders.c.planned_at > since)
        to_admins = and_(
            reminders.c.reader.is_(None), or_(outbox.c.reader.is_(None), outbox.c.occasion == TO_EACH_ADMIN)
        )
        this = theirs.where(
            reminders.c.bundle == outbox.c.subject,
            reminders.c.message == outbox.c.kind,
            or_(reminders.c.reader == outbox.c.reader, to_admins),
        )
        several = (outbox.c.third_party.is_(None), outbox.c.kind.in_(OF_SEVERAL), outbox.c.subject.in_(theirs))
        return [*several, this.correlate(outbox).exists()]

    def _is_about_people_of(self, third_party: ThirdPartyId) -> ColumnElement[bool]:
        """The condition that a message is about a third party's owner, or about who was its contact."""
        approved = self._scope.select(contact_proposals, contact_proposals.c.contact)
        approved = approved.where(contact_proposals.c.third_party == third_party)
        contacts = approved.where(contact_proposals.c.outcome == ProposalOutcome.APPROVED)
        owner = self._scope.select(third_parties, third_parties.c.owner).where(third_parties.c.id == third_party)
        return or_(
            and_(outbox.c.kind == MessageKind.OWNER_GONE, outbox.c.subject.in_(owner)),
            and_(outbox.c.kind == MessageKind.CONTACT_GONE, outbox.c.subject.in_(contacts)),
        )

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[QueuedMessage]:
        """Claim due messages, in the order of their planning.

        Without a word about them by `until`, they are due again, as uncertain. One that seems to be put off for more
        than TOO_LONG is due as well.
        """
        due = (
            self._scope.select(outbox)
            .where(or_(outbox.c.next_attempt_at <= now, outbox.c.next_attempt_at > now + TOO_LONG))
            .order_by(outbox.c.planned_at, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = (await self._scope.execute(due)).all()
        if not rows:
            return []
        await self._scope.execute(
            self._scope.update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(
                attempts=outbox.c.attempts + 1,
                next_attempt_at=until,
                uncertain_since=case((outbox.c.sent_at.is_(None), _kept_or(outbox.c.uncertain_since, now))),
            )
        )
        return [self._queued(row) for row in rows]

    async def posted(self, queued: QueuedMessage, channel: str, ts: str, at: datetime) -> None:
        """Note that the message is in Slack, as it was at the claimed revision."""
        await self._note(
            queued,
            channel=channel,
            ts=ts,
            sent_at=_kept_or(outbox.c.sent_at, at),
            attempts=0,
            error=None,
            uncertain_since=None,
            next_attempt_at=case((outbox.c.revision > queued.revision, literal(at, Instant))),
        )

    async def postpone(
        self, queued: QueuedMessage, until: datetime, *, uncertain: bool, error: str | None = None
    ) -> None:
        """Try again at `until`. `uncertain`: this attempt may have reached Slack all the same. `error`: why it failed.

        Without an `error` nothing was tried, and that of the attempt before stays.
        """
        before = literal(queued.uncertain_since, Instant)
        certain = {} if uncertain else {"uncertain_since": case((outbox.c.sent_at.is_(None), before))}
        failed = {} if error is None else {"error": error}
        await self._note(queued, next_attempt_at=until, **certain, **failed)

    async def close(self, queued: QueuedMessage, end: OutboxEnd, at: datetime, error: str | None = None) -> None:
        """Give the message up."""
        await self._note(queued, ended_at=at, end=end, error=error, next_attempt_at=None)

    async def next_due(self) -> datetime | None:
        """Return when the next message is due, or None when nothing waits."""
        soonest = self._scope.select(outbox, func.min(outbox.c.next_attempt_at))
        waiting = soonest.where(outbox.c.next_attempt_at.is_not(None))  # the condition of the index, in its words
        due: datetime | None = (await self._scope.execute(waiting)).scalar()
        return due

    async def undelivered(self, third_party: ThirdPartyId) -> Sequence[Undelivered]:
        """Return the messages about a third party that have not arrived, those still tried first, at most five."""
        waits = and_(outbox.c.ended_at.is_(None), outbox.c.sent_at.is_(None))
        delayed = and_(waits, outbox.c.error.is_not(None), outbox.c.attempts >= _DELAYED_AFTER)
        about_people = and_(outbox.c.third_party.is_(None), self._is_about_people_of(third_party))
        of_several = or_(and_(*self._brings_reminders_of(third_party, None)), about_people)
        statement = self._scope.select(outbox).where(
            or_(outbox.c.third_party == third_party, of_several),
            or_(outbox.c.end == OutboxEnd.UNDELIVERABLE, delayed),
        )
        newest = statement.order_by(outbox.c.ended_at.desc().nulls_first(), outbox.c.id).limit(_PROBLEMS_SHOWN)
        return [
            Undelivered(
                message=row.kind,
                error=row.error,
                at=row.ended_at or row.planned_at,
                to_person=row.reader is not None,
                delayed=row.ended_at is None,
            )
            for row in await self._scope.execute(newest)
        ]

    async def _note(self, queued: QueuedMessage, **values: Any) -> None:
        """Write down what became of an attempt; nothing happens if another one, after this took too long, ended it."""
        unended = self._scope.update(outbox).where(outbox.c.id == queued.id, outbox.c.ended_at.is_(None))
        await self._scope.execute(unended.values(**values))

    def _queued(self, row: Row[Any]) -> QueuedMessage:
        return QueuedMessage(
            id=row.id,
            workspace=self._scope.workspace,
            message=PlannedMessage(row.kind, row.reader, row.third_party, row.subject, row.actor, row.occasion),
            attempts=row.attempts + 1,
            revision=row.revision,
            channel=row.channel,
            ts=row.ts,
            uncertain_since=row.uncertain_since,
        )


def _kept_or(column: Column[Any], instant: datetime) -> ColumnElement[Any]:
    return func.coalesce(column, literal(instant, Instant))
