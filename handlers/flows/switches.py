"""A third party's own switch: it acts at once and offers to be undone."""

from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.model.rendered import Rendered
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from handlers import ids
from handlers.answer import Answer, Say
from handlers.desk import Desk
from handlers.flows.cards import fresh_card
from handlers.mrkdwn import strong
from handlers.views.kit import actions, button


async def enable(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Turn it on."""
    party = await enable_third_party(EnableThirdParty(caller=caller, third_party=third_party), desk.ports)
    card = await fresh_card(third_party, caller, desk, lead=f"{strong(party.name)} is enabled.")
    return Say(_with_undo(card, ids.DISABLE, third_party))


async def disable(third_party: ThirdPartyId, caller: Caller, desk: Desk, reason: str = "") -> Answer:
    """Turn it off."""
    party = await disable_third_party(
        DisableThirdParty(caller=caller, third_party=third_party, reason=reason), desk.ports
    )
    lead = f"{strong(party.name)} is disabled: from now on every call with one of its tokens is refused."
    card = await fresh_card(third_party, caller, desk, lead=lead)
    return Say(_with_undo(card, ids.ENABLE, third_party))


def _with_undo(card: Rendered, action: str, third_party: ThirdPartyId) -> Rendered:
    lead, *rest = card.blocks
    return Rendered(card.text, [lead, *actions(button("Undo", action, third_party)), *rest])
