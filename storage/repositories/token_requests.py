"""The contacts' requests for a new token, of one workspace."""

from collections.abc import Collection, Mapping

from access.model.errors import TokenRequestNotFound
from access.model.ids import ThirdPartyId, TokenRequestId
from access.model.token_request import TokenRequest
from storage.repositories.entities import Entities
from storage.scope import Scope
from storage.tables import token_requests


class TokenRequestRows:
    """The port `TokenRequests`."""

    def __init__(self, scope: Scope) -> None:
        self._rows = Entities(scope, token_requests, TokenRequest)

    async def add(self, request: TokenRequest) -> None:
        """Insert."""
        await self._rows.add_next(request, request.third_party)

    async def save(self, request: TokenRequest) -> None:
        """Update."""
        await self._rows.save(request)

    async def get(self, request: TokenRequestId) -> TokenRequest:
        """Raises TokenRequestNotFound."""
        found = await self._rows.one(id=request)
        if found is None:
            raise TokenRequestNotFound
        return found

    async def open_for(self, third_party: ThirdPartyId) -> TokenRequest | None:
        """Return the request that still waits for a decision, if any."""
        return await self._rows.one(third_party=third_party, outcome=None)

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, TokenRequest]:
        """Return the requests that still wait for a decision, of these third parties."""
        found = await self._rows.each(third_party=parties, outcome=None)
        return {request.third_party: request for request in found}

    async def newest_for(self, third_party: ThirdPartyId) -> TokenRequest | None:
        """Return the request that was made last, if any was."""
        return await self._rows.one(newest=True, third_party=third_party)
