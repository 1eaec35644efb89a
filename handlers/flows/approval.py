"""Deciding about a proposed contact. The request for it in the admin channel is brought up to date by the outbox."""

from access.model.authority import Right, must_be_allowed
from access.model.errors import KeyChangedSince
from access.model.ids import ProposalId
from access.model.people import Caller
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.command import OnProposal, refusals_recorded
from access.operations.reject_contact import RejectContact, reject_contact
from handlers.answer import Answer, Nothing, Refresh, Show
from handlers.desk import Desk
from handlers.flows.cards import card_of, fresh_card, third_party_of
from handlers.requests import Request
from handlers.topic import speaking_of
from handlers.views.forms import parse_reject_form, reject_form


async def approve(request: Request, desk: Desk) -> Answer:
    """Approve exactly this proposal, and the public key that was shown with it."""
    caller, (proposal, key) = request.caller, request.proposal_and_key()
    try:
        approved = await approve_contact(ApproveContact(caller=caller, proposal=proposal, key=key), desk.ports)
    except KeyChangedSince:
        async with speaking_of(await third_party_of(OnProposal(caller=caller, proposal=proposal), desk), desk):
            raise
    lead = "The contact and their public key are approved." if key else "The contact is approved."
    if approved.deputy:
        lead = "The deputy contact is approved. They receive no credentials until the contact has gone."
    return Refresh(await fresh_card(approved.third_party, caller, desk, lead=lead))


async def open_reject(proposal: ProposalId, caller: Caller, desk: Desk) -> Answer:
    """Open the form that asks for a reason. Raises NotPermitted."""
    about = OnProposal(caller=caller, proposal=proposal)
    async with refusals_recorded("reject_contact", about, desk.ports):
        must_be_allowed(caller.role, Right.MANAGE)
    third_party = await third_party_of(about, desk)
    card = await card_of(third_party, caller, desk)
    return Show(reject_form(proposal, card.party.name))


async def submit_reject(request: Request, desk: Desk) -> Answer:
    """Reject it. The form closes; who proposed reads why."""
    proposal, reason = request.identifier(ProposalId), parse_reject_form(request.values)
    await reject_contact(RejectContact(caller=request.caller, proposal=proposal, reason=reason), desk.ports)
    return Nothing()
