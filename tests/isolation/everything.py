"""Everything that is done in a workspace, by name."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from access.model.credentials import digest, fingerprint
from access.model.home import Filter
from access.model.ids import (
    ContactKeyId,
    HandoffId,
    ProposalId,
    TokenRequestId,
)
from access.model.restored import BackupEnd
from access.model.secret import Secret
from access.model.token_request import RequestReason
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.approve_contact_key import ApproveContactKey, approve_contact_key
from access.operations.ask_for_token import AskForToken, PreviewAsking, ask_for_token, preview_asking
from access.operations.ask_key_removal import AskKeyRemoval, ask_key_removal
from access.operations.claim_token import ClaimToken, claim_token
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.command import Command
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.confirm_restored import (
    ConfirmRestored,
    ListUnconfirmed,
    ask_to_confirm,
    confirm_restored,
    list_unconfirmed,
)
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.decline_token_request import DeclineTokenRequest, decline_token_request
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.erase_person import erase_person, look_before_erasing
from access.operations.find_resource_server import find_resource_server
from access.operations.find_third_party import find_third_party, suggest_third_parties
from access.operations.find_token import FindToken, find_token
from access.operations.grant_token_request import GrantTokenRequest, grant_token_request
from access.operations.identify_secret import identify_secret
from access.operations.import_third_parties import import_third_parties, preview_import
from access.operations.issue_token import IssueToken, issue_token
from access.operations.let_token_lapse import LetTokenLapse, let_token_lapse
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.list_resource_servers import list_resource_servers
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.look_at_people import look_at_people
from access.operations.make_checklist import MakeChecklist, make_checklist
from access.operations.make_home import MakeHome, make_home
from access.operations.make_own_checklist import MakeOwnChecklist, make_own_checklist
from access.operations.make_report import MakeReport, make_report
from access.operations.next_event import next_event
from access.operations.note_person_changed import note_person_changed
from access.operations.note_skeletons import note_skeletons
from access.operations.plan_digest import plan_digest
from access.operations.plan_head import plan_head
from access.operations.plan_reminders import plan_reminders
from access.operations.preview_dispute import PreviewDispute, preview_dispute
from access.operations.preview_handoff import PreviewHandoff, preview_handoff
from access.operations.preview_renewal import PreviewRenewal, preview_renewal
from access.operations.preview_retirement import preview_retirement
from access.operations.promote_deputy import PromoteDeputy, promote_deputy
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.prune import prune
from access.operations.purge import purge
from access.operations.register_contact_key import (
    PreviewContactKey,
    RegisterContactKey,
    preview_contact_key,
    register_contact_key,
)
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.reject_contact_key import RejectContactKey, reject_contact_key
from access.operations.remove_deputy import RemoveDeputy, remove_deputy
from access.operations.remove_resource_server import remove_resource_server
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.report_modal_refused import ReportModalRefused, report_modal_refused
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.report_pasted_secret import ReportPastedSecret, report_pasted_secret
from access.operations.resend_token import ResendToken, resend_token
from access.operations.retire_token import RetireToken, retire_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.show_audit_trail import ShowAuditTrail, show_audit_trail
from access.operations.show_holdings import show_holdings
from access.operations.show_third_party import ShowThirdParty, show_third_party
from access.operations.snooze_token import PreviewSnooze, SnoozeToken, preview_snooze, snooze_token
from access.operations.sweep_handoffs import sweep_handoffs
from access.operations.sweep_tokens import sweep_tokens
from access.operations.take_figures import take_figures
from access.operations.take_up_backup import take_up_backup
from access.operations.undo_lapse import UndoLapse, undo_lapse
from access.ports import Ports
from access.ports.overviews import Walk
from tests.isolation.acts import (
    KEYS,
    Act,
    Doing,
    add_server,
    check,
    deliver,
    deliver_all,
    edit,
    export,
    import_file,
    is_used,
    read_reason,
    record,
    revoke_as_client,
    revoke_presented,
)


def _command(operation: Callable[[Any, Ports], Awaitable[object]], kind: type[Command], **given: Any) -> Act:
    """An act that is one request; what is `given` may be made of what was drawn."""

    def do(it: Doing) -> Awaitable[object]:
        fields = {name: value(it) if callable(value) else value for name, value in given.items()}
        return operation(kind(caller=it.caller, **fields), it.ports)

    return do


def _on_party(operation: Any, kind: type[Command], **given: Any) -> Act:
    return _command(operation, kind, third_party=lambda it: it.drawn.party, **given)


def _on_token(operation: Any, kind: type[Command], **given: Any) -> Act:
    return _command(operation, kind, token=lambda it: it.drawn.token, **given)


def _on_handoff(operation: Any, kind: type[Command], **given: Any) -> Act:
    return _command(operation, kind, handoff=lambda it: HandoffId(it.drawn.id("handoffs")), **given)


def _on_proposal(operation: Any, kind: type[Command], **given: Any) -> Act:
    return _command(operation, kind, proposal=lambda it: ProposalId(it.drawn.id("contact_proposals")), **given)


def _on_key(operation: Any, kind: type[Command], **given: Any) -> Act:
    return _command(operation, kind, key=lambda it: ContactKeyId(it.drawn.id("contact_keys")), **given)


def _on_request(operation: Any, kind: type[Command], **given: Any) -> Act:
    return _command(operation, kind, request=lambda it: TokenRequestId(it.drawn.id("token_requests")), **given)


def _job(job: Callable[..., Awaitable[object]], *given: Any) -> Act:
    """An act of the bot's own, or of somebody at the command line."""

    def do(it: Doing) -> Awaitable[object]:
        return job(it.home.workspace, *(value(it) for value in given), it.ports)

    return do


