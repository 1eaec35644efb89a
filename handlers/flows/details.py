"""Registering a third party and changing its details, by form or typed in full."""

from access.model.authority import Right, must_be_allowed
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.operations.command import Command, OnThirdParty, refusals_recorded
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from handlers.answer import Answer, Say, Show
from handlers.desk import Desk
from handlers.flows.cards import card_of, fresh_card
from handlers.mrkdwn import strong
from handlers.requests import Request
from handlers.topic import speaking_of
from handlers.views.forms import add_form, edit_form, parse_add_form, parse_edit_form


async def open_add(caller: Caller, desk: Desk, callback_url: str = "") -> Answer:
    """Open the form that registers a third party. Raises NotPermitted, before anybody fills it in for nothing."""
    async with refusals_recorded("register_third_party", Command(caller=caller), desk.ports):
        must_be_allowed(caller.role, Right.MANAGE)
    return Show(add_form(callback_url=callback_url))


async def submit_add(request: Request, desk: Desk) -> Answer:
    """Register what the form says."""
    form = parse_add_form(request.values)
    return await register(form.name, form.callback_url, request.caller, desk)


async def register(name: str, callback_url: str, caller: Caller, desk: Desk) -> Answer:
    """Register a third party."""
    party = await register_third_party(
        RegisterThirdParty(caller=caller, name=name, callback_url=callback_url), desk.ports
    )
    return Say(await fresh_card(party.id, caller, desk, lead=f"{strong(party.name)} is registered."))


async def open_edit(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Open the form with a third party's details. Raises NotPermitted."""
    card = await card_of(third_party, caller, desk)
    async with refusals_recorded("edit_third_party", OnThirdParty(caller=caller, third_party=third_party), desk.ports):
        must_be_allowed(caller.role, Right.MANAGE)
    return Show(edit_form(card))


async def submit_edit(request: Request, desk: Desk) -> Answer:
    """Change the details to what the form says."""
    third_party, seen = request.identifier_and_hash(ThirdPartyId)
    form = parse_edit_form(request.values)
    command = EditThirdParty(
        caller=request.caller,
        third_party=third_party,
        name=form.name,
        callback_url=form.callback_url,
        owner=form.owner,
        deputy_owner=form.deputy_owner,
        notes=form.notes,
        seen=seen,
    )
    async with speaking_of(third_party, desk):
        party = await edit_third_party(command, desk.ports)
        return Say(await fresh_card(third_party, request.caller, desk, lead=f"{strong(party.name)} is saved."))
