"""The handoffs of one workspace."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, or_

from access.model.errors import HandoffNotFound
from access.model.handoff import Handoff
from access.model.ids import HandoffId, ThirdPartyId, TokenId
from storage.repositories.entities import Entities
from storage.scope import Scope
from storage.tables import handoffs

_OPEN: Final = and_(handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None))


class HandoffRows:
    """The port `Handoffs`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = Entities(scope, handoffs, Handoff)

    async def add(self, handoff: Handoff) -> None:
        """Insert."""
        await self._rows.add(handoff)

    async def save(self, handoff: Handoff) -> None:
        """Update."""
        await self._rows.save(handoff)

    async def get(self, handoff: HandoffId) -> Handoff:
        """Raises HandoffNotFound."""
        found = await self._rows.one(id=handoff)
        if found is None:
            raise HandoffNotFound
        return found

    async def of_token(self, token: TokenId) -> Handoff:
        """Return the one handoff of a token. Raises HandoffNotFound."""
        found = await self.find_of(token)
        if found is None:
            raise HandoffNotFound
        return found

    async def find_of(self, token: TokenId) -> Handoff | None:
        """Return the one handoff of a token; None where it was made elsewhere, and not offered here."""
        return await self._rows.one(token=token)

    async def of_tokens(self, among: Collection[TokenId]) -> Mapping[TokenId, Handoff]:
        """Return the handoffs of these tokens, but for those that were not offered here."""
        found = await self._rows.each(token=among)
        return {handoff.token: handoff for handoff in found}

    async def open_for(self, third_party: ThirdPartyId) -> Handoff | None:
        """Return the handoff that waits for its reveal, if any."""
        return await self._rows.one(third_party=third_party, collected_at=None, ended_at=None)

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Handoff]:
        """Return the handoffs that wait for their reveal, of these third parties."""
        found = await self._rows.each(third_party=parties, collected_at=None, ended_at=None)
        return {handoff.third_party: handoff for handoff in found}

    async def claim(self, handoff: HandoffId, now: datetime) -> bool:
        """Claim the one reveal by a conditional UPDATE; False if it was claimed or ended before."""
        statement = self._scope.update(handoffs).where(handoffs.c.id == handoff, _OPEN)
        return (await self._scope.execute(statement.values(collected_at=now))).rowcount == 1

    async def due(self, now: datetime, limit: int) -> Sequence[Handoff]:
        """Return open handoffs whose nudge or lapse is due, the oldest first."""
        nudge_due = and_(handoffs.c.nudged_at.is_(None), handoffs.c.nudge_at <= now)
        due = self._rows.select().where(_OPEN, or_(nudge_due, handoffs.c.lapses_at <= now))
        return await self._rows.all(due.order_by(handoffs.c.lapses_at, handoffs.c.id).limit(limit))
