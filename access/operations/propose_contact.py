"""Name the person who shall receive a third party's credentials, or who shall when the contact has gone."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.contact import ContactProposal, must_suit_as_contact
from access.model.errors import ContactAlreadyProposed, ContactUnchanged, ContactUnsuitable
from access.model.events import ContactProposed, DeputyProposed
from access.model.ids import ProposalId
from access.operations.command import OnThirdParty, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeContact(OnThirdParty):
    """Propose the Slack user `user_id`, as the deputy contact or the contact."""

    user_id: str
    deputy: bool = False


@operation("propose_contact")
async def propose_contact(cmd: ProposeContact, ports: Ports) -> ContactProposal:
    """Propose a contact or deputy, in place of a proposal that still waits, and introduce the bot to that person.

    Whether the introduction arrives decides whether the proposal can be approved.

    Raises: NotPermitted, ThirdPartyNotFound, ContactUnsuitable, ContactUnchanged, DeputyWithoutContact,
    DeputyUnsuitable, ContactAlreadyProposed, DirectoryUnavailable.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    candidate = await ports.directory.look_up(cmd.user_id)
    if candidate is None:
        raise ContactUnsuitable(problem="unknown")
    must_suit_as_contact(candidate)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        contact = await uow.people.id_of(candidate.slack)
        party = await uow.third_parties.get(cmd.third_party)
        if cmd.deputy:
            party.must_want_as_deputy(contact)
        elif party.contact == contact:
            raise ContactUnchanged
        if (waiting := await uow.proposals.open_for(party.id)) is not None:
            if (waiting.contact, waiting.deputy) == (contact, cmd.deputy):
                raise ContactAlreadyProposed(state="reached" if waiting.reached_at else "waiting")
            superseded, news = waiting.supersede(now)
            await uow.proposals.save(superseded)
            uow.record(actor, news, at=now)
        proposal = ContactProposal(
            id=ProposalId(ports.random.identifier()),
            third_party=party.id,
            contact=contact,
            proposed_by=actor,
            proposed_at=now,
            account_ends_at=candidate.account_ends_at,
            deputy=cmd.deputy,
        )
        await uow.proposals.add(proposal)
        proposed = DeputyProposed if cmd.deputy else ContactProposed
        uow.record(actor, [proposed(party.id, proposal=proposal.id, contact=contact)], at=now)
        await uow.commit()
    return proposal
