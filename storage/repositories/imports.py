"""Many third parties at once: what an import looks up, and what it adds, some thousand rows with each statement."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Column, Row, Table, func

from access.model.contact import ContactProposal
from access.model.ids import ClientId, PersonId, ThirdPartyId, TokenId
from access.model.import_plan import Kept
from access.model.people import SlackPerson, SlackUser
from access.model.third_party import ThirdParty, name_key
from access.model.token import Token
from access.ports.machine import Random
from storage.repositories.entities import Entities, values_of
from storage.repositories.people import look_after
from storage.scope import Scope
from storage.tables import contact_proposals, people, sealed_credentials, third_parties, tokens
from storage.types import AT_ONCE

_LOOKED_UP: Final = 500
"""In one question: SQLite takes a limited number of values."""

_WRITTEN: Final = 5_000
"""Rows with one statement, so that not all of them are in memory twice."""

_T = TypeVar("_T")


class ImportRows:
    """The port `Imports`."""

    def __init__(self, scope: Scope, random: Random) -> None:
        self._scope = scope
        self._random = random
        self._parties = Entities(scope, third_parties, ThirdParty)
        self._tokens = Entities(scope, tokens, Token)

    async def kept(self, names: Collection[str]) -> Mapping[str, Kept]:
        """Return the third parties that have one of these names, by the key of the name."""
        found = dict[str, Kept]()
        for some in _parts(list(names), _LOOKED_UP):
            statement = self._parties.select().where(
                third_parties.c.name_key.in_(some), third_parties.c.removed_at.is_(None)
            )
            parties = await self._parties.all(statement)
            theirs = await self._tokens_of([party.id for party in parties])
            waiting = await self._with_open_proposal([party.id for party in parties])
            found |= {name_key(each.name): Kept(each, theirs[each.id], each.id in waiting) for each in parties}
        return found

    async def holders_of(self, client_ids: Collection[ClientId]) -> Mapping[ClientId, ThirdPartyId]:
        """Return who has which of these client IDs, also of those that were removed."""
        rows = await self._looked_up(third_parties, third_parties.c.client_id, client_ids)
        return {ClientId(row.client_id): ThirdPartyId(row.id) for row in rows}

    async def digests(self, among: Collection[bytes]) -> Mapping[bytes, ThirdPartyId]:
        """Return whose tokens, or their client secrets, have which of these digests."""
        found = dict[bytes, ThirdPartyId]()
        for column in (tokens.c.token_digest, tokens.c.secret_digest):
            rows = await self._looked_up(tokens, column, among)
            found |= {row._mapping[column.name]: ThirdPartyId(row.third_party) for row in rows}
        return found

    async def ids_known(self, accounts: Collection[SlackUser]) -> Mapping[SlackUser, PersonId]:
        """Return the ids of those accounts that have one."""
        rows = await self._looked_up(people, people.c.user_id, {account.user_id for account in accounts})
        known = {SlackUser(row.user_id, row.org): PersonId(row.id) for row in rows}
        return {account: known[account] for account in accounts if account in known}

    async def meet(
        self, persons: Collection[SlackPerson], *, owners: Collection[SlackUser]
    ) -> dict[SlackUser, PersonId]:
        """Return the ids of these people, made on first sight; owners are looked at daily from now on."""
        accounts = {person.slack: person for person in persons}
        ids = dict(await self.ids_known(accounts))
        fresh = {account: PersonId(self._random.identifier()) for account in accounts if account not in ids}
        rows = [
            {
                "id": fresh[account],
                "org": account.org,
                "user_id": account.user_id,
                "time_zone": accounts[account].time_zone,
                "account_ends_at": accounts[account].account_ends_at,
            }
            for account in fresh
        ]
        await self._insert(people, rows)
        for some in _parts([{**ids, **fresh}[owner] for owner in owners], _LOOKED_UP):
            await look_after(self._scope, *some)
        return ids | fresh

    async def add_parties(self, parties: Sequence[ThirdParty], skeleton: Callable[[str], str]) -> None:
        """Insert them, with what their names look like; `meet` has seen to their people. Raises NameTaken."""
        rows = [
            {**values_of(each), "name_key": name_key(each.name), "skeleton": skeleton(each.name)} for each in parties
        ]
        await self._insert(third_parties, rows)

    async def add_proposals(self, proposals: Sequence[ContactProposal]) -> None:
        """Insert them, each as the newest of its third party."""
        await self._insert(contact_proposals, await self._with_positions(contact_proposals, proposals))

    async def add_tokens(self, added: Sequence[Token]) -> None:
        """Insert them, each as the newest of its third party, to be looked at for reminders at once."""
        rows = await self._with_positions(tokens, added)
        at_once = [AT_ONCE if each.collected_at is not None else None for each in added]
        await self._insert(tokens, [{**row, "next_reminder_at": at} for row, at in zip(rows, at_once, strict=True)])

    async def put_sealed(self, sealed: Mapping[TokenId, tuple[bytes | None, bytes]]) -> None:
        """Keep the sealed client secret, if there is one, and the token, until the reveal."""
        rows = [
            {"token": token, "client_secret": client_secret, "bearer": bearer}
            for token, (client_secret, bearer) in sealed.items()
        ]
        await self._insert(sealed_credentials, rows)

    async def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        for some in _parts(rows, _WRITTEN):
            await self._scope.insert_all(table, some)

    async def _with_positions(
        self, table: Table, added: Sequence[Token] | Sequence[ContactProposal]
    ) -> list[dict[str, Any]]:
        last = defaultdict[str, int](int)
        for some in _parts(sorted({each.third_party for each in added}), _LOOKED_UP):
            newest = self._scope.select(table, table.c.third_party, func.max(table.c.position).label("last"))
            theirs = newest.where(table.c.third_party.in_(some)).group_by(table.c.third_party)
            last |= {row.third_party: row.last for row in await self._scope.execute(theirs)}
        rows = list[dict[str, Any]]()
        for each in added:
            last[each.third_party] += 1
            rows.append({**values_of(each), "position": last[each.third_party]})
        return rows

    async def _tokens_of(self, parties: Sequence[ThirdPartyId]) -> Mapping[ThirdPartyId, list[Token]]:
        found = defaultdict[ThirdPartyId, list[Token]](list)
        theirs = self._tokens.select().where(tokens.c.third_party.in_(parties)).order_by(tokens.c.position.desc())
        for token in await self._tokens.all(theirs):
            found[token.third_party].append(token)
        return found

    async def _with_open_proposal(self, parties: Sequence[ThirdPartyId]) -> set[str]:
        waiting = self._scope.select(contact_proposals, contact_proposals.c.third_party)
        theirs = waiting.where(contact_proposals.c.third_party.in_(parties), contact_proposals.c.outcome.is_(None))
        return set((await self._scope.execute(theirs)).scalars())

    async def _looked_up(self, table: Table, column: Column[Any], values: Collection[Any]) -> list[Row[Any]]:
        rows = list[Row[Any]]()
        for some in _parts(list(values), _LOOKED_UP):
            rows += (await self._scope.execute(self._scope.select(table).where(column.in_(some)))).all()
        return rows


def _parts(rows: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