def _served(it: Doing) -> str:
    return f"API {it.name}"


def _secret(it: Doing) -> Secret:
    return it.drawn.secret


def _whom(it: Doing) -> str:
    return it.drawn.whom


async def _filters(it: Doing) -> object:
    """Somebody goes through all there is to choose from in their Home tab, and looks for something."""
    now, (marker, few) = it.ports.clock.now(), (it.home.marker, (20, 1_000))
    async with it.ports.read(it.home.workspace) as reading:
        owner = await reading.people.known(it.caller.slack)
        walks = [*(("", each) for each in Filter), ("a", Filter.ALL), (marker, Filter.ALL)]
        pages = [Walk(text, each, None, whose, *few) for text, each in walks for whose in (None, owner)]
        return [await reading.lists.page(page, now) for page in pages]


ACTS: Final[Mapping[str, Act]] = {
    # Third parties and their people.
    "register": _command(
        register_third_party,
        RegisterThirdParty,
        name=lambda it: it.name,
        callback_url=lambda it: f"https://{it.home.marker}.example/",
    ),
    "edit": edit,
    "enable": _on_party(enable_third_party, EnableThirdParty),
    "disable": _on_party(disable_third_party, DisableThirdParty, reason=lambda it: it.words),
    "remove": _on_party(remove_third_party, RemoveThirdParty),
    "propose": _on_party(propose_contact, ProposeContact, user_id=_whom),
    "propose deputy": _on_party(propose_contact, ProposeContact, user_id=_whom, deputy=True),
    "approve": _on_proposal(approve_contact, ApproveContact),
    "reject": _on_proposal(reject_contact, RejectContact, reason=lambda it: it.words),
    "promote deputy": _on_proposal(promote_deputy, PromoteDeputy),
    "remove deputy": _on_proposal(remove_deputy, RemoveDeputy),
    "give key": _on_party(register_contact_key, RegisterContactKey, text=lambda it: KEYS[it.drawn.number % 2]),
    "preview key": _on_party(preview_contact_key, PreviewContactKey),
    "approve key": _on_key(approve_contact_key, ApproveContactKey),
    "reject key": _on_key(reject_contact_key, RejectContactKey),
    "ask key removal": _on_key(ask_key_removal, AskKeyRemoval),
    # Tokens and their handoffs.
    "issue": _on_party(issue_token, IssueToken),
    "resend": _on_party(resend_token, ResendToken),
    "renew": _on_party(renew_token, RenewToken),
    "preview renewal": _on_token(preview_renewal, PreviewRenewal),
    "replace": _on_token(replace_token, ReplaceToken),
    "revoke": _on_token(revoke_token, RevokeToken),
    "retire": _on_token(retire_token, RetireToken),
    "preview retirement": _on_token(preview_retirement, RetireToken, as_contact=True),
    "lift": _on_token(lift_suspension, LiftSuspension),
    "collect": _on_handoff(collect_handoff, CollectHandoff),
    "confirm": _on_handoff(confirm_handoff, ConfirmHandoff),
    "decline": _on_handoff(decline_handoff, DeclineHandoff),
    "not seen": _on_handoff(report_not_seen, ReportNotSeen),
    "modal refused": _on_handoff(report_modal_refused, ReportModalRefused),
    "dispute": _on_handoff(dispute_handoff, DisputeHandoff),
    "preview dispute": _on_handoff(preview_dispute, PreviewDispute),
    "preview handoff": _on_handoff(preview_handoff, PreviewHandoff),
    "ask, it works": _on_token(ask_for_token, AskForToken, why=RequestReason.STILL_WORKS),
    "ask, somebody else": _on_token(ask_for_token, AskForToken, why=RequestReason.SOMEBODY_ELSE),
    "preview asking": _on_token(preview_asking, PreviewAsking),
    "grant": _on_request(grant_token_request, GrantTokenRequest),
    "decline request": _on_request(decline_token_request, DeclineTokenRequest),
    "claim": _on_token(claim_token, ClaimToken),
    "snooze": _on_token(
        snooze_token, SnoozeToken, until=lambda it: it.ports.clock.now() + timedelta(days=1 + it.drawn.number)
    ),
    "preview snooze": _on_token(preview_snooze, PreviewSnooze),
    "let lapse": _on_token(let_token_lapse, LetTokenLapse),
    "undo lapse": _on_token(undo_lapse, UndoLapse),
    # What programs do.
    "add server": add_server,
    "remove server": _job(remove_resource_server, _served),
    "find server": _job(find_resource_server, _served),
    "list servers": _job(list_resource_servers),
    "check": check,
    "is used": is_used,
    "record checks": record,
    "revoke presented": revoke_presented,
    "revoke as client": revoke_as_client,
    # What somebody at the command line does.
    "identify": _job(identify_secret, _secret),
    "import": _job(import_third_parties, import_file),
    "preview import": _job(preview_import, import_file),
    "erase": _job(erase_person, _whom),
    "export": export,
    "look before erasing": _job(look_before_erasing, _whom),
    "take up backup": lambda it: take_up_backup(
        it.home.workspace, BackupEnd(3, it.ports.clock.now()), it.ports, chain_fits=True
    ),
    "ask to confirm restored": _command(ask_to_confirm, ConfirmRestored),
    "confirm restored": _command(confirm_restored, ConfirmRestored),
    "list unconfirmed": _command(list_unconfirmed, ListUnconfirmed, first=lambda it: it.drawn.party),
    # What the bot does by itself.
    "deliver": deliver,
    "deliver all": deliver_all,
    "sweep tokens": _job(sweep_tokens),
    "sweep handoffs": _job(sweep_handoffs),
    "plan reminders": _job(plan_reminders),
    "look at people": _job(look_at_people),
    "person changed": _job(note_person_changed, _whom),
    "plan digest": _job(plan_digest),
    "plan head": _job(plan_head),
    "note skeletons": _job(note_skeletons),
    "purge": _job(purge),
    "prune": _job(prune),
    # What people look at.
    "figures": _job(take_figures),
    "next event": _job(next_event),
    "home": _command(make_home, MakeHome),
    "filters": _filters,
    "list": _command(list_third_parties, ListThirdParties, text=lambda it: ("", "a")[it.drawn.number % 2]),
    "read reason": read_reason,
    "report": _command(make_report, MakeReport),
    "show": _on_party(show_third_party, ShowThirdParty),
    "audit trail": _on_party(show_audit_trail, ShowAuditTrail),
    "checklist": _on_party(make_checklist, MakeChecklist),
    "own checklist": _on_party(make_own_checklist, MakeOwnChecklist),
    "holdings": _command(show_holdings, Command),
    "find": lambda it: find_third_party(it.caller, it.name, it.ports, or_removed=True),
    "suggest": lambda it: suggest_third_parties(it.caller, ["Acmee", "Beta1", it.name], it.ports),
    "find token": _command(find_token, FindToken, fingerprint=lambda it: fingerprint(digest(it.drawn.secret))),
    "paste": _command(report_pasted_secret, ReportPastedSecret, found=lambda it: [it.drawn.secret]),
}
