"""What is kept of somebody, for them to have, and to have erased."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, Text, cast, or_, tuple_

from access.model.ids import PersonId
from access.model.people import Tie
from access.model.third_party import ThirdParty
from storage.repositories.entities import Entities
from storage.repositories.history import NAMED
from storage.scope import Scope
from storage.tables import (
    audit,
    contact_keys,
    contact_proposals,
    handoffs,
    outbox,
    people,
    reasons,
    third_parties,
    token_requests,
    tokens,
)

_LEFT_OUT: Final = frozenset(
    {"workspace", "name_key", "token_digest", "secret_digest", "digest_key", "mac", "key", "once_key"}
)
"""What is of no meaning to anybody, or helps whoever wants to make a token or a record."""

_OF_ONE: Final[Mapping[Table, tuple[Column[Any], frozenset[str]]]] = {
    contact_keys: (contact_keys.c.contact, frozenset({"text", "fingerprint"})),
    contact_proposals: (contact_proposals.c.contact, frozenset({"account_ends_at"})),
    outbox: (outbox.c.reader, frozenset({"channel", "ts"})),
    tokens: (tokens.c.collected_by, frozenset({"fingerprint"})),
}
"""Who a row is about, whoever else it names, and what of it is nobody else's business."""


class PersonalRows:
    """The port `PersonalData`. `erased_any` tells whether this transaction has something to clean away."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._parties = Entities(scope, third_parties, ThirdParty)
        self.erased_any = False

    async def known_as(self, user_id: str) -> Sequence[PersonId]:
        """Return whom a Slack user ID means: one for each organisation."""
        known = self._scope.select(people, people.c.id).where(people.c.user_id == user_id)
        return [PersonId(person) for person in (await self._scope.execute(known.order_by(people.c.id))).scalars()]

    async def ties(self, person: PersonId, now: datetime) -> Sequence[tuple[Tie, ThirdParty]]:
        """Return what somebody still is, and to which third party."""
        found = list[tuple[Tie, ThirdParty]]()
        for tie, (column, *still) in _ties(now).items():
            which = column.table.c.id if column.table is third_parties else column.table.c.third_party
            theirs = self._scope.select(column.table, which).where(column == person, *still)
            parties = self._parties.select().where(third_parties.c.id.in_(theirs)).order_by(third_parties.c.name_key)
            found += [(tie, party) for party in await self._parties.all(parties)]
        return found

    async def erase(self, person: PersonId) -> None:
        """Delete the account behind a person id, the reasons that they gave, their keys, and messages to them.

        Of the proposals of them as a contact, only when their account ends goes.
        """
        self.erased_any = True
        given = [(row["third_party"], row["hash"]) for row in await self._reasons(person)]
        keys = self._scope.select(contact_keys, contact_keys.c.id).where(contact_keys.c.contact == person)
        for table, theirs in (
            (reasons, tuple_(reasons.c.third_party, reasons.c.hash).in_(given)),
            (outbox, or_(outbox.c.reader == person, outbox.c.subject.in_(keys))),
            (contact_keys, contact_keys.c.contact == person),
            (people, people.c.id == person),
        ):
            await self._scope.execute(self._scope.delete(table).where(theirs))
        proposed = self._scope.update(contact_proposals).where(contact_proposals.c.contact == person)
        await self._scope.execute(proposed.values(account_ends_at=None))

    async def everything(self, person: PersonId) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return every row that names somebody, by table, in the order of their ids; no secret, nor a digest of one.

        What such a row tells of somebody else is left empty.
        """
        kept = {"people": await self._rows(people, people.c.id == person)}
        for table in dict.fromkeys(column.table for column in NAMED):
            names = [column == person for column in NAMED if column.table is table]
            found = await self._rows(table, or_(*names))
            kept[table.name] = [_without_others(row, table, person) for row in found]
        named = cast(audit.c.details, Text).contains(f'"{person}"')
        kept["audit"] = await self._rows(audit, or_(audit.c.actor == person, named))
        kept["reasons"] = await self._reasons(person)
        return kept

    async def _reasons(self, person: PersonId) -> Sequence[Mapping[str, Any]]:
        """Return the reasons that somebody gave, as far as it is recorded who gave them."""
        acts = self._scope.select(audit, audit.c.third_party, audit.c.details).where(audit.c.actor == person)
        told = {(row.third_party, row.details.get("reason")) for row in await self._scope.execute(acts)}
        decided = self._scope.select(contact_proposals, contact_proposals.c.third_party, contact_proposals.c.reason)
        rejected = await self._scope.execute(decided.where(contact_proposals.c.decided_by == person))
        told |= {(row.third_party, row.reason) for row in rejected}
        given = {(party, reason) for party, reason in told if party and reason}
        which = tuple_(reasons.c.third_party, reasons.c.hash).in_(sorted(given))
        return await self._rows(reasons, which)

    async def _rows(self, table: Table, which: ColumnElement[bool]) -> Sequence[Mapping[str, Any]]:
        columns = [column for column in table.columns if column.name not in _LEFT_OUT]
        found = self._scope.select(table, *columns).where(which).order_by(*table.primary_key.columns)
        return [{**row._mapping} for row in await self._scope.execute(found)]


def _without_others(row: Mapping[str, Any], table: Table, person: PersonId) -> Mapping[str, Any]:
    if table not in _OF_ONE:
        return row
    whose, private = _OF_ONE[table]
    return row if row[whose.name] == person else {**row, **dict.fromkeys(private)}


def _ties(now: datetime) -> Mapping[Tie, tuple[Column[Any], *tuple[ColumnElement[bool], ...]]]:
    """Return which column names the person, and what is true of a row as long as it counts."""
    parts = (Tie.OWNER, Tie.DEPUTY_OWNER, Tie.CONTACT, Tie.DEPUTY_CONTACT)
    undecided = contact_proposals.c.outcome.is_(None)
    return {
        **{tie: (third_parties.c[tie.value], third_parties.c.removed_at.is_(None)) for tie in parts},
        Tie.HOLDER: (
            tokens.c.collected_by,
            tokens.c.expires_at > now,
            tokens.c.revoked_at.is_(None),
            tokens.c.retired_at.is_(None),
        ),
        Tie.OFFERED: (handoffs.c.contact, handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None)),
        Tie.PROPOSED: (contact_proposals.c.contact, undecided),
        Tie.PROPOSER: (contact_proposals.c.proposed_by, undecided),
        Tie.ASKER: (token_requests.c.asked_by, token_requests.c.outcome.is_(None)),
    }
