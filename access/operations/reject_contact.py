"""Say no to a proposed contact."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.contact import ContactProposal
from access.model.third_party import checked_text
from access.operations.command import OnProposal, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectContact(OnProposal):
    """Reject exactly this proposal, for a reason that its proposer reads."""

    reason: str = ""


@operation("reject_contact")
async def reject_contact(cmd: RejectContact, ports: Ports) -> ContactProposal:
    """End a proposal. Whoever made it may take it back in the same way.

    Raises: NotPermitted, ProposalNotFound, ProposalDecided, TextTooLong.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    reason_text = checked_text(cmd.reason)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        proposal = await uow.proposals.get(cmd.proposal)
        reason = await uow.reasons.keep(proposal.third_party, reason_text)
        rejected, news = proposal.reject(actor, reason=reason, now=now)
        await uow.proposals.save(rejected)
        uow.record(actor, news, at=now)
        await uow.commit()
    return rejected
