"""What checks have shown of the tokens of one workspace."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import and_, bindparam, or_

from access.model.check import Refusal, Use
from access.model.ids import TokenId
from access.model.policy import Policy
from access.model.renewal import use_has_consequences
from access.model.token import Verdict
from storage.among import among
from storage.scope import Scope, selecting
from storage.tables import check_refusals, resource_servers, tokens
from storage.types import Instant

_REFUSALS: Final = (
    selecting(check_refusals)
    .where(among(check_refusals.c.token, "tokens"))
    .order_by(check_refusals.c.refused_at.desc(), check_refusals.c.token)
)

_LAST, _SUCCEEDED = tokens.c.last_accepted_at, tokens.c.succeeded_at
_WITH_CONSEQUENCES: Final = selecting(tokens, tokens.c.id, _LAST, _SUCCEEDED, tokens.c.retires_at).where(
    among(tokens.c.id, "used"),
    tokens.c.collected_at.is_not(None),
    or_(_LAST.is_(None), and_(_SUCCEEDED.is_not(None), tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None))),
)
_THERE: Final = [selecting(table, table.c.id).where(among(table.c.id, "ids")) for table in (tokens, resource_servers)]


class CheckRows:
    """The port `Checks`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def with_consequences(self, uses: Mapping[TokenId, Use], policy: Policy) -> Sequence[TokenId]:
        """Return those of the tokens whose use changes more than the time of their last use."""
        return [
            TokenId(row.id)
            for row in await self._scope.run(_WITH_CONSEQUENCES, used=list(uses))
            if use_has_consequences(
                uses[row.id].at,
                last_accepted_at=row.last_accepted_at,
                succeeded_at=row.succeeded_at,
                retires_at=row.retires_at,
                policy=policy,
            )
        ]

    async def note_accepted(self, uses: Mapping[TokenId, Use]) -> None:
        """Note the last use of tokens, whatever else it may mean. It never moves back."""
        at = bindparam("used_at", type_=Instant)
        last = tokens.c.last_accepted_at
        statement = self._scope.update(tokens).where(
            tokens.c.id == bindparam("used"), tokens.c.collected_at.is_not(None), or_(last.is_(None), last <= at)
        )
        rows = [{"used": token, "used_at": use.at, "asker": use.to} for token, use in uses.items()]
        await self._scope.execute_many(statement.values(last_accepted_at=at, last_accepted_by=bindparam("asker")), rows)

    async def note_refused(self, refused: Mapping[tuple[TokenId, Verdict], Use]) -> None:
        """Note the last refusal of tokens, for each reason. It never moves back."""
        known = await self._known({token for token, _ in refused}, {use.to for use in refused.values()})
        rows = [
            {"token": token, "verdict": verdict, "refused_at": use.at, "resource_server": use.to}
            for (token, verdict), use in refused.items()
            if {token, use.to} <= known
        ]
        await self._scope.insert_new(check_refusals, rows)
        columns = check_refusals.c
        at = bindparam("at", type_=Instant)
        later = self._scope.update(check_refusals).where(
            columns.token == bindparam("of"), columns.verdict == bindparam("because"), columns.refused_at < at
        )
        statement = later.values(refused_at=at, resource_server=bindparam("asker"))
        named = {"of": "token", "because": "verdict", "at": "refused_at", "asker": "resource_server"}
        await self._scope.execute_many(statement, [{new: row[old] for new, old in named.items()} for row in rows])

    async def refusals(self, of: Collection[TokenId]) -> Sequence[Refusal]:
        """Return the last refusals of these tokens, one for each reason, the latest first."""
        return [
            Refusal(TokenId(row.token), row.verdict, Use(row.refused_at, row.resource_server))
            for row in await self._scope.run(_REFUSALS, tokens=list(of))
        ]

    async def _known(self, given: Collection[str], askers: Collection[str]) -> set[str]:
        """Return those of these tokens and resource servers that there are."""
        found: set[str] = set()
        for there, ids in zip(_THERE, (given, askers), strict=True):
            found.update((await self._scope.run(there, ids=list(ids))).scalars())
        return found
