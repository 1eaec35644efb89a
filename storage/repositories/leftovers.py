"""What is of no use any more."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, tuple_

from access.ports.leftovers import OldMessage
from storage.scope import Scope
from storage.tables import contact_keys, contact_proposals, outbox, reminders, third_parties, tokens
from storage.types import Instant


class LeftoverRows:
    """The port `Leftovers`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def messages(self, before: datetime, limit: int, after: OldMessage | None = None) -> Sequence[OldMessage]:
        """Return messages that were planned, and sent or given up, before then, and have nothing to show any more."""
        statement = self._scope.select(outbox, outbox.c.planned_at, outbox.c.id).where(*self._is_done_with(before))
        if after is not None:
            place = tuple_(literal(after.planned_at, Instant), literal(after.id))
            statement = statement.where(tuple_(outbox.c.planned_at, outbox.c.id) > place)
        rows = await self._scope.execute(statement.order_by(outbox.c.planned_at, outbox.c.id).limit(limit))
        return [OldMessage(row.planned_at, row.id) for row in rows]

    async def delete_messages(self, messages: Sequence[OldMessage], before: datetime) -> None:
        """Delete these messages, but for those of which that is not true any more."""
        these = self._scope.delete(outbox).where(outbox.c.id.in_([message.id for message in messages]))
        await self._scope.execute(these.where(*self._is_done_with(before)))

    async def bundle(self, before: date, after: str | None = None) -> str | None:
        """Return the first bundle of reminders of a day before that one, after `after`; None in the end."""
        first = self._scope.select(reminders, func.min(reminders.c.bundle))
        first = first.where(reminders.c.bundle < before.isoformat(), reminders.c.bundle > (after or ""))
        bundle: str | None = (await self._scope.execute(first)).scalar()
        return bundle

    async def reminders(self, bundle: str, before: datetime, limit: int) -> Sequence[str]:
        """Return the keys of reminders of that bundle whose token had ended before then."""
        ended = self._scope.select(tokens, tokens.c.id).where(
            tokens.c.id == reminders.c.token,
            or_(tokens.c.expires_at < before, tokens.c.revoked_at < before, tokens.c.retired_at < before),
        )
        theirs = self._scope.select(reminders, reminders.c.key).where(reminders.c.bundle == bundle)
        statement = theirs.where(ended.correlate(reminders).exists()).limit(limit)
        return (await self._scope.execute(statement)).scalars().all()

    async def delete_reminders(self, keys: Sequence[str]) -> None:
        """Delete these reminders."""
        await self._scope.execute(self._scope.delete(reminders).where(reminders.c.key.in_(keys)))

    def _is_done_with(self, before: datetime) -> list[ColumnElement[bool]]:
        """The condition that a message was done with before then, and has nothing to show any more."""
        theirs = self._lasting(before).where(
            tokens.c.third_party == outbox.c.third_party, tokens.c.issued_at <= outbox.c.planned_at
        )
        opened = self._lasting(before).where(tokens.c.collected_by == outbox.c.subject)
        owned = self._scope.select(third_parties, third_parties.c.id).where(
            third_parties.c.owner == outbox.c.subject, third_parties.c.removed_at.is_(None)
        )
        present_contact = self._scope.select(third_parties, third_parties.c.id).where(
            third_parties.c.id == outbox.c.third_party,
            or_(
                third_parties.c.contact == contact_proposals.c.contact,
                third_parties.c.deputy_contact == contact_proposals.c.contact,
            ),
        )
        proposal = self._scope.select(contact_proposals, contact_proposals.c.id).where(
            contact_proposals.c.id == outbox.c.subject,
            or_(
                contact_proposals.c.outcome.is_(None),
                present_contact.correlate(outbox, contact_proposals).exists(),
            ),
        )
        key = self._scope.select(contact_keys, contact_keys.c.id).where(
            contact_keys.c.id == outbox.c.subject,
            or_(contact_keys.c.outcome.is_(None), contact_keys.c.text.is_not(None)),
        )
        return [
            outbox.c.next_attempt_at.is_(None),
            outbox.c.planned_at < before,
            func.coalesce(outbox.c.ended_at, outbox.c.sent_at) < before,
            ~theirs.correlate(outbox).exists(),
            ~opened.correlate(outbox).exists(),
            ~owned.correlate(outbox).exists(),
            ~proposal.correlate(outbox).exists(),
            ~key.correlate(outbox).exists(),
        ]

    def _lasting(self, before: datetime) -> Select[Any]:
        """Select tokens that had not ended before then."""
        return self._scope.select(tokens, tokens.c.id).where(
            func.coalesce(tokens.c.expires_at, literal(before, Instant)) >= before,  # no index helps to find these
            func.coalesce(tokens.c.revoked_at, tokens.c.retired_at, literal(before, Instant)) >= before,
        )
