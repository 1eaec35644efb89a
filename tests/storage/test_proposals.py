from dataclasses import replace
from datetime import timedelta

import pytest

from access.model.contact import ContactProposal, ProposalOutcome
from access.model.errors import ProposalNotFound
from access.model.ids import PersonId, ProposalId, ReasonHash
from storage.engine import Database
from storage.errors import ConstraintBroken
from tests.storage.rows import CONTACT, HERE, HOUR, NOW, OWNER, PARTY, PROPOSAL, keep_party, proposal

REJECTED = proposal(
    account_ends_at=NOW + timedelta(days=30),
    reached_at=NOW,
    decided_at=NOW + HOUR,
    decided_by=PersonId("admin"),
    outcome=ProposalOutcome.REJECTED,
    reason=ReasonHash("hash"),
)


def approved(name: str) -> ContactProposal:
    decided = {"decided_at": NOW, "decided_by": OWNER, "outcome": ProposalOutcome.APPROVED}
    return proposal(id=ProposalId(name), reached_at=NOW, **decided)


async def test_it_waits_until_it_is_decided(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        await uow.proposals.add(proposal())
        assert await uow.proposals.open_for(PARTY) == proposal()
        await uow.proposals.save(REJECTED)
        assert await uow.proposals.open_for(PARTY) is None
        assert await uow.proposals.last_approved(PARTY, REJECTED.contact) is None
        assert await uow.proposals.get(PROPOSAL) == REJECTED


async def test_an_unknown_one_is_not_found(database: Database) -> None:
    async with database.read(HERE) as reading:
        with pytest.raises(ProposalNotFound):
            await reading.proposals.get(PROPOSAL)


async def test_the_last_approved_of_a_person_is_the_newest_even_within_one_instant(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        for name in ("b", "c", "a"):
            await uow.proposals.add(approved(name))
        await uow.proposals.add(replace(approved("e"), contact=OWNER, deputy=True))
        await uow.proposals.add(replace(REJECTED, id=ProposalId("d")))
        assert await uow.proposals.last_approved(PARTY, REJECTED.contact) == approved("a")
        assert await uow.proposals.last_approved(PARTY, OWNER) == replace(approved("e"), contact=OWNER, deputy=True)


async def test_a_third_party_has_at_most_one_open_proposal(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        await uow.proposals.add(proposal())
        with pytest.raises(
            ConstraintBroken,
            match=r"contact_proposals\.workspace, contact_proposals\.third_party$|uq_contact_proposals_open",
        ):
            await uow.proposals.add(proposal(id=ProposalId("second")))


async def test_somebody_was_approved_last_until_somebody_else_is_in_the_same_part(database: Database) -> None:
    erik = PersonId("erik")
    await keep_party(database)
    async with database.write(HERE) as uow:
        await uow.proposals.add(replace(approved("first"), deputy=True))
        await uow.proposals.add(approved("second"))
        assert await uow.proposals.approved_last(CONTACT) == [PARTY]
        await uow.proposals.add(replace(approved("third"), contact=erik))
        assert await uow.proposals.approved_last(CONTACT) == [PARTY]  # as the deputy
        await uow.proposals.add(replace(approved("fourth"), contact=erik, deputy=True))
        assert await uow.proposals.approved_last(CONTACT) == []
        assert await uow.proposals.approved_last(erik) == [PARTY]
