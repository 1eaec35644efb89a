"""Looking without changing anything: overview, report, card, checklist, whose token, audit trail."""

from access.model.ids import Fingerprint, ThirdPartyId
from access.model.people import Caller
from access.operations.find_token import FindToken, find_token
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.make_checklist import MakeChecklist, make_checklist
from access.operations.make_report import MakeReport, make_report
from access.operations.show_audit_trail import ShowAuditTrail, show_audit_trail
from handlers.answer import Answer, Nothing, Say
from handlers.desk import Desk
from handlers.flows.cards import fresh_card
from handlers.views.checklist import checklist
from handlers.views.found import FoundLine, found_tokens
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
    return Say(checklist(await make_checklist(MakeChecklist(caller=caller, third_party=third_party), desk.ports)))


async def find(fingerprint: Fingerprint, caller: Caller, desk: Desk) -> Answer:
    """Show whose token has that fingerprint."""
    found = await find_token(FindToken(caller=caller, fingerprint=fingerprint), desk.ports)
    lines = [FoundLine(each.party, each.line, each.may_revoke) for each in found.found]
    return Say(found_tokens(fingerprint, lines, found.askers, found.now))


async def audit(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Show who did what to it, also after it was removed."""
    trail = await show_audit_trail(ShowAuditTrail(caller=caller, third_party=third_party), desk.ports)
    return Say(audit_trail(trail.party.name, trail.lines))


async def nothing_more(_caller: Caller, _desk: Desk) -> Answer:
    """Move on in the Home tab: it is shown anew by itself after each press in it, and there is nothing else to say."""
    return Nothing()
