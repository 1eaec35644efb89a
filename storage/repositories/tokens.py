"""The tokens of one workspace."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, func, or_

from access.model.errors import TokenNotFound
from access.model.ids import Fingerprint, PersonId, ThirdPartyId, TokenId
from access.model.token import Token, TokenOrigin
from storage.repositories.entities import Entities, selecting_all
from storage.repositories.people import look_after
from storage.scope import Scope
from storage.tables import handoffs, tokens

_DIGEST: Final[BindParameter[Any]] = bindparam("digest")
_BY_DIGEST: Final = selecting_all(tokens, Token).where(
    or_(tokens.c.token_digest == _DIGEST, tokens.c.secret_digest == _DIGEST)
)


class TokenRows:
    """The port `Tokens`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = Entities(scope, tokens, Token)

    async def add(self, token: Token) -> None:
        """Insert."""
        await self._rows.add_next(token, token.third_party)
        await self._look_after_opener_of(token)

    async def save(self, token: Token) -> None:
        """Update."""
        await self._rows.save(token)
        await self._look_after_opener_of(token)

    async def get(self, token: TokenId) -> Token:
        """Raises TokenNotFound."""
        found = await self._rows.one(id=token)
        if found is None:
            raise TokenNotFound
        return found

    async def of(self, third_party: ThirdPartyId) -> Sequence[Token]:
        """Return all tokens of a third party, newest first."""
        return await self._rows.each(newest_first=True, third_party=third_party)

    async def of_each(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Sequence[Token]]:
        """Return all tokens of each of these third parties, newest first."""
        found = dict[ThirdPartyId, list[Token]]((party, []) for party in parties)
        for token in await self._rows.each(newest_first=True, third_party=parties):
            found[token.third_party].append(token)
        return found

    async def opened_by(self, person: PersonId) -> Sequence[Token]:
        """Return all tokens that somebody has opened, whatever has become of them, the newest first."""
        theirs = self._rows.select().where(tokens.c.collected_by == person)
        return await self._rows.all(theirs.order_by(tokens.c.issued_at.desc(), tokens.c.position.desc(), tokens.c.id))

    async def by_fingerprint(self, fingerprint: Fingerprint) -> Sequence[Token]:
        """Return the tokens of the workspace with that fingerprint."""
        return await self._rows.each(fingerprint=fingerprint)

    async def by_digest(self, digest: bytes) -> Token | None:
        """Return the token whose own digest, or whose client secret's, that is."""
        return await self._rows.first(_BY_DIGEST, digest=digest)

    async def due(self, now: datetime, limit: int) -> Sequence[Token]:
        """Return old tokens whose time to retire has come, the longest overdue first."""
        due = self._rows.select().where(tokens.c.retires_at <= now)
        return await self._rows.all(due.order_by(tokens.c.retires_at, tokens.c.id).limit(limit))

    async def never_offered(self, now: datetime, limit: int) -> Sequence[Token]:
        """Return tokens that were made elsewhere, waited to be offered, and have expired."""
        pending = self._rows.select().where(tokens.c.collected_at.is_(None), tokens.c.revoked_at.is_(None))
        offered = self._scope.select(handoffs, handoffs.c.token)
        waiting = pending.where(tokens.c.origin != TokenOrigin.ISSUED, tokens.c.id.not_in(offered))
        expired = func.coalesce(tokens.c.expires_at, tokens.c.expires_at) <= now  # by the index of the pending ones
        return await self._rows.all(waiting.where(expired).limit(limit))

    async def _look_after_opener_of(self, token: Token) -> None:
        if token.collected_by is not None and token.revoked_at is None and token.retired_at is None:
            await look_after(self._scope, token.collected_by)
