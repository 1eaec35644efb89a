"""Free text, kept apart from the audit trail so that it can be deleted."""

from collections.abc import Callable

from access.model.ids import ReasonHash, ThirdPartyId, WorkspaceId
from storage.scope import Scope
from storage.tables import reasons

HashReason = Callable[[WorkspaceId, str], ReasonHash]
"""The vault's `hash_reason`."""


class ReasonRows:
    """The port `Reasons`."""

    def __init__(self, scope: Scope, hash_reason: HashReason) -> None:
        self._scope = scope
        self._hash_reason = hash_reason

    async def keep(self, third_party: ThirdPartyId, text: str) -> ReasonHash | None:
        """Keep a reason in a row that can be deleted and return its keyed hash; None for an empty text."""
        if not text:
            return None
        reason = self._hash_reason(self._scope.workspace, text)
        await self._scope.insert_new(reasons, [{"third_party": third_party, "hash": reason, "text": text}])
        return reason

    async def text(self, reason: ReasonHash) -> str | None:
        """Return the text, or None if it was deleted."""
        row = await self._scope.first(self._scope.select(reasons, reasons.c.text).where(reasons.c.hash == reason))
        return row.text if row else None
