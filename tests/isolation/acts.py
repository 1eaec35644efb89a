"""What people, programs and the clock do in a workspace: each act the same wherever it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from access.model.check import CheckNotes, Noted
from access.model.contact_key import EncryptedCredentials
from access.model.credentials import digest, fingerprint
from access.model.errors import AskerUnknown
from access.model.home import Filter, Look
from access.model.ids import (
    ClientId,
    ContactKeyId,
    HandoffId,
    ProposalId,
    ReasonHash,
    ThirdPartyId,
    TokenId,
    TokenRequestId,
)
from access.model.import_plan import people_in
from access.model.import_rows import COLUMNS, REQUIRED, parties_of
from access.model.people import Caller
from access.model.restored import BackupEnd
from access.model.secret import Secret
from access.model.sheet import read_sheet
from access.model.third_party import details_hash
from access.model.token import Verdict
from access.model.token_request import RequestReason
from access.operations.add_resource_server import add_resource_server
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.approve_contact_key import ApproveContactKey, approve_contact_key
from access.operations.ask_for_token import AskForToken, PreviewAsking, ask_for_token, preview_asking
from access.operations.ask_key_removal import AskKeyRemoval, ask_key_removal
from access.operations.check_token import Asker, check_token
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
from access.operations.deliver_messages import (
    claim_messages,
    note_dropped,
    note_posted,
    note_postponed,
    note_undeliverable,
    put_off,
    spread_to_admins,
)
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.erase_person import erase_person, look_before_erasing
from access.operations.find_resource_server import find_resource_server
from access.operations.find_third_party import find_third_party, suggest_third_parties
from access.operations.find_token import FindToken, find_token
from access.operations.grant_token_request import GrantTokenRequest, grant_token_request
from access.operations.identify_secret import identify_secret
from access.operations.import_third_parties import ImportFile, import_third_parties, preview_import
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
from access.operations.record_checks import record_checks
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
from access.operations.revoke_presented_token import Client, RevokePresentedToken, revoke_presented_token
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
from storage.audit_export import actors_called
from storage.metadata_export import exported_parties
from storage.person_export import kept_about
from tests.isolation.neighbours import ApartRandom, Home

NAMES: Final = ("Acme", "Beta", "Gamma")
ELSEWHERE: Final = (Secret("former-token-0001"), Secret("former-secret-1"), Secret("their-token-0001"))
"""What was made elsewhere, and may be known to both."""

KEYS: Final = (
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
)

_HEADER: Final = "name,owner,contact,notes,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered"
_MONTH: Final = timedelta(days=30)


@dataclass(frozen=True)
class Drawn:
    """Who does something, and with what: ids of rows, by table, which may be the neighbour's, and somebody's secret."""

    by: str
    whom: str
    ids: Mapping[str, str]
    secret: Secret
    number: int

    def id(self, table: str) -> str:
        return self.ids.get(table, "a" * 26)

    @property
    def party(self) -> ThirdPartyId:
        return ThirdPartyId(self.id("third_parties"))

    @property
    def token(self) -> TokenId:
        return TokenId(self.id("tokens"))


@dataclass(frozen=True)
class Doing:
    """An act in one of the two places where it is done."""

    home: Home
    drawn: Drawn

    @property
    def ports(self) -> Ports:
        return self.home.world.ports

    @property
    def caller(self) -> Caller:
        return self.home.world.caller(self.drawn.by)

    @property
    def name(self) -> str:
        return self.home.name(NAMES[self.drawn.number % len(NAMES)])

    @property
    def words(self) -> str:
        """What somebody writes: nobody writes it next door."""
        return f"{self.home.marker} {self.drawn.number}"


Act = Callable[[Doing], Awaitable[object]]


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


async def _edit(it: Doing) -> object:
    async with it.ports.read(it.home.workspace) as reading:
        party = await reading.third_parties.find(it.drawn.party)
    request = EditThirdParty(
        caller=it.caller,
        third_party=it.drawn.party,
        name=it.name,
        callback_url=f"https://{it.home.marker}.example/callback",
        owner=it.drawn.whom,
        deputy_owner="UMIA" if it.drawn.number % 2 else None,
        notes=it.words,
        seen=details_hash(party) if party else "",
    )
    return await edit_third_party(request, it.ports)


async def _deliver(it: Doing) -> object:
    """What is due goes out, or fails in one of the ways in which it may."""
    claimed, next_due = await claim_messages(it.home.workspace, it.ports, lease=timedelta(minutes=2), limit=100)
    for number, queued in enumerate(claimed, it.drawn.number):
        if number % 11 == 1:
            await note_undeliverable(queued, "user_disabled", it.ports)
        elif number % 11 == 4 and queued.message.is_for_admins:
            await spread_to_admins(queued, it.ports)
        elif number % 11 == 6:
            await note_dropped(queued, it.ports)
        elif number % 11 == 8:
            await note_postponed(queued, timedelta(minutes=9), it.ports, uncertain=True, error="timeout")
        elif not await put_off(queued, it.ports):
            await note_posted(queued, "D1", f"{number}.0", it.ports)
    return [(queued.workspace, queued.message) for queued in claimed], next_due


async def _deliver_all(it: Doing) -> object:
    return await it.home.world.deliver()


async def _add_server(it: Doing) -> object:
    apart = replace(it.ports, random=ApartRandom(it.ports.random, it.home.workspace))
    added = await add_resource_server(it.home.workspace, f"API {it.name}", apart)
    it.home.servers.append(added.secret)
    return added


async def _check(it: Doing) -> object:
    """An API of this workspace asks about a token, whoever's it is."""
    if not it.home.servers:
        return None
    asker = Asker(it.home.servers[it.drawn.number % len(it.home.servers)])
    answer = await check_token(asker, it.drawn.secret, it.ports)
    texts = {secret.reveal() for secret in (*it.home.secrets, *ELSEWHERE)}
    if it.drawn.secret.reveal() not in texts:
        assert (answer.verdict, answer.token) == (Verdict.UNKNOWN, None), "a token that was never made here is known"
    return answer


