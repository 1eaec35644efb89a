"""What is looked up across all third parties. Each search reads a bounded number of rows, found by an index."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Integer, Select, Subquery, and_, bindparam, func, literal, or_, select

from access.model.contact import ContactProposal
from access.model.handoff import Handoff
from access.model.ids import PersonId, ThirdPartyId, TokenId
from access.model.messages import MessageKind
from access.model.report import GapLine
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.ports.overviews import Found, ProposalOfParty, TokenAmongOthers
from storage.repositories.entities import Entities, selecting_all
from storage.repositories.third_parties import ThirdPartyRows, of_owner
from storage.scope import LIMIT, NOW, Scope, selecting
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

_LOOKED_AT: Final = bindparam("looked_at", type_=Integer)

# --- what is asked, of all third parties or of an owner's; each statement is made once --------------------------------


def _some(statement: Select[Any]) -> Subquery:
    """Give what is looked at to find at most `limit`, so that a mass of rows is neither read nor sorted."""
    return statement.limit(LIMIT * _LOOKED_AT_FOR_ONE).subquery()


def _found_otherwise(column: Column[Any]) -> ColumnElement[Any]:
    """The column in a form that no index has: SQLite would look through all that expire later, of whomever."""
    return func.coalesce(column, NOW)


@cache
def _expiring(owned: bool) -> Select[Any]:
    expires_at = _found_otherwise(tokens.c.expires_at) if owned else tokens.c.expires_at
    collected = selecting_all(tokens, Token).where(*_UNENDED, tokens.c.collected_at.is_not(None))
    soon = collected.where(expires_at > NOW, expires_at <= bindparam("until", type_=Instant))
    return of_owner(owned, tokens.c.third_party, soon).order_by(expires_at, tokens.c.id).limit(LIMIT)


@cache
def _uncollected(owned: bool) -> Select[Any]:
    open_ones = selecting_all(handoffs, Handoff).where(handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None))
    some = _some(of_owner(owned, handoffs.c.third_party, open_ones))
    return select(some).order_by(some.c.lapses_at, some.c.id).limit(LIMIT)


@cache
def _unconfirmed(owned: bool) -> Select[Any]:
    collected = selecting(handoffs, handoffs.c.token, handoffs.c.collected_at).where(handoffs.c.confirmed_at.is_(None))
    if owned:
        live = selecting(tokens, tokens.c.id).where(*_UNENDED, tokens.c.collected_at.is_not(None))
        live = of_owner(True, tokens.c.third_party, live.where(_found_otherwise(tokens.c.expires_at) > NOW))
        collected = collected.where(handoffs.c.token.in_(live))
    else:
        collected = collected.where(handoffs.c.collected_at.is_not(None))
    return collected.order_by(handoffs.c.collected_at.desc()).limit(LIMIT)


def _last(at: ColumnElement[Any], owned: bool) -> Select[Any]:
    """Select unended tokens whose time `at` lies before `since`, the latest first."""
    before = selecting(tokens, tokens.c.id, tokens.c.expires_at, at.label("at"))
    before = before.where(*_UNENDED, at <= bindparam("since", type_=Instant))
    return of_owner(owned, tokens.c.third_party, before).order_by(at.desc())


_USED, _COLLECTED = tokens.c.last_accepted_at, tokens.c.collected_at
_LAST_OF_ALL: Final = (_last(_USED, False), _last(_COLLECTED, False).where(_USED.is_(None)))
_LAST_OF_OWNER: Final = (_last(func.coalesce(_USED, _COLLECTED), True),)
"""No index has that."""


@cache
def _unexpired(latest: Select[Any]) -> tuple[Select[Any], Select[Any]]:
    """Return what finds those of the tokens that have not expired, out of a bounded number, and one beyond these."""
    looked_at = latest.limit(_LOOKED_AT).subquery()
    unexpired = select(looked_at.c.id).where(looked_at.c.expires_at > NOW).order_by(looked_at.c.at.desc())
    return unexpired.limit(LIMIT), latest.offset(_LOOKED_AT).limit(1)


@cache
def _still_in_use(owned: bool) -> Select[Any]:
    unended = selecting_all(tokens, Token).where(*_UNENDED, tokens.c.expires_at > NOW)
    replaced = of_owner(owned, tokens.c.third_party, unended.where(tokens.c.succeeded_at.is_not(None)))
    old = _some(replaced.order_by(tokens.c.expires_at))
    used = select(old).where(old.c.last_accepted_at > old.c.succeeded_at)
    return used.order_by(old.c.expires_at, old.c.id).limit(LIMIT)


@cache
def _awaiting_approval(owned: bool) -> Select[Any]:
    waiting = selecting_all(contact_proposals, ContactProposal).where(contact_proposals.c.outcome.is_(None))
    some = _some(of_owner(owned, contact_proposals.c.third_party, waiting))
    return select(some).order_by(some.c.proposed_at, some.c.id).limit(LIMIT)


@cache
def _without_token(owned: bool) -> tuple[Select[Any], Select[Any]]:
    """Return what finds those without a live token, out of a bounded number, and one beyond these."""
    enabled = selecting(third_parties, third_parties.c.id, third_parties.c.name_key)
    enabled = enabled.where(third_parties.c.removed_at.is_(None), third_parties.c.enabled)
    enabled = of_owner(owned, third_parties.c.id, enabled).order_by(third_parties.c.name_key)
    looked_at = enabled.limit(_LOOKED_AT).subquery()
    live = selecting(tokens, literal(1)).where(
        tokens.c.third_party == looked_at.c.id, *_UNENDED, _found_otherwise(tokens.c.expires_at) > NOW
    )
    newest_live = live.order_by(tokens.c.position.desc()).limit(1).correlate(looked_at).scalar_subquery()
    without = select(looked_at.c.id).where(newest_live.is_(None)).order_by(looked_at.c.name_key).limit(LIMIT)
    return without, enabled.offset(_LOOKED_AT).limit(1)


class OverviewRows:
    """The port `Overviews`."""

    def __init__(self, scope: Scope, parties: ThirdPartyRows) -> None:
        self._scope = scope
        self._parties = parties
        self._tokens = Entities(scope, tokens, Token)
        self._handoffs = Entities(scope, handoffs, Handoff)
        self._proposals = Entities(scope, contact_proposals, ContactProposal)

    async def expiring(
        self, now: datetime, until: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return collected tokens, neither revoked nor retired, that expire from now `until` then, the next first."""
        soonest = _expiring(owner is not None)
        found = await self._tokens.run(soonest, now=now, until=until, owner=owner, limit=limit)
        return await self._among_others(found, complete=len(found) < limit)

    async def uncollected(self, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return the tokens of open offers, by the end of the offer."""
        found = await self._handoffs.run(_uncollected(owner is not None), owner=owner, limit=limit)
        issued = await self._tokens.each(id=[handoff.token for handoff in found])
        token_of = {token.id: token for token in issued}
        lines = [(token_of[handoff.token], handoff.lapses_at) for handoff in found]
        return await self._gap(lines, complete=len(found) < limit)

    async def unused(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return tokens that work and whose handoff nothing has confirmed, those first that were collected first.

        Where there are more than `limit` unconfirmed handoffs, these are among the latest.
        """
        latest = await self._scope.run(_unconfirmed(owner is not None), now=now, owner=owner, limit=limit)
        at: dict[TokenId, datetime] = {TokenId(row.token): row.collected_at for row in latest}
        opened = await self._tokens.each(id=at)
        working = [token for token in opened if token.works(now) and token.last_accepted_at is None]
        lines = sorted(((token, at[token.id]) for token in working), key=lambda line: line[1])
        return await self._gap(lines, complete=len(at) < limit)

    async def perhaps_unused(
        self, now: datetime, since: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return tokens that have not ended and were not used since then, nor collected, the latest of them first."""
        found, complete = list[Token](), True
        for latest in _LAST_OF_ALL if owner is None else _LAST_OF_OWNER:
            unexpired, others = _unexpired(latest)
            given = {"since": since, "owner": owner, "looked_at": _TOKENS_LOOKED_AT}
            ids = (await self._scope.run(unexpired, now=now, limit=limit, **given)).scalars().all()
            found += await self._tokens.each(id=ids)
            more = (await self._scope.run(others, **given)).first()
            complete = complete and len(ids) < limit and more is None
        return await self._among_others(found, complete=complete)

    async def still_in_use(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return old tokens that were used since their successor was collected, those first that expire first."""
        found = await self._tokens.run(_still_in_use(owner is not None), now=now, owner=owner, limit=limit)
        lines = [(token, token.last_accepted_at or now) for token in found]
        return await self._gap(lines, complete=len(found) < limit)

    async def awaiting_approval(self, *, owner: PersonId | None, limit: int) -> Found[ProposalOfParty]:
        """Return the proposals that are not decided, those first that have waited longest."""
        found = await self._proposals.run(_awaiting_approval(owner is not None), owner=owner, limit=limit)
        parties = await self._parties.find_each([proposal.third_party for proposal in found])
        return Found([ProposalOfParty(each, parties[each.third_party]) for each in found], len(found) < limit)

    async def without_token(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[ThirdParty]:
        """Return third parties that are enabled and have no live token, by name."""
        without, beyond = _without_token(owner is not None)
        given = {"owner": owner, "looked_at": _PARTIES_LOOKED_AT}
        ids: list[ThirdPartyId] = list((await self._scope.run(without, now=now, limit=limit, **given)).scalars())
        parties = await self._parties.find_each(ids)
        others = (await self._scope.run(beyond, **given)).first()
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

    async def _among_others(self, found: Sequence[Token], *, complete: bool) -> Found[TokenAmongOthers]:
        concerned = {token.third_party for token in found}
        parties, beside = await self._parties.find_each(concerned), await self._tokens_of(concerned)
        lines = [TokenAmongOthers(each, parties[each.third_party], beside[each.third_party]) for each in found]
        return Found(lines, complete)

    async def _gap(self, lines: Collection[tuple[Token, datetime]], *, complete: bool) -> Found[GapLine]:
        parties = await self._parties.find_each([token.third_party for token, _ in lines])
        return Found([GapLine(parties[token.third_party], token, at) for token, at in lines], complete)

    async def _tokens_of(self, concerned: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, list[Token]]:
        found: dict[ThirdPartyId, list[Token]] = defaultdict(list)
        for token in await self._tokens.each(newest_first=True, third_party=concerned):
            found[token.third_party].append(token)
        return found
