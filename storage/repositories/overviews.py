"""What is looked up across all third parties. Each search reads a bounded number of rows, found by an index."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, Subquery, Table, and_, func, literal, or_, select

from access.model.contact import ContactProposal
from access.model.handoff import Handoff
from access.model.ids import PersonId, ThirdPartyId, TokenId
from access.model.messages import MessageKind
from access.model.report import GapLine
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.ports import Found, ProposalOfParty, TokenAmongOthers
from storage.repositories.entities import Entities
from storage.repositories.third_parties import ids_of_owner, present
from storage.scope import Scope
from storage.tables import contact_proposals, digests, handoffs, outbox, third_parties, tokens
from storage.types import Instant

_PARTIES_LOOKED_AT: Final = 50_000
"""Whether a third party has a live token no index can say, since that changes as time passes."""

_TOKENS_LOOKED_AT: Final = 10_000
"""Nor whether a token has expired."""

_LOOKED_AT_FOR_ONE: Final = 50
"""Rows, for each that is to be found."""

_UNENDED: Final = (tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None))
"""In the words of the indexes that hold only such tokens."""


class OverviewRows:
    """The port `Overviews`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._tokens = Entities(scope, tokens, Token)
        self._parties = Entities(scope, third_parties, ThirdParty)
        self._handoffs = Entities(scope, handoffs, Handoff)
        self._proposals = Entities(scope, contact_proposals, ContactProposal)

    async def expiring(
        self, now: datetime, until: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return collected tokens, neither revoked nor retired, that expire from now `until` then, the next first."""
        expires_at = tokens.c.expires_at if owner is None else _found_otherwise(tokens.c.expires_at, now)
        soon = self._tokens.select().where(*_UNENDED, tokens.c.collected_at.is_not(None))
        soon = self._of(owner, tokens, soon.where(expires_at > now, expires_at <= until))
        soonest = soon.order_by(expires_at, tokens.c.id)
        found = await self._tokens.all(soonest.limit(limit))
        return await self._among_others(found, complete=len(found) < limit)

    async def uncollected(self, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return the tokens of open offers, by the end of the offer."""
        offered = self._handoffs.select().where(handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None))
        some = _some(self._of(owner, handoffs, offered), limit)
        found = await self._handoffs.all(select(some).order_by(some.c.lapses_at, some.c.id).limit(limit))
        issued = await self._tokens.all(
            self._tokens.select().where(tokens.c.id.in_([handoff.token for handoff in found]))
        )
        token_of = {token.id: token for token in issued}
        lines = [(token_of[handoff.token], handoff.lapses_at) for handoff in found]
        return await self._gap(lines, complete=len(found) < limit)

    async def unused(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return tokens that work and whose handoff nothing has confirmed, those first that were collected first.

        Where there are more than `limit` unconfirmed handoffs, these are among the latest.
        """
        collected = self._scope.select(handoffs, handoffs.c.token, handoffs.c.collected_at)
        collected = collected.where(handoffs.c.confirmed_at.is_(None))
        if owner is None:
            collected = collected.where(handoffs.c.collected_at.is_not(None))
        else:
            live = self._scope.select(tokens, tokens.c.id).where(*_UNENDED, tokens.c.collected_at.is_not(None))
            live = self._of(owner, tokens, live.where(_found_otherwise(tokens.c.expires_at, now) > now))
            collected = collected.where(handoffs.c.token.in_(live))
        latest = collected.order_by(handoffs.c.collected_at.desc()).limit(limit)
        at: dict[TokenId, datetime] = {
            TokenId(row.token): row.collected_at for row in await self._scope.execute(latest)
        }
        opened = await self._tokens.all(self._tokens.select().where(tokens.c.id.in_(at)))
        working = [token for token in opened if token.works(now) and token.last_accepted_at is None]
        lines = sorted(((token, at[token.id]) for token in working), key=lambda line: line[1])
        return await self._gap(lines, complete=len(at) < limit)

    async def perhaps_unused(
        self, now: datetime, since: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return tokens that have not ended and were not used since then, nor collected, the latest of them first."""
        used, collected = tokens.c.last_accepted_at, tokens.c.collected_at
        searches = [self._last(func.coalesce(used, collected), since, owner)]  # no index has that
        if owner is None:
            searches = [self._last(used, since, None), self._last(collected, since, None).where(used.is_(None))]
        some = [await self._unexpired(latest, now, limit) for latest in searches]
        found = [token for each in some for token in each.items]
        return await self._among_others(found, complete=all(each.complete for each in some))

    def _last(self, at: ColumnElement[Any], since: datetime, owner: PersonId | None) -> Select[Any]:
        """Select unended tokens whose time `at` lies before `since`, the latest first."""
        before = self._scope.select(tokens, tokens.c.id, tokens.c.expires_at, at.label("at"))
        before = before.where(*_UNENDED, at <= since)
        return self._of(owner, tokens, before).order_by(at.desc())

    async def _unexpired(self, latest: Select[Any], now: datetime, limit: int) -> Found[Token]:
        """Return those of the tokens that have not expired, out of a bounded number of rows."""
        looked_at = latest.limit(_TOKENS_LOOKED_AT).subquery()
        unexpired = select(looked_at.c.id).where(looked_at.c.expires_at > now).order_by(looked_at.c.at.desc())
        ids = (await self._scope.execute(unexpired.limit(limit))).scalars().all()
        found = await self._tokens.all(self._tokens.select().where(tokens.c.id.in_(ids)))
        others = (await self._scope.execute(latest.offset(_TOKENS_LOOKED_AT).limit(1))).first()
        return Found(found, complete=len(ids) < limit and others is None)

    async def still_in_use(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return old tokens that were used since their successor was collected, those first that expire first."""
        replaced = self._tokens.select().where(*_UNENDED, tokens.c.succeeded_at.is_not(None), tokens.c.expires_at > now)
        old = _some(self._of(owner, tokens, replaced).order_by(tokens.c.expires_at), limit)
        used = select(old).where(old.c.last_accepted_at > old.c.succeeded_at)
        found = await self._tokens.all(used.order_by(old.c.expires_at, old.c.id).limit(limit))
        lines = [(token, token.last_accepted_at or now) for token in found]
        return await self._gap(lines, complete=len(found) < limit)

    async def awaiting_approval(self, *, owner: PersonId | None, limit: int) -> Found[ProposalOfParty]:
        """Return the proposals that are not decided, those first that have waited longest."""
        waiting = self._of(
            owner, contact_proposals, self._proposals.select().where(contact_proposals.c.outcome.is_(None))
        )
        some = _some(waiting, limit)
        found = await self._proposals.all(select(some).order_by(some.c.proposed_at, some.c.id).limit(limit))
        parties = await self._parties_of(proposal.third_party for proposal in found)
        return Found([ProposalOfParty(each, parties[each.third_party]) for each in found], len(found) < limit)

    async def without_token(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[ThirdParty]:
        """Return third parties that are enabled and have no live token, by name."""
        enabled = self._scope.select(third_parties, third_parties.c.id, third_parties.c.name_key)
        enabled = enabled.where(*present(owner), third_parties.c.enabled).order_by(third_parties.c.name_key)
        looked_at = enabled.limit(_PARTIES_LOOKED_AT).subquery()
        live = self._scope.select(tokens, literal(1)).where(
            tokens.c.third_party == looked_at.c.id, *_UNENDED, _found_otherwise(tokens.c.expires_at, now) > now
        )
        newest_live = live.order_by(tokens.c.position.desc()).limit(1).correlate(looked_at).scalar_subquery()
        without = select(looked_at.c.id).where(newest_live.is_(None)).order_by(looked_at.c.name_key).limit(limit)
        ids = (await self._scope.execute(without)).scalars().all()
        parties = await self._parties_of(ids)
        others = (await self._scope.execute(enabled.offset(_PARTIES_LOOKED_AT).limit(1))).first()
        return Found([parties[each] for each in ids], complete=len(ids) < limit and others is None)

    async def last_digest(self) -> str | None:
        """Return the last week for which it was decided whether there is something to tell; None before the first."""
        row = await self._scope.first(self._scope.select(digests))
        return row.week if row else None

    async def note_digest(self, week: str) -> None:
        """Note that it is decided for a week."""
        await self._scope.execute(self._scope.delete(digests))
        await self._scope.insert(digests, week=week)

    async def is_head_planned(self, day: str, number: int) -> bool:
        """Tell whether the admins were, or are still to be, told of the head of a day, or of the record `number`."""
        told = and_(outbox.c.ended_at.is_(None), outbox.c.occasion == str(number))
        heads = self._scope.select(outbox, outbox.c.id).where(
            outbox.c.third_party.is_(None), outbox.c.kind == MessageKind.AUDIT_HEAD
        )
        return await self._scope.first(heads.where(or_(outbox.c.subject == day, told))) is not None

    def _of(self, owner: PersonId | None, table: Table, statement: Select[Any]) -> Select[Any]:
        """Keep those of the rows that are about a third party of the owner's, if there is one."""
        if owner is None:
            return statement
        return statement.where(table.c.third_party.in_(ids_of_owner(self._scope, owner)))

    async def _among_others(self, found: Sequence[Token], *, complete: bool) -> Found[TokenAmongOthers]:
        concerned = {token.third_party for token in found}
        parties, beside = await self._parties_of(concerned), await self._tokens_of(concerned)
        lines = [TokenAmongOthers(each, parties[each.third_party], beside[each.third_party]) for each in found]
        return Found(lines, complete)

    async def _gap(self, lines: Collection[tuple[Token, datetime]], *, complete: bool) -> Found[GapLine]:
        parties = await self._parties_of(token.third_party for token, _ in lines)
        return Found([GapLine(parties[token.third_party], token, at) for token, at in lines], complete)

    async def _parties_of(self, concerned: Iterable[ThirdPartyId]) -> Mapping[ThirdPartyId, ThirdParty]:
        these = self._parties.select().where(third_parties.c.id.in_(set(concerned)))
        return {party.id: party for party in await self._parties.all(these)}

    async def _tokens_of(self, concerned: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, list[Token]]:
        found: dict[ThirdPartyId, list[Token]] = defaultdict(list)
        theirs = self._tokens.select().where(tokens.c.third_party.in_(concerned))
        for token in await self._tokens.all(theirs.order_by(tokens.c.position.desc())):
            found[token.third_party].append(token)
        return found


def _some(statement: Select[Any], limit: int) -> Subquery:
    """Give what is looked at to find at most `limit`, so that a mass of rows is neither read nor sorted."""
    return statement.limit(_LOOKED_AT_FOR_ONE * limit).subquery()


def _found_otherwise(column: Column[Any], now: datetime) -> ColumnElement[Any]:
    """The column in a form that no index has: SQLite would look through all that expire later, of whomever."""
    return func.coalesce(column, literal(now, Instant))
