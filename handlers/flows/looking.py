"""Looking without changing anything: overview, report, card, checklist, audit trail."""

from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.make_report import MakeReport, make_report
from access.operations.show_audit_trail import ShowAuditTrail, show_audit_trail
from handlers.answer import Answer, Say
from handlers.desk import Desk
from handlers.flows.cards import card_of, fresh_card
from handlers.views.card import checklist
from handlers.views.overview import overview
from handlers.views.report import report_answer
from handlers.views.trail import audit_trail


async def overview_of_all(caller: Caller, desk: Desk, text: str = "") -> Answer:
    """Show the third parties whose name contains `text`; all for an empty one."""
    return Say(overview(await list_third_parties(ListThirdParties(caller=caller, text=text), desk.ports)))


async def report(caller: Caller, desk: Desk) -> Answer:
    """Show what there is to see to."""
    return Say(report_answer(await make_report(MakeReport(caller=caller), desk.ports)))


async def show(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Show everything about one."""
    return Say(await fresh_card(third_party, caller, desk))


async def test(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Show what its access depends on."""
    return Say(checklist(await card_of(third_party, caller, desk)))


async def audit(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Show who did what to it, also after it was removed."""
    trail = await show_audit_trail(ShowAuditTrail(caller=caller, third_party=third_party), desk.ports)
    return Say(audit_trail(trail.party.name, trail.lines))
