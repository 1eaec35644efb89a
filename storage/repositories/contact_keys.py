"""The contacts' public keys of one workspace, and the changes of them that were asked for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, union_all

from access.model.contact_key import ContactKey, ContactKeys, keys_of
from access.model.errors import KeyChangeNotFound
from access.model.ids import ContactKeyId, PersonId, ThirdPartyId
from storage.among import among
from storage.repositories.entities import Entities, selecting_all
from storage.scope import Scope
from storage.tables import contact_keys

_THEIRS: Final = selecting_all(contact_keys, ContactKey).where(among(contact_keys.c.third_party, "parties"))
_LASTING: Final = union_all(  # or neither's index would be of use
    _THEIRS.where(contact_keys.c.outcome.is_(None)),
    _THEIRS.where(contact_keys.c.outcome.is_not(None), contact_keys.c.text.is_not(None)),
)


class ContactKeyRows:
    """The port `KeysOfContacts`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = Entities(scope, contact_keys, ContactKey)

    async def add(self, key: ContactKey) -> None:
        """Insert."""
        await self._rows.add_next(key, key.third_party)

    async def save(self, key: ContactKey) -> None:
        """Update."""
        await self._rows.save(key)

    async def get(self, key: ContactKeyId) -> ContactKey:
        """Raises KeyChangeNotFound."""
        found = await self._rows.one(id=key)
        if found is None:
            raise KeyChangeNotFound
        return found

    async def of(self, third_party: ThirdPartyId, contact: PersonId) -> ContactKeys:
        """Return the key of that person which is in force, and the change that waits."""
        return keys_of(contact, await self.lasting(third_party))

    async def lasting(self, third_party: ThirdPartyId) -> Sequence[ContactKey]:
        """Return all that wait or are in force, whoever's they are."""
        return (await self.lasting_of_each([third_party]))[third_party]

    async def lasting_of_each(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Sequence[ContactKey]]:
        """Return all of each of these third parties that wait or are in force, whoever's they are."""
        found = dict[ThirdPartyId, list[ContactKey]]((party, []) for party in parties)
        for key in await self._rows.run(_LASTING, parties=list(parties)):
            found[key.third_party].append(key)
        return found

    async def asked_between(
        self, third_party: ThirdPartyId, contact: PersonId, since: datetime, until: datetime
    ) -> int:
        """Return how often that person asked for a change in that time."""
        count = self._scope.select(contact_keys, func.count()).where(
            contact_keys.c.third_party == third_party,
            contact_keys.c.contact == contact,
            contact_keys.c.asked_at.between(since, until),
        )
        return int((await self._scope.execute(count)).scalar_one())
