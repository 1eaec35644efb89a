"""Proposing a contact or deputy contact, by form or typed in full."""

from collections.abc import Mapping
from typing import Any

from access.model.authority import Right, must_be_allowed
from access.model.errors import ContactUnsuitable, DeputyWithoutContact
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.operations.command import OnThirdParty, refusals_recorded
from access.operations.propose_contact import ProposeContact, propose_contact
from handlers.answer import Answer, Say, Show
from handlers.desk import Desk
from handlers.flows.cards import card_of, fresh_card
from handlers.mrkdwn import instant
from handlers.views.forms import contact_form, parse_contact_form


async def open_propose(third_party: ThirdPartyId, caller: Caller, desk: Desk, *, deputy: bool = False) -> Answer:
    """Open the form that proposes a contact. `deputy`: ticked already. Raises NotPermitted, DeputyWithoutContact."""
    card = await card_of(third_party, caller, desk)
    async with refusals_recorded("propose_contact", OnThirdParty(caller=caller, third_party=third_party), desk.ports):
        must_be_allowed(caller.role, Right.MANAGE)
        if deputy and card.party.contact is None:
            raise DeputyWithoutContact
    return Show(contact_form(card, deputy=deputy))


async def open_propose_deputy(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Open the form for a deputy contact. Raises NotPermitted, DeputyWithoutContact."""
    return await open_propose(third_party, caller, desk, deputy=True)


async def submit_propose(third_party: ThirdPartyId, values: Mapping[str, Any], caller: Caller, desk: Desk) -> Answer:
    """Propose whom the form names."""
    form = parse_contact_form(values)
    async with refusals_recorded("propose_contact", OnThirdParty(caller=caller, third_party=third_party), desk.ports):
        if form.user_id is None:
            raise ContactUnsuitable(problem="unknown")
    return await propose(third_party, form.user_id, caller, desk, deputy=form.deputy)


async def propose(
    third_party: ThirdPartyId, user_id: str, caller: Caller, desk: Desk, *, deputy: bool = False
) -> Answer:
    """Propose a Slack user. A guest's account that ends is mentioned now, before anybody approves."""
    proposal = await propose_contact(
        ProposeContact(caller=caller, third_party=third_party, user_id=user_id, deputy=deputy), desk.ports
    )
    ends_at = proposal.account_ends_at
    until = f" Their account in this workspace ends {instant(ends_at)}." if ends_at else ""
    lead = f"<@{user_id}> is proposed as the {'deputy ' if deputy else ''}contact.{until}"
    return Say(await fresh_card(third_party, caller, desk, lead=lead))
