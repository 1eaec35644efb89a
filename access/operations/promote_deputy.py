"""Make the deputy contact the contact, because there is none any more."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.errors import DeputyNotNeeded
from access.model.third_party import ThirdParty
from access.operations.command import OnProposal, operation
from access.operations.deputies import let_deputy_take_over, must_still_suit
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteDeputy(OnProposal):
    """Promote exactly the person who became the deputy contact by this proposal."""


@operation("promote_deputy")
async def promote_deputy(cmd: PromoteDeputy, ports: Ports) -> ThirdParty:
    """Make the deputy contact the contact, where there is none. One admin is enough: two have approved that person.

    Raises: NotPermitted, ProposalNotFound, ThirdPartyNotFound, NotTheDeputy, DeputyNotNeeded, ContactUnsuitable (they
    changed since their approval), DirectoryUnavailable.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    await must_still_suit(cmd, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        approval = await uow.proposals.get(cmd.proposal)
        party = await uow.third_parties.get(approval.third_party)
        party.must_have_as_deputy(approval.contact)
        if party.contact is not None:
            raise DeputyNotNeeded
        promoted = await let_deputy_take_over(uow, party, now=now, actor=actor)
        await uow.commit()
    return promoted
