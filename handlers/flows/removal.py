"""Ending a third party, which asks first, and closing a question that was not meant."""

from access.model.authority import Right, must_be_allowed
from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.operations.command import OnThirdParty, refusals_recorded
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from handlers.answer import Answer, Dismiss, Say
from handlers.desk import Desk
from handlers.flows.cards import card_of
from handlers.mrkdwn import strong
from handlers.views.answers import sentence
from handlers.views.questions import remove_question


async def ask(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Ask whether it is to end. Raises NotPermitted."""
    card = await card_of(third_party, caller, desk)
    about = OnThirdParty(caller=caller, third_party=third_party)
    async with refusals_recorded("remove_third_party", about, desk.ports):
        must_be_allowed(caller.role, Right.MANAGE)
    return Say(remove_question(card))


async def remove(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """End it."""
    party = await remove_third_party(RemoveThirdParty(caller=caller, third_party=third_party), desk.ports)
    return Say(
        sentence(
            f"{strong(party.name)} is removed and all its tokens are revoked. Its history stays, and the name may be "
            "used again."
        )
    )


async def dismiss(_caller: Caller, _desk: Desk) -> Answer:
    """Close a question; nothing happens."""
    return Dismiss()
