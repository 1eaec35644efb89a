"""What is done about a deputy contact who was approved."""

from access.model.ids import ProposalId
from access.model.people import Caller
from access.operations.promote_deputy import PromoteDeputy, promote_deputy
from access.operations.remove_deputy import RemoveDeputy, remove_deputy
from handlers.answer import Answer, Say
from handlers.desk import Desk
from handlers.flows.cards import fresh_card


async def promote(approval: ProposalId, caller: Caller, desk: Desk) -> Answer:
    """Make the deputy the contact, where there is none."""
    party = await promote_deputy(PromoteDeputy(caller=caller, proposal=approval), desk.ports)
    lead = "The deputy contact is the contact now."
    return Say(await fresh_card(party.id, caller, desk, lead=lead))


async def remove(approval: ProposalId, caller: Caller, desk: Desk) -> Answer:
    """Leave the third party without a deputy."""
    party = await remove_deputy(RemoveDeputy(caller=caller, proposal=approval), desk.ports)
    return Say(await fresh_card(party.id, caller, desk, lead="There is no deputy contact any more."))
