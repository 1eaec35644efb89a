"""The contact proposals of one workspace."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import and_, bindparam, or_

from access.model.contact import ContactProposal, ProposalOutcome
from access.model.errors import ProposalNotFound
from access.model.ids import PersonId, ProposalId, ThirdPartyId
from storage.among import among
from storage.repositories.entities import Entities, selecting_all
from storage.scope import Scope
from storage.tables import contact_proposals

_OF_PARTS: Final = among(contact_proposals.c.contact, "parts")
_IN_VIEW: Final = (
    selecting_all(contact_proposals, ContactProposal)
    .where(
        contact_proposals.c.third_party == bindparam("party"),
        or_(
            contact_proposals.c.outcome.is_(None),
            and_(contact_proposals.c.outcome == ProposalOutcome.APPROVED, _OF_PARTS),
        ),
    )
    .order_by(contact_proposals.c.position.desc())
)


class ProposalRows:
    """The port `Proposals`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rows = Entities(scope, contact_proposals, ContactProposal)

    async def add(self, proposal: ContactProposal) -> None:
        """Insert."""
        await self._rows.add_next(proposal, proposal.third_party)

    async def save(self, proposal: ContactProposal) -> None:
        """Update."""
        await self._rows.save(proposal)

    async def get(self, proposal: ProposalId) -> ContactProposal:
        """Raises ProposalNotFound."""
        found = await self._rows.one(id=proposal)
        if found is None:
            raise ProposalNotFound
        return found

    async def open_for(self, third_party: ThirdPartyId) -> ContactProposal | None:
        """Return the proposal that still waits, if any."""
        return await self._rows.one(third_party=third_party, outcome=None)

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, ContactProposal]:
        """Return the proposals that still wait, of these third parties."""
        found = await self._rows.each(third_party=parties, outcome=None)
        return {each.third_party: each for each in found}

    async def last_approved(self, third_party: ThirdPartyId, contact: PersonId) -> ContactProposal | None:
        """Return the proposal of that person that was approved last: by it they are the contact, or the deputy."""
        return await self._rows.one(
            newest=True, third_party=third_party, contact=contact, outcome=ProposalOutcome.APPROVED
        )

    async def in_view(self, third_party: ThirdPartyId, parts: Collection[PersonId]) -> Sequence[ContactProposal]:
        """Return the proposal that still waits, and those of these people that were approved, the newest first."""
        return await self._rows.run(_IN_VIEW, party=third_party, parts=list(parts))

    async def imported_alike(self, proposal: ContactProposal) -> Sequence[ContactProposal]:
        """Return what else was imported of the same person and waits for the introduction, if this one was."""
        if proposal.proposed_by is not None:
            return []
        others = self._rows.select().where(
            contact_proposals.c.contact == proposal.contact,
            contact_proposals.c.proposed_by.is_(None),
            contact_proposals.c.outcome.is_(None),
            contact_proposals.c.reached_at.is_(None),
            contact_proposals.c.id != proposal.id,
        )
        return await self._rows.all(others)

    async def approved_last(self, person: PersonId) -> Sequence[ThirdPartyId]:
        """Return of which third parties somebody is who was approved last as the contact, or as the deputy contact."""
        approved = self._rows.select().where(contact_proposals.c.outcome == ProposalOutcome.APPROVED)
        theirs = self._scope.select(contact_proposals, contact_proposals.c.third_party)
        concerned = approved.where(
            contact_proposals.c.third_party.in_(theirs.where(contact_proposals.c.contact == person))
        )
        last: dict[tuple[ThirdPartyId, bool], PersonId] = {}
        for proposal in await self._rows.all(concerned.order_by(contact_proposals.c.position)):
            last[proposal.third_party, proposal.deputy] = proposal.contact
        return list(dict.fromkeys(third_party for (third_party, _), contact in last.items() if contact == person))
