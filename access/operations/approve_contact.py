"""Approve a proposed contact, or deputy contact."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.contact import ContactProposal
from access.model.errors import KeyChangedSince
from access.model.ids import ContactKeyId
from access.operations.approve_contact_key import put_in_force
from access.operations.command import OnProposal, operation
from access.operations.deputies import must_still_suit, part_with
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveContact(OnProposal):
    """Approve exactly this proposal, and with it the public key that was shown with it, if there was one."""

    key: ContactKeyId | None = None


@operation("approve_contact")
async def approve_contact(cmd: ApproveContact, ports: Ports) -> ContactProposal:
    """Make the proposed person the contact, in place of the former one, whose open offer is withdrawn.

    Or the deputy contact, in place of the former one, who has nothing that could be withdrawn.

    Raises: NotPermitted, ProposalNotFound, ProposalDecided, ProposalNotReady, SelfApproval, KeyChangedSince (what was
    shown is not what would be approved), ContactUnsuitable (they changed since the proposal), ThirdPartyNotFound,
    DirectoryUnavailable.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    if await _is_open(cmd, ports):
        await must_still_suit(cmd, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        proposal = await uow.proposals.get(cmd.proposal)
        party = await uow.third_parties.get(proposal.third_party)
        former = party.deputy_contact if proposal.deputy else party.contact
        approved, news = proposal.approve(actor, former=former, self_approval=ports.policy.self_approval, now=now)
        waiting = (await uow.contact_keys.of(party.id, proposal.contact)).waiting
        if cmd.key != (waiting.id if waiting else None):
            raise KeyChangedSince
        uow.record(actor, news, at=now)
        if waiting is not None:
            await put_in_force(waiting, uow, actor=actor, now=now)
        if former is not None and not approved.deputy:
            await part_with(former, uow, party, approval=approved.id, actor=actor, now=now)
        await uow.proposals.save(approved)
        became = party.with_deputy if approved.deputy else party.with_contact
        await uow.third_parties.save(became(approved.contact))
        await uow.commit()
    return approved


async def _is_open(cmd: ApproveContact, ports: Ports) -> bool:
    async with ports.read(cmd.caller.workspace) as reading:
        return (await reading.proposals.get(cmd.proposal)).outcome is None
