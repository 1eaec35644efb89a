"""The sealed credentials that wait for their reveal."""

from access.model.errors import AlreadyCollected
from access.model.ids import TokenId
from storage.scope import Scope
from storage.tables import sealed_credentials


class SealedCredentialRows:
    """The port `SealedCredentials`. `deleted_any` tells whether this transaction has something to clean away."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.deleted_any = False

    async def put(self, token: TokenId, *, client_secret: bytes | None, bearer: bytes) -> None:
        """Keep the sealed client secret, if there is one, and token until the reveal."""
        await self._scope.insert(sealed_credentials, token=token, client_secret=client_secret, bearer=bearer)

    async def take(self, token: TokenId) -> tuple[bytes | None, bytes]:
        """Read and delete the sealed client secret and token. Raises AlreadyCollected if they are gone."""
        taken = await self._delete(token)
        if taken is None:
            raise AlreadyCollected
        return taken

    async def discard(self, token: TokenId) -> None:
        """Delete them unread."""
        await self._delete(token)

    async def _delete(self, token: TokenId) -> tuple[bytes | None, bytes] | None:
        statement = self._scope.delete(sealed_credentials).where(sealed_credentials.c.token == token)
        deleted = statement.returning(sealed_credentials.c.client_secret, sealed_credentials.c.bearer)
        row = (await self._scope.execute(deleted)).first()
        if row is None:
            return None
        self.deleted_any = True
        return row.client_secret, row.bearer
