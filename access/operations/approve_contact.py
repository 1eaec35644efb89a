"""Approve a proposed contact."""

from dataclasses import dataclass
from datetime import datetime

from access.model.authority import Right, must_be_allowed
from access.model.contact import ContactProposal, must_suit_as_contact
from access.model.errors import ContactUnsuitable
from access.model.events import FormerContactLeftTokens
from access.model.handoff import HandoffEnd
from access.model.ids import PersonId
from access.model.third_party import ThirdParty
from access.operations.command import OnProposal, operation
from access.operations.offering import end_open_handoff
from access.ports import Ports, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveContact(OnProposal):
    """Approve exactly this proposal."""


@operation("approve_contact")
async def approve_contact(cmd: ApproveContact, ports: Ports) -> ContactProposal:
    """Make the proposed person the contact, in place of the former one, whose open offer is withdrawn.

    Raises: NotPermitted, ProposalNotFound, ProposalDecided, ProposalNotReady, SelfApproval, ContactUnsuitable (they
    changed since the proposal), ThirdPartyNotFound, DirectoryUnavailable.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    await _must_still_suit(cmd, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        proposal = await uow.proposals.get(cmd.proposal)
        party = await uow.third_parties.get(proposal.third_party)
        approved, news = proposal.approve(
            actor, former=party.contact, self_approval=ports.policy.self_approval, now=now
        )
        uow.record(actor, news, at=now)
        if party.contact is not None:
            await _part_with(party.contact, uow, party, proposal=approved, actor=actor, now=now)
        await uow.proposals.save(approved)
        await uow.third_parties.save(party.with_contact(approved.contact))
        await uow.commit()
    return approved


async def _must_still_suit(cmd: ApproveContact, ports: Ports) -> None:
    async with ports.read(cmd.caller.workspace) as reading:
        proposal = await reading.proposals.get(cmd.proposal)
        account = await reading.people.slack_of(proposal.contact)
    if proposal.outcome is not None:
        return
    person = await ports.directory.look_up(account.user_id) if account else None
    if person is None:
        raise ContactUnsuitable(problem="unknown")
    must_suit_as_contact(person)


async def _part_with(
    former: PersonId, uow: UnitOfWork, party: ThirdParty, *, proposal: ContactProposal, actor: PersonId, now: datetime
) -> None:
    """Withdraw what the former contact was offered, and ask what to do with the tokens they opened."""
    await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now)
    tokens = await uow.tokens.of(party.id)
    opened = [token for token in tokens if token.is_live(now) and token.collected_by == former]
    if opened:
        left = FormerContactLeftTokens(
            party.id, former=former, proposal=proposal.id, owner=party.owner, count=len(opened)
        )
        uow.record(actor, [left], at=now)
