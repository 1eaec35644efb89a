"""Proposing a contact, by form or typed in full."""

from collections.abc import Mapping
from typing import Any

from access.model.authority import Right, must_be_allowed
from access.model.errors import ContactUnsuitable
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.operations.command import OnThirdParty, refusals_recorded
from access.operations.propose_contact import ProposeContact, propose_contact
from handlers.answer import Answer, Say, Show
from handlers.desk import Desk
from handlers.flows.cards import card_of, fresh_card
from handlers.mrkdwn import instant
from handlers.views.forms import contact_form, parse_contact_form


async def open_propose(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Open the form that proposes a contact. Raises NotPermitted."""
    card = await card_of(third_party, caller, desk)
    async with refusals_recorded("propose_contact", OnThirdParty(caller=caller, third_party=third_party), desk.ports):
        must_be_allowed(caller.role, Right.MANAGE)
    return Show(contact_form(card))


async def submit_propose(third_party: ThirdPartyId, values: Mapping[str, Any], caller: Caller, desk: Desk) -> Answer:
    """Propose whom the form names."""
    user_id = parse_contact_form(values)
    async with refusals_recorded("propose_contact", OnThirdParty(caller=caller, third_party=third_party), desk.ports):
        if user_id is None:
            raise ContactUnsuitable(problem="unknown")
    return await propose(third_party, user_id, caller, desk)


async def propose(third_party: ThirdPartyId, user_id: str, caller: Caller, desk: Desk) -> Answer:
    """Propose a Slack user. A guest's account that ends is mentioned now, before anybody approves."""
    proposal = await propose_contact(
        ProposeContact(caller=caller, third_party=third_party, user_id=user_id), desk.ports
    )
    ends_at = proposal.account_ends_at
    until = f" Their account in this workspace ends {instant(ends_at)}." if ends_at else ""
    return Say(await fresh_card(third_party, caller, desk, lead=f"<@{user_id}> is proposed as the contact.{until}"))
