"""What most flows answer with: the card of a third party as it is now."""

from access.model.card import ThirdPartyCard
from access.model.errors import ThirdPartyNotFound
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.model.rendered import Rendered
from access.operations.command import Command
from access.operations.show_third_party import ShowThirdParty, show_third_party
from access.ports import CannotKeep
from handlers.desk import Desk
from handlers.views.answers import sentence
from handlers.views.card import third_party_card


async def card_of(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> ThirdPartyCard:
    """Read the card. Raises NotPermitted, ThirdPartyNotFound."""
    return await show_third_party(ShowThirdParty(caller=caller, third_party=third_party), desk.ports)


async def fresh_card(third_party: ThirdPartyId, caller: Caller, desk: Desk, *, lead: str = "") -> Rendered:
    """Return the card as it is shown. `lead`: mrkdwn that says what just happened, said even if nothing else can be."""
    try:
        card = await card_of(third_party, caller, desk)
    except CannotKeep:
        if not lead:
            raise
        return sentence(f"{lead} How everything is now I can't look up at the moment.")
    return third_party_card(card, lead=lead)


async def third_party_of(request: Command, desk: Desk) -> ThirdPartyId:
    """Return the third party that a proposal or token belongs to. Raises ThirdPartyNotFound."""
    async with desk.ports.read(request.caller.workspace) as reading:
        third_party = await request.concerns(reading)
    if third_party is None:
        raise ThirdPartyNotFound
    return third_party