async def _record(it: Doing) -> object:
    """Write down what checks have shown here; what they have shown next door is left for the neighbour's turn."""
    taken = {**it.ports.notes.take()}
    own = taken.pop(it.home.workspace, None)
    it.ports.notes.give_back(taken)
    if own is not None:
        await record_checks(it.home.workspace, own, it.ports)
    return own


async def answers(home: Home, secrets: Sequence[Secret]) -> object:
    """What the APIs of a workspace are told of each of these tokens. It counts as no use."""
    ports = replace(home.world.ports, notes=CheckNotes())
    return [await _answer(server, secret, ports) for server in home.servers for secret in secrets]


async def _answer(server: Secret, secret: Secret, ports: Ports) -> object:
    try:
        return await check_token(Asker(server), secret, ports)
    except AskerUnknown as refusal:
        return refusal.code


def _file(it: Doing) -> ImportFile:
    now, word = it.ports.clock.now(), it.words
    first, last = ((now + months * _MONTH).date().isoformat() for months in (-2, 3))
    rows = (
        f"{it.name},UMIA,UCARLA,{word},yes,migrated,former-token-0001,former-secret-1,{first},{last},yes",
        f"{it.home.name('Delta')},UMIA,UERIK,{word},yes,external,their-token-0001,their-secret-1,{first},{last},no",
        f"{it.home.name('Far')},UBEN,UCARLA,{word},yes,external,,,{first},{last},",
    )
    sheet = read_sheet("\n".join([_HEADER, *rows]).encode(), known=COLUMNS, required=REQUIRED)
    parties, problems = parties_of(sheet, now)
    people = {text: it.home.world.town.people.get(text) for text in people_in(parties)}
    return ImportFile(parties, problems, people)


async def _revoke_as_client(it: Doing) -> object:
    client = Client(ClientId(it.drawn.id("client_ids")), it.drawn.secret)
    request = RevokePresentedToken(workspace=it.home.workspace, presented=it.drawn.secret, client=client)
    return await revoke_presented_token(request, it.ports)


