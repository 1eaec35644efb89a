"""What the Home tab shows. Each question looks at a bounded number of rows, found by an index."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from access.model.contact_key import ContactKey
from access.model.home import SOON, Filter
from access.model.ids import PersonId, ThirdPartyId
from access.model.months import Span
from access.model.third_party import ThirdParty, name_key
from access.model.token import Token
from access.model.token_request import TokenRequest
from access.ports.overviews import Found, KeyOfParty, RequestOfParty, TokenAmongOthers, Walk, Walked
from storage.repositories.entities import Entities, selecting_all
from storage.repositories.third_parties import IDS_OF_OWNER, ThirdPartyRows, of_owner
from storage.scope import LIMIT, NOW, Scope, selecting
from storage.tables import contact_keys, handoffs, people, third_parties, token_requests, tokens
from storage.types import Instant

_OWNERS_LOOKED_AT: Final = 500
_LAST: Final = "\U0010ffff"
"""No name's key has a character that comes after this one."""

_KEY, _ID = third_parties.c.name_key, third_parties.c.id
_UNENDED: Final = (tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None))
_LOOK_AT: Final = bindparam("look_at", type_=Integer)
_OWNED_ANY: Final = IDS_OF_OWNER.limit(1)


@cache
def _counting_expiring(spans: int, owned: bool) -> CompoundSelect[int, int, int]:
    return union_all(*(_expiring_in(place, owned) for place in range(spans))).order_by("place")


def _expiring_in(place: int, owned: bool) -> Select[int, int, int]:
    """Count those of the span `since_PLACE` to `until_PLACE`."""
    expires_at: ColumnElement[Any] = tokens.c.expires_at
    if owned:
        expires_at = func.coalesce(expires_at, expires_at)  # or SQLite looks through everybody's
    since, until = (bindparam(f"{end}_{place}", type_=Instant) for end in ("since", "until"))
    then = selecting(tokens, tokens.c.collected_at, tokens.c.succeeded_at)
    then = then.where(*_UNENDED, expires_at >= since, expires_at < until)
    looked_at = of_owner(owned, tokens.c.third_party, then).limit(LIMIT).subquery()
    counts = and_(looked_at.c.collected_at.is_not(None), looked_at.c.succeeded_at.is_(None))
    counted = func.count().filter(counts).label("counted")
    return select(literal(place).label("place"), func.count().label("all"), counted).select_from(looked_at)


@cache
def _suspended(owned: bool) -> Select[Any]:
    some = selecting_all(tokens, Token).where(tokens.c.suspended_at.is_not(None), *_UNENDED)
    return of_owner(owned, tokens.c.third_party, some).order_by(tokens.c.suspended_at.desc()).limit(LIMIT)


@cache
def _waiting_in(table: Table, kind: type[TokenRequest] | type[ContactKey], owned: bool) -> Select[Any]:
    waiting = selecting_all(table, kind).where(table.c.outcome.is_(None))
    return of_owner(owned, table.c.third_party, waiting).limit(LIMIT)


@cache
def _names(owned: bool) -> tuple[Select[Any], ColumnElement[str]]:
    """Select what a walk looks at, and the key that it goes by."""
    key: ColumnElement[str] = _KEY
    names = selecting(third_parties, _ID, _KEY, third_parties.c.enabled, third_parties.c.contact)
    names = names.where(third_parties.c.removed_at.is_(None))
    if owned:
        key = func.coalesce(_KEY, literal(""))  # in a form that no index has, or SQLite looks through all names
        names = of_owner(True, _ID, names)
    return names, key


@cache
def _beyond(owned: bool) -> Select[Any]:
    """Select the name that so many come before."""
    names, key = _names(owned)
    return names.with_only_columns(key).order_by(key).offset(_LOOK_AT).limit(1)


