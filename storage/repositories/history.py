"""What is finished, and nothing that is kept needs any more."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, FromClause, Select, Table, Text, and_, cast, func, literal, or_, select

from access.model.contact import ProposalOutcome
from access.model.messages import MessageKind
from access.model.retention import Finished
from access.model.token import TokenOrigin
from storage.repositories.people import PARTS
from storage.scope import Scope
from storage.tables import (
    audit,
    check_refusals,
    contact_keys,
    contact_proposals,
    handoffs,
    outbox,
    people,
    reasons,
    reminders,
    sealed_credentials,
    third_parties,
    token_requests,
    tokens,
)
from storage.types import Instant

_ABOUT_TOKEN: Final = (check_refusals, reminders, token_requests, handoffs)
_ABOUT_PARTY: Final = (reminders, token_requests, handoffs, tokens, contact_keys, contact_proposals, reasons, outbox)
"""In the order in which they can be deleted."""

NAMED: Final[Sequence[Column[Any]]] = (
    *PARTS,
    *(contact_proposals.c[name] for name in ("contact", "proposed_by", "decided_by")),
    *(contact_keys.c[name] for name in ("contact", "decided_by")),
    *(tokens.c[name] for name in ("issued_by", "collected_by", "claimed_by", "snoozed_by", "let_lapse_by")),
    *(token_requests.c[name] for name in ("asked_by", "decided_by")),
    handoffs.c.contact,
    reminders.c.reader,
    *(outbox.c[name] for name in ("reader", "actor", "subject")),
)
"""Every column that names people."""

_Conditions = list[ColumnElement[bool]]


class HistoryRows:
    """The port `History`. `deleted_any` tells whether this transaction has something to clean away."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.deleted_any = False
        self._kinds: Mapping[Finished, tuple[Column[Any], Callable[[datetime], _Conditions]]] = {
            Finished.THIRD_PARTY: (third_parties.c.id, self._party),
            Finished.TOKEN_REQUEST: (token_requests.c.id, self._request),
            Finished.TOKEN: (tokens.c.id, self._token),
            Finished.PROPOSAL: (contact_proposals.c.id, self._proposal),
            Finished.CONTACT_KEY: (contact_keys.c.id, self._key),
            Finished.REASON: (reasons.c.hash, self._reason),
        }

    async def finished(self, kind: Finished, before: datetime, limit: int, after: str = "") -> Sequence[str]:
        """Return the ids of what was finished before then, in order, from `after` on."""
        column, conditions = self._kinds[kind]
        found = self._scope.select(column.table, column).where(column > after, *conditions(before))
        return (await self._scope.execute(found.distinct().order_by(column).limit(limit))).scalars().all()

    async def delete(self, kind: Finished, ids: Sequence[str], before: datetime) -> Sequence[str]:
        """Delete these, with everything of theirs, but for those of which that is not true any more; return which."""
        column, conditions = self._kinds[kind]
        still = self._scope.select(column.table, column).where(column.in_(ids), *conditions(before))
        gone = (await self._scope.execute(still.distinct().order_by(column))).scalars().all()
        if kind is Finished.THIRD_PARTY:
            await self._delete_of_parties(gone)
        elif kind is Finished.TOKEN:
            await self._delete_of_tokens(gone)
        else:
            await self._delete_said_of(column.table, column.in_(gone), gone)
        these = self._scope.delete(column.table).where(column.in_(gone))
        await self._scope.execute(these.where(*conditions(before)) if kind is Finished.REASON else these)
        self.deleted_any |= bool(gone)
        return gone

    async def delete_switched(self, before: datetime) -> None:
        """Delete what was said before then of a third party's switch: what it said is known from the records alone."""
        said = self._scope.delete(outbox).where(outbox.c.kind == MessageKind.SWITCHED, outbox.c.planned_at < before)
        await self._scope.execute(said.where(outbox.c.next_attempt_at.is_(None)))

    async def strangers(self, limit: int, after: str = "") -> Sequence[str]:
        """Return people whom nothing but, perhaps, the audit trail refers to, in order, from `after` on."""
        found = self._scope.select(people, people.c.id).where(people.c.id > after, *self._strange())
        return (await self._scope.execute(found.order_by(people.c.id).limit(limit))).scalars().all()

    async def delete_strangers(self, people_: Collection[str]) -> Sequence[str]:
        """Delete those of these people of whom that is still true; return which."""
        still = self._scope.select(people, people.c.id).where(people.c.id.in_(people_), *self._strange())
        gone = (await self._scope.execute(still.order_by(people.c.id))).scalars().all()
        await self._scope.execute(self._scope.delete(people).where(people.c.id.in_(gone)))
        self.deleted_any |= bool(gone)
        return gone

    async def _delete_of_parties(self, gone: Sequence[str]) -> None:
        theirs = self._scope.select(tokens, tokens.c.id).where(tokens.c.third_party.in_(gone))
        await self._scope.execute(self._scope.delete(check_refusals).where(check_refusals.c.token.in_(theirs)))
        for table in _ABOUT_PARTY:
            await self._scope.execute(self._scope.delete(table).where(table.c.third_party.in_(gone)))

    async def _delete_of_tokens(self, gone: Sequence[str]) -> None:
        """One by one: for several at once, SQLite would rather look through everything than into the index."""
        await self._delete_said_of(tokens, tokens.c.id.in_(gone), gone)
        for token in gone:
            for table in (handoffs, token_requests):
                theirs = self._scope.select(table, table.c.id).where(table.c.token == token)
                subjects = (await self._scope.execute(theirs)).scalars().all()
                await self._delete_said_of(table, table.c.token == token, subjects)
            for table in _ABOUT_TOKEN:
                await self._scope.execute(self._scope.delete(table).where(table.c.token == token))
            followers = self._scope.update(tokens).where(tokens.c.renews == token)
            await self._scope.execute(followers.values(renews=None))

    async def _delete_said_of(self, table: Table, which: ColumnElement[bool], gone: Sequence[str]) -> None:
        """Delete the messages about these rows, which are looked for among those about their third parties."""
        parties = self._scope.select(table, table.c.third_party).where(which)
        said = self._scope.delete(outbox).where(outbox.c.third_party.in_(parties), outbox.c.subject.in_(gone))
        await self._scope.execute(said)

    def _party(self, before: datetime) -> _Conditions:
        known = self._scope.select(tokens, tokens.c.id).where(
            tokens.c.third_party == third_parties.c.id, ~_is_forgettable(before)
        )
        return [
            third_parties.c.removed_at < before,
            ~known.correlate(third_parties).exists(),
            ~self._waits(third_parties.c.id),
        ]

    def _token(self, before: datetime) -> _Conditions:
        later, renewing, used = (tokens.alias(name) for name in ("later", "renewing", "used"))
        offered = self._scope.select(handoffs, handoffs.c.id).where(
            handoffs.c.token == tokens.c.id, handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None)
        )
        sealed = self._scope.select(sealed_credentials, sealed_credentials.c.token)
        asked = self._scope.select(token_requests, token_requests.c.id).where(token_requests.c.outcome.is_(None))
        return [
            _ended(tokens, before),
            _is_forgettable(before),
            self._other(
                tokens, later, later.c.third_party == tokens.c.third_party, later.c.position > tokens.c.position
            ),
            ~self._other(tokens, renewing, renewing.c.renews == tokens.c.id, ~_ended(renewing, before)),
            # The last that was used tells that use is known.
            or_(
                tokens.c.last_accepted_at.is_(None),
                self._other(
                    tokens,
                    used,
                    used.c.third_party == tokens.c.third_party,
                    used.c.position > tokens.c.position,
                    used.c.last_accepted_at.is_not(None),
                ),
            ),
            ~offered.correlate(tokens).exists(),
            ~sealed.where(sealed_credentials.c.token == tokens.c.id).correlate(tokens).exists(),
            ~asked.where(token_requests.c.token == tokens.c.id).correlate(tokens).exists(),
            ~self._waits(tokens.c.third_party),
        ]

    def _request(self, before: datetime) -> _Conditions:
        return [token_requests.c.decided_at < before, *self._has_later(token_requests)]

    def _proposal(self, before: datetime) -> _Conditions:
        after = contact_proposals.alias("after")
        present = self._scope.select(third_parties, third_parties.c.id).where(
            third_parties.c.id == contact_proposals.c.third_party,
            or_(
                third_parties.c.contact == contact_proposals.c.contact,
                third_parties.c.deputy_contact == contact_proposals.c.contact,
            ),
        )
        approved_since = self._other(
            contact_proposals,
            after,
            after.c.third_party == contact_proposals.c.third_party,
            after.c.deputy == contact_proposals.c.deputy,
            after.c.position > contact_proposals.c.position,
            after.c.outcome == ProposalOutcome.APPROVED,
        )
        return [
            contact_proposals.c.decided_at < before,
            or_(
                contact_proposals.c.outcome != ProposalOutcome.APPROVED,
                and_(approved_since, ~present.correlate(contact_proposals).exists()),
            ),
            *self._has_later(contact_proposals),
        ]

    def _key(self, before: datetime) -> _Conditions:
        ended_at = func.coalesce(contact_keys.c.ended_at, contact_keys.c.decided_at)
        return [contact_keys.c.text.is_(None), ended_at < before, *self._has_later(contact_keys)]

    def _reason(self, _before: datetime) -> _Conditions:
        told = self._scope.select(audit, audit.c.number).where(
            audit.c.third_party == reasons.c.third_party, cast(audit.c.details, Text).contains(reasons.c.hash)
        )
        given = self._scope.select(contact_proposals, contact_proposals.c.id).where(
            contact_proposals.c.third_party == reasons.c.third_party, contact_proposals.c.reason == reasons.c.hash
        )
        return [~told.correlate(reasons).exists(), ~given.correlate(reasons).exists()]

    def _strange(self) -> Iterator[ColumnElement[bool]]:
        yield people.c.next_look_at.is_(None)
        for column in NAMED:
            naming = self._scope.select(column.table, column).where(column == people.c.id)
            yield ~naming.correlate(people).exists()

    def _has_later(self, table: Table) -> _Conditions:
        """The condition that a third party has a newer one: the newest is shown, and the next one counts on from it."""
        later = table.alias("later")
        newer = self._other(
            table, later, later.c.third_party == table.c.third_party, later.c.position > table.c.position
        )
        return [newer, ~self._waits(table.c.third_party)]

    def _waits(self, third_party: Column[Any]) -> ColumnElement[bool]:
        """The condition that a message about a third party waits to be sent, or shown anew."""
        waiting = self._scope.select(outbox, outbox.c.id).where(
            outbox.c.third_party == third_party, outbox.c.next_attempt_at.is_not(None)
        )
        return waiting.correlate(third_party.table).exists()

    def _other(self, table: Table, other: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        found: Select[Any] = select(other.c.id).where(other.c.workspace == self._scope.workspace, *conditions)
        return found.correlate(table).exists()


def _is_forgettable(before: datetime) -> ColumnElement[bool]:
    """The condition that a token that was made elsewhere would have expired: until then it could be imported again."""
    return or_(tokens.c.origin == TokenOrigin.ISSUED, tokens.c.expires_at < before)


def _ended(rows: FromClause, before: datetime) -> ColumnElement[bool]:
    """The condition that a token ended before then, in whichever way."""
    then = literal(before, Instant)
    return or_(*(func.coalesce(rows.c[end], then) < then for end in ("expires_at", "revoked_at", "retired_at")))
