"""What several operations do where somebody becomes the contact: see that they suit, and part with the former one."""

from datetime import datetime

from access.model.contact import must_suit_as_contact
from access.model.errors import ContactUnsuitable, NotTheDeputy
from access.model.events import FormerContactLeftTokens
from access.model.handoff import HandoffEnd
from access.model.ids import PersonId, ProposalId
from access.model.third_party import ThirdParty
from access.operations.command import OnProposal
from access.operations.offering import end_open_handoff
from access.ports import Ports, UnitOfWork


async def must_still_suit(cmd: OnProposal, ports: Ports) -> None:
    """Ask Slack, before any transaction is open, whether the person of a proposal may still be a contact.

    Raises: ProposalNotFound, ContactUnsuitable, DirectoryUnavailable.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        proposal = await reading.proposals.get(cmd.proposal)
        account = await reading.people.slack_of(proposal.contact)
    person = await ports.directory.look_up(account.user_id) if account else None
    if person is None:
        raise ContactUnsuitable(problem="unknown")
    must_suit_as_contact(person)


async def let_deputy_take_over(
    uow: UnitOfWork, party: ThirdParty, *, now: datetime, actor: PersonId | None = None
) -> ThirdParty:
    """Make the deputy contact the contact, save and return the third party, and tell everybody concerned.

    Within the caller's transaction. The caller has seen to it that there is no contact any more, that what the former
    one was offered is withdrawn, and that the deputy suits.

    Raises: NotTheDeputy, if there is none; ThirdPartyNotFound.
    """
    approval = await uow.proposals.last_approved(party.id, party.deputy_contact) if party.deputy_contact else None
    if approval is None:
        raise NotTheDeputy
    promoted, news = party.promote_deputy(approval.id)
    waiting = await uow.proposals.open_for(party.id)
    if waiting is not None and waiting.contact == approval.contact:  # as the contact, who they are now
        superseded, proposal_news = waiting.supersede(now)
        await uow.proposals.save(superseded)
        news = [*proposal_news, *news]
    uow.record(actor, news, at=now)
    await uow.third_parties.save(promoted)
    return promoted


async def part_with(
    former: PersonId, uow: UnitOfWork, party: ThirdParty, *, approval: ProposalId, actor: PersonId | None, now: datetime
) -> None:
    """Withdraw what the former contact was offered, and ask what to do with the tokens they opened.

    `approval`: the proposal by which somebody else takes their place.
    """
    await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now)
    tokens = await uow.tokens.of(party.id)
    opened = [token for token in tokens if token.is_live(now) and token.collected_by == former]
    if opened:
        left = FormerContactLeftTokens(party.id, former=former, proposal=approval, owner=party.owner, count=len(opened))
        uow.record(actor, [left], at=now)