@cache
def _walking(which: Filter, owned: bool, *, begins: bool, after: bool) -> tuple[Select[Any], Subquery, Select[Any]]:
    """Return what finds a page, what it looks at, and what finds the last of these with the one beyond.

    `begins`: only names that begin like the parameter of that name. `after`: only those after that one.
    """
    names, key = _names(owned)
    if begins:
        names = names.where(key >= bindparam("begins"), key < bindparam("ends"))
    if after:
        names = names.where(key > bindparam("after"))
    names = names.order_by(key)
    looked_at = names.limit(_LOOK_AT).subquery()
    found = select(looked_at.c.id).where(*_left_by(which, looked_at.c)).order_by(looked_at.c.name_key).limit(LIMIT)
    return found, looked_at, names.offset(_LOOK_AT).limit(2)


def _left_by(which: Filter, looked_at: Any) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter on what a walk looks at."""

    def has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        theirs = selecting(tokens, literal(1)).where(tokens.c.third_party == looked_at.id, *conditions)
        return theirs.exists()

    def later(column: Column[Any]) -> ColumnElement[Any]:
        return func.coalesce(column, column)  # in a form that no index has: the third party's tokens are few

    live = (*_UNENDED, later(tokens.c.expires_at) > NOW)
    soon = later(tokens.c.expires_at) <= bindparam("soon", type_=Instant)
    offered = selecting(handoffs, literal(1)).where(
        handoffs.c.third_party == looked_at.id, handoffs.c.collected_at.is_(None), handoffs.c.ended_at.is_(None)
    )
    conditions: Mapping[Filter, list[ColumnElement[bool]]] = {
        Filter.ALL: [],
        Filter.ENABLED: [looked_at.enabled],
        Filter.NOT_ENABLED: [~looked_at.enabled],
        Filter.WITHOUT_CONTACT: [looked_at.contact.is_(None)],
        Filter.WITHOUT_TOKEN: [~has(*live)],
        Filter.EXPIRING: [has(*live, tokens.c.collected_at.is_not(None), soon)],
        Filter.NOT_COLLECTED: [offered.exists()],
        Filter.SUSPENDED: [has(*live, later(tokens.c.suspended_at).is_not(None))],
    }
    return list(conditions[which])


@cache
def _without_owner() -> Select[Any]:
    """Go from one owner to the next: there are few, however many third parties each of them owns."""
    first = func.min(third_parties.c.owner).label("owner")
    owners = selecting(third_parties, first, literal(1).label("place")).cte("owners", recursive=True)
    others = selecting(third_parties, first).where(third_parties.c.owner > owners.c.owner)
    following = select(others.correlate(owners).scalar_subquery(), owners.c.place + 1)
    following = following.where(owners.c.owner.is_not(None), owners.c.place < _OWNERS_LOOKED_AT)
    owners = owners.union_all(following)
    gone = selecting(people, people.c.id).where(people.c.id.in_(select(owners.c.owner)), people.c.gone.is_not(None))
    ownerless = selecting_all(third_parties, ThirdParty).where(
        third_parties.c.owner.in_(gone),
        func.coalesce(third_parties.c.deputy_owner, literal("")) == "",  # not by the index: most have none
        third_parties.c.removed_at.is_(None),
    )
    return ownerless.limit(LIMIT)


class ListRows:
    """The port `Lists`."""

    def __init__(self, scope: Scope, parties: ThirdPartyRows) -> None:
        self._scope = scope
        self._parties = parties
        self._rows = Entities(scope, third_parties, ThirdParty)
        self._tokens = Entities(scope, tokens, Token)
        self._requests = Entities(scope, token_requests, TokenRequest)
        self._keys = Entities(scope, contact_keys, ContactKey)

    async def page(self, walk: Walk, now: datetime) -> Walked:
        """Return a page of third parties, by name."""
        text = name_key(walk.search)
        begins = bool(text) and await self._are_more_than(walk.look_at, walk.owner)
        found, looked_at, beyond = _walking(
            walk.filter, walk.owner is not None, begins=begins, after=walk.after is not None
        )
        if text and not begins:
            found = found.where(looked_at.c.name_key.contains(text, autoescape=True))
        after = await self._key_of(walk.after) if walk.after is not None else None
        given: dict[str, Any] = {"owner": walk.owner, "begins": text, "ends": text + _LAST, "after": after}
        given |= {"now": now, "soon": now + SOON}
        rows = await self._scope.run(found, **given, look_at=walk.look_at, limit=walk.limit + 1)
        ids: list[ThirdPartyId] = list(rows.scalars())
        parties = await self._parties.find_each(ids[: walk.limit])
        page = [parties[each] for each in ids[: walk.limit]]
        if len(ids) > walk.limit:
            return Walked(page, page[-1].id, begins, stopped=False)
        last = (await self._scope.run(beyond, **given, look_at=walk.look_at - 1)).all()
        more = ThirdPartyId(last[0].id) if len(last) > 1 else None
        return Walked(page, more, begins, stopped=more is not None)

    async def owns_any(self, person: PersonId) -> bool:
        """Tell whether somebody owns a third party that was not removed, as owner or deputy."""
        return (await self._scope.run(_OWNED_ANY, owner=person)).first() is not None

    async def count_expiring(
        self, spans: Sequence[Span], *, owner: PersonId | None, limit: int
    ) -> Sequence[tuple[int, bool]]:
        """Return how many expire in each span with nothing in their place, of `limit` rows, and if these are all."""
        ends = [(f"since_{place}", span.since) for place, span in enumerate(spans)]
        ends += [(f"until_{place}", span.until) for place, span in enumerate(spans)]
        counting = _counting_expiring(len(spans), owner is not None)
        found = await self._scope.run(counting, owner=owner, limit=limit, **dict(ends))
        return [(row.counted, row.all < limit) for row in found]

    async def suspended(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[TokenAmongOthers]:
        """Return suspended tokens that have not ended, those first that were suspended first.

        Where there are more than `limit` that were neither revoked nor retired, these are among the latest.
        """
        latest = await self._tokens.run(_suspended(owner is not None), owner=owner, limit=limit)
        found = [token for token in reversed(latest) if token.is_live(now)]
        parties = await self._parties.find_each([token.third_party for token in found])
        lines = [TokenAmongOthers(token, parties[token.third_party], [token]) for token in found]
        return Found(lines, complete=len(latest) < limit)

    async def open_requests(self, *, owner: PersonId | None, limit: int) -> Found[RequestOfParty]:
        """Return the contacts' requests that are not decided."""
        waiting = _waiting_in(token_requests, TokenRequest, owner is not None)
        found = await self._requests.run(waiting, owner=owner, limit=limit)
        parties = await self._parties.find_each([request.third_party for request in found])
        lines = [RequestOfParty(request, parties[request.third_party]) for request in found]
        return Found(sorted(lines, key=lambda line: line.request.asked_at), complete=len(found) < limit)

    async def waiting_keys(self, *, owner: PersonId | None, limit: int) -> Found[KeyOfParty]:
        """Return the changes of public keys that are not decided, also of those who wait to become the contact."""
        waiting = _waiting_in(contact_keys, ContactKey, owner is not None)
        found = await self._keys.run(waiting, owner=owner, limit=limit)
        parties = await self._parties.find_each([change.third_party for change in found])
        lines = [KeyOfParty(change, parties[change.third_party]) for change in found]
        return Found(sorted(lines, key=lambda line: line.change.asked_at), complete=len(found) < limit)

    async def without_owner(self, *, limit: int) -> Found[ThirdParty]:
        """Return third parties of which somebody who is gone is the owner, by name, and nobody the deputy owner."""
        found = await self._rows.run(_without_owner(), limit=limit)
        return Found(sorted(found, key=lambda party: name_key(party.name)), complete=len(found) < limit)

    async def _are_more_than(self, number: int, owner: PersonId | None) -> bool:
        beyond = _beyond(owner is not None)
        return (await self._scope.run(beyond, owner=owner, look_at=number)).first() is not None

    async def _key_of(self, third_party: ThirdPartyId) -> str:
        """Return where a page begins; one that there never was is the beginning of all."""
        found = await self._parties.find(third_party)
        return name_key(found.name) if found else ""
