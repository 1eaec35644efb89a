"""Reading every third party with its tokens, for what goes on outside: without a digest, and without a secret."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, literal, tuple_

from access.model.contact import ContactProposal
from access.model.ids import PersonId, ThirdPartyId, WorkspaceId
from access.model.third_party import ThirdParty, name_key
from access.model.token import Token
from storage.engine import Database
from storage.repositories.entities import Entities
from storage.scope import Scope
from storage.tables import contact_proposals, people, third_parties, tokens

_PAGE: Final = 250


@dataclass(frozen=True, slots=True)
class ExportedParty:
    """A third party, its tokens, the newest first, the proposal that waits, and the Slack user IDs of its people."""

    party: ThirdParty
    tokens: Sequence[Token]
    proposal: ContactProposal | None
    people: Mapping[PersonId, str]


async def exported_parties(
    database: Database, workspace: WorkspaceId, *, progress: Callable[[int], None]
) -> AsyncIterator[ExportedParty]:
    """Give those that were not removed, by name, some at a time, so that whoever writes meanwhile waits for nothing.

    `progress` is called with the number of those that were given.
    """
    done, after = 0, ("", "")
    while True:
        async with database.reading_scope(workspace) as scope:
            page = await _page(scope, after)
        for each in page:
            yield each
        if not page:
            return
        last = page[-1].party
        done, after = done + len(page), (name_key(last.name), last.id)
        progress(done)


async def _page(scope: Scope, after: tuple[str, str]) -> Sequence[ExportedParty]:
    rows = Entities(scope, third_parties, ThirdParty)
    place = tuple_(third_parties.c.name_key, third_parties.c.id)
    later = rows.select().where(
        third_parties.c.removed_at.is_(None), place > tuple_(literal(after[0]), literal(after[1]))
    )
    parties = await rows.all(later.order_by(third_parties.c.name_key, third_parties.c.id).limit(_PAGE))
    ids = [party.id for party in parties]
    token_rows, proposal_rows = Entities(scope, tokens, Token), Entities(scope, contact_proposals, ContactProposal)
    of_these = _of(token_rows.select(), tokens.c.third_party, ids)
    open_ones = proposal_rows.select().where(contact_proposals.c.outcome.is_(None))
    waiting = {
        each.third_party: each for each in await proposal_rows.all(_of(open_ones, contact_proposals.c.third_party, ids))
    }
    named = {each for party in parties for each in (party.owner, party.deputy_owner, party.contact) if each}
    named |= {each.contact for each in waiting.values()}
    accounts = await scope.execute(_of(scope.select(people), people.c.id, sorted(named)))
    user_ids = {PersonId(row.id): str(row.user_id) for row in accounts}
    by_party: dict[ThirdPartyId, list[Token]] = {party.id: [] for party in parties}
    for token in await token_rows.all(of_these.order_by(tokens.c.position.desc())):
        by_party[token.third_party].append(token)
    return [ExportedParty(party, by_party[party.id], waiting.get(party.id), user_ids) for party in parties]


def _of(statement: Select[Any], column: Any, values: Sequence[str]) -> Select[Any]:
    return statement.where(column.in_(values))