async def _revoke_presented(it: Doing) -> object:
    request = RevokePresentedToken(workspace=it.home.workspace, presented=it.drawn.secret)
    return await revoke_presented_token(request, it.ports)


async def _is_used(it: Doing) -> object:
    """A program uses a token of this workspace, if it has one that works; that is written down at once."""
    ports = replace(it.ports, notes=CheckNotes())
    answers = []
    for server in it.home.servers[:1]:
        for secret in it.home.secrets:
            answers.append((await check_token(Asker(server), secret, ports)).verdict)
        await record_checks(it.home.workspace, ports.notes.take().get(it.home.workspace, Noted()), ports)
    return answers


async def _read_reason(it: Doing) -> object:
    async with it.ports.read(it.home.workspace) as reading:
        return await reading.reasons.text(ReasonHash(it.drawn.id("reasons")))


async def _export(it: Doing) -> object:
    database, workspace = it.home.world.database, it.home.workspace
    parties = [each async for each in exported_parties(database, workspace, progress=lambda _: None)]
    about = await kept_about(database, workspace, it.drawn.whom)
    return parties, about, await actors_called(database, workspace, it.drawn.whom)


def _served(it: Doing) -> str:
    return f"API {it.name}"


def _secret(it: Doing) -> Secret:
    return it.drawn.secret


def _whom(it: Doing) -> str:
    return it.drawn.whom


def _look(it: Doing) -> Look:
    filters = list(Filter)
    search = ("", "", "a", it.home.marker)[it.drawn.number % 4]
    return Look(search, filters[it.drawn.number % len(filters)])


ACTS: Final[Mapping[str, Act]] = {
    # Third parties and their people.
    "register": _command(
        register_third_party,
        RegisterThirdParty,
        name=lambda it: it.name,
        callback_url=lambda it: f"https://{it.home.marker}.example/",
    ),
    "edit": _edit,
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
    "add server": _add_server,
    "remove server": _job(remove_resource_server, _served),
    "find server": _job(find_resource_server, _served),
    "list servers": _job(list_resource_servers),
    "check": _check,
    "is used": _is_used,
    "record checks": _record,
    "revoke presented": _revoke_presented,
    "revoke as client": _revoke_as_client,
    # What somebody at the command line does.
    "identify": _job(identify_secret, _secret),
    "import": _job(import_third_parties, _file),
    "preview import": _job(preview_import, _file),
    "erase": _job(erase_person, _whom),
    "export": _export,
    "look before erasing": _job(look_before_erasing, _whom),
    "take up backup": lambda it: take_up_backup(
        it.home.workspace, BackupEnd(3, it.ports.clock.now()), it.ports, chain_fits=True
    ),
    "ask to confirm restored": _command(ask_to_confirm, ConfirmRestored),
    "confirm restored": _command(confirm_restored, ConfirmRestored),
    "list unconfirmed": _command(list_unconfirmed, ListUnconfirmed, first=lambda it: it.drawn.party),
    # What the bot does by itself.
    "deliver": _deliver,
    "deliver all": _deliver_all,
    "sweep tokens": _job(sweep_tokens),
    "sweep handoffs": _job(sweep_handoffs),
    "plan reminders": _job(plan_reminders),
    "look at people": _job(look_at_people),
    "person changed": _job(note_person_changed, _whom),
    "plan digest": _job(plan_digest),
    "plan head": _job(plan_head),
    "purge": _job(purge),
    "prune": _job(prune),
    # What people look at.
    "figures": _job(take_figures),
    "next event": _job(next_event),
    "home": _command(make_home, MakeHome, look=_look),
    "list": _command(list_third_parties, ListThirdParties, text=lambda it: ("", "a")[it.drawn.number % 2]),
    "read reason": _read_reason,
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


def seen(result: object) -> str:
    """What can be seen of what an act gave, but for what is encrypted anew each time."""
    if isinstance(result, EncryptedCredentials):
        result = replace(result, armoured="")
    return repr(result)
