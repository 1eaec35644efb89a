"""The third parties of one workspace."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, bindparam, case, func, or_, union_all

from access.model.errors import ThirdPartyNotFound
from access.model.ids import PersonId, ThirdPartyId
from access.model.third_party import ThirdParty, name_key
from storage.among import among
from storage.repositories.entities import Entities, saving
from storage.repositories.people import PARTS, look_after
from storage.scope import LIMIT, Scope, selecting
from storage.tables import third_parties

_OWNED: Final = [
    selecting(third_parties, third_parties.c.id).where(part == bindparam("owner"), third_parties.c.removed_at.is_(None))
    for part in (third_parties.c.owner, third_parties.c.deputy_owner)
]
IDS_OF_OWNER: Final = union_all(*_OWNED)
"""For `in_`: of those that the parameter `owner` owns, as owner or deputy, by the indexes on these."""

_RENAMED: Final = third_parties.c.name != bindparam("new_name")
_SAVING: Final = saving(third_parties).values(skeleton=case((_RENAMED, None), else_=third_parties.c.skeleton))

_NAMES: Final = (
    selecting(third_parties, third_parties.c.name)
    .where(third_parties.c.removed_at.is_(None))
    .order_by(third_parties.c.name_key)
    .limit(LIMIT)
)
_ALIKE: Final = _NAMES.where(among(third_parties.c.skeleton, "skeletons"))


class ThirdPartyRows:
    """The port `ThirdParties`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = Entities(scope, third_parties, ThirdParty)
        self._read = dict[ThirdPartyId, ThirdParty]()  # in a transaction in which nothing changes

    async def add(self, party: ThirdParty) -> None:
        """Insert. Raises NameTaken."""
        await self._rows.add(party, name_key=name_key(party.name))
        await self._look_after_people_of(party)

    async def save(self, party: ThirdParty) -> None:
        """Update. Raises NameTaken."""
        await self._rows.save(party, _SAVING, name_key=name_key(party.name), new_name=party.name)
        await self._look_after_people_of(party)

    async def get(self, third_party: ThirdPartyId) -> ThirdParty:
        """Return it, locked against others in a writing unit of work. Raises ThirdPartyNotFound, if removed too."""
        party = await self.find(third_party)
        if party is None or party.removed_at is not None:
            raise ThirdPartyNotFound
        return party

    async def find(self, third_party: ThirdPartyId) -> ThirdParty | None:
        """Return it even if it was removed."""
        party = self._read.get(third_party) or await self._rows.one(id=third_party)
        if party is not None:
            self._remember(party)
        return party

    async def find_each(self, among: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, ThirdParty]:
        """Return those of these that there are, even if they were removed."""
        found = {third_party: self._read[third_party] for third_party in among if third_party in self._read}
        found |= {party.id: party for party in await self._rows.each(id=set(among) - found.keys())}
        self._remember(*found.values())
        return found

    async def by_name(self, name: str) -> ThirdParty | None:
        """Return the one with that name, compared without regard to case, width or runs of spaces."""
        party = await self._rows.one(name_key=name_key(name), removed_at=None)
        if party is not None:
            self._remember(party)
        return party

    async def removed_by_name(self, name: str) -> ThirdParty | None:
        """Return the one with that name, compared alike, that was removed last."""
        named = self._rows.select().where(third_parties.c.name_key == name_key(name))
        removed = named.where(third_parties.c.removed_at.is_not(None)).order_by(third_parties.c.removed_at.desc())
        return next(iter(await self._rows.all(removed.limit(1))), None)

    async def names(self, *, owner: PersonId | None = None) -> Sequence[tuple[ThirdPartyId, str]]:
        """Return which third party has which name, by name; with `owner`, only theirs."""
        named = self._scope.select(third_parties, third_parties.c.id, third_parties.c.name).where(*present(owner))
        rows = await self._scope.execute(named.order_by(third_parties.c.name_key))
        return [(ThirdPartyId(row.id), row.name) for row in rows]

    async def first_names(self, limit: int, *, owner: PersonId | None = None) -> Sequence[str]:
        """Return the first names, by name; with `owner`, only theirs."""
        return await self._names(_NAMES, limit, owner)

    async def alike(self, skeletons: Collection[str], limit: int, *, owner: PersonId | None = None) -> Sequence[str]:
        """Return some names that look like one of these, by name; with `owner`, only theirs."""
        return await self._names(_ALIKE, limit, owner, skeletons=list(skeletons))

    async def _names(
        self, statement: Select[Any], limit: int, owner: PersonId | None, **given: Sequence[str]
    ) -> Sequence[str]:
        named = statement if owner is None else statement.where(_is_owned_by(owner))
        return list((await self._scope.run(named, limit=limit, **given)).scalars())

    async def without_skeleton(self, limit: int) -> Sequence[tuple[ThirdPartyId, str]]:
        """Return some of which it is not noted what their name looks like, and the name."""
        named = self._scope.select(third_parties, third_parties.c.id, third_parties.c.name)
        found = await self._scope.execute(named.where(third_parties.c.skeleton.is_(None)).limit(limit))
        return [(ThirdPartyId(row.id), row.name) for row in found]

    async def note_skeleton(self, third_party: ThirdPartyId, name: str, skeleton: str) -> None:
        """Note what a third party's name looks like, if it still has that name."""
        party = self._scope.update(third_parties).where(third_parties.c.id == third_party)
        await self._scope.execute(party.where(third_parties.c.name == name).values(skeleton=skeleton))

    async def of_person(self, person: PersonId) -> Sequence[ThirdParty]:
        """Return those that were not removed in which somebody has a part, as owner, contact or a deputy, by name."""
        ids = [self._scope.select(third_parties, third_parties.c.id).where(part == person) for part in PARTS]
        theirs = self._rows.select().where(third_parties.c.id.in_(union_all(*ids)))
        found = await self._rows.all(theirs.where(third_parties.c.removed_at.is_(None)))
        return sorted(found, key=lambda party: name_key(party.name))

    async def search(self, text: str, *, owner: PersonId | None, limit: int) -> tuple[Sequence[ThirdParty], int]:
        """Return those whose name contains `text`, by name, and how many there are; with `owner`, only theirs."""
        conditions = [*present(owner), third_parties.c.name_key.contains(name_key(text), autoescape=True)]
        count = self._scope.select(third_parties, func.count()).where(*conditions)
        total: int = (await self._scope.execute(count)).scalar_one()
        found = self._rows.select().where(*conditions).order_by(third_parties.c.name_key).limit(limit)
        return await self._rows.all(found), total

    async def restored(self, at: datetime) -> Sequence[ThirdParty]:
        """Return those that were not removed and came back out of a backup then, by name."""
        return await self._present(third_parties.c.restored_at == at)

    async def awaiting_confirmation(self) -> Sequence[ThirdParty]:
        """Return those of which an admin has to confirm, after a restore, that they are to be enabled, by name."""
        return await self._present(third_parties.c.restored_at.is_not(None), third_parties.c.decided_at.is_(None))

    async def _present(self, *conditions: ColumnElement[bool]) -> Sequence[ThirdParty]:
        found = self._rows.select().where(*present(None), *conditions)
        return await self._rows.all(found.order_by(third_parties.c.name_key))

    def _remember(self, *parties: ThirdParty) -> None:
        if self._scope.only_reads:
            self._read |= {party.id: party for party in parties}

    async def _look_after_people_of(self, party: ThirdParty) -> None:
        if party.removed_at is None:
            await look_after(self._scope, party.owner, party.deputy_owner, party.contact, party.deputy_contact)


def present(owner: PersonId | None) -> list[ColumnElement[bool]]:
    """Those that were not removed; with `owner`, only theirs."""
    conditions: list[ColumnElement[bool]] = [third_parties.c.removed_at.is_(None)]
    if owner is not None:
        conditions.append(_is_owned_by(owner))
    return conditions


def _is_owned_by(owner: PersonId) -> ColumnElement[bool]:
    return or_(third_parties.c.owner == owner, third_parties.c.deputy_owner == owner)


def of_owner(owned: bool, column: Column[Any], statement: Select[Any]) -> Select[Any]:
    """Keep, if `owned`, those of the rows whose column names a third party of the parameter `owner`."""
    return statement.where(column.in_(IDS_OF_OWNER)) if owned else statement
