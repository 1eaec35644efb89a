"""Withdraw the approval of a deputy contact."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.third_party import ThirdParty
from access.operations.command import OnProposal, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDeputy(OnProposal):
    """Remove exactly the person who became the deputy contact by this proposal."""


@operation("remove_deputy")
async def remove_deputy(cmd: RemoveDeputy, ports: Ports) -> ThirdParty:
    """Leave the third party without a deputy contact. Nothing else changes: they never had any credentials as such.

    Raises: NotPermitted, ProposalNotFound, ThirdPartyNotFound, NotTheDeputy.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        approval = await uow.proposals.get(cmd.proposal)
        party = await uow.third_parties.get(approval.third_party)
        party.must_have_as_deputy(approval.contact)
        alone, news = party.without_deputy()
        await uow.third_parties.save(alone)
        uow.record(actor, news, at=now)
        await uow.commit()
    return alone
