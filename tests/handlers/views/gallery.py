"""Every message and modal there is, in every state that it can be shown in, for a third party of any name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from access.model.audit_head import Head
from access.model.card import (
    AuditLineShown,
    Overview,
    OverviewLine,
    ThirdPartyCard,
    TokenLine,
    Undelivered,
    Who,
)
from access.model.contact import ContactProposal, ProposalOutcome
from access.model.contact_key import ContactKey, ContactKeys, EncryptedCredentials, KeyKind, KeyOutcome
from access.model.credentials import Credentials, mint
from access.model.errors import ThirdPartyDisabled
from access.model.handoff import Handoff, HandoffEnd
from access.model.holdings import Holding, Holdings
from access.model.ids import (
    ClientId,
    ContactKeyId,
    Fingerprint,
    HandoffId,
    PersonId,
    ProposalId,
    ThirdPartyId,
    TokenId,
    TokenRequestId,
)
from access.model.imported import Imported
from access.model.messages import MessageKind
from access.model.people import Gone, SlackUser
from access.model.policy import Policy
from access.model.rendered import Rendered
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenOrigin
from access.model.token_request import RequestOutcome, RequestReason, TokenRequest
from handlers.views import (
    answers,
    asking,
    card,
    contact_messages,
    forms,
    handoff,
    handoff_messages,
    handoff_news,
    holdings,
    keys,
    leavers,
    notice,
    overview,
    owner_messages,
    questions,
    revocation,
    snooze,
    trail,
)
from handlers.views.asking import RequestShown
from handlers.views.audit_head import audit_head
from handlers.views.command_guide import GUIDES
from handlers.views.contact_messages import ProposalShown
from handlers.views.handoff import ApiGuide
from handlers.views.handoff_messages import HandoffShown, TokenShown
from handlers.views.imported import imported
from handlers.views.keys import KeyShown
from handlers.views.kit import View
from handlers.views.leavers import GoneShown, OpenedShown, PartyShown
from handlers.views.questions import OverlapShown
from handlers.views.snooze import SnoozeShown
from tests.fakes import MONDAY_MORNING
from tests.handlers.views.report_gallery import digest_messages, report_messages
from tests.handlers.views.restored_gallery import restored_answers, restored_messages

NOW = MONDAY_MORNING
DAY = timedelta(days=1)
EXPIRY = NOW + 184 * DAY
OWNER, DEPUTY, CONTACT, FORMER, ADMIN = (PersonId(name) for name in ("owner", "deputy", "contact", "former", "admin"))
ANNA, BEN, CARLA, DORA, ERIK = (SlackUser(f"U0{name}", "T0HOME") for name in ("ANNA", "BEN", "CARLA", "DORA", "ERIK"))
FINGERPRINT = Fingerprint("1a2b3c4d")
CREDENTIALS = Credentials(
    handoff=HandoffId("handoff"),
    third_party_name="Acme Corp",
    client_id=ClientId("tpc_abc"),
    client_secret=mint("tps_", b"s" * 32),
    token=mint("tpt_", b"t" * 32),
    fingerprint=FINGERPRINT,
    expires_at=EXPIRY,
)
API = ApiGuide("https://api.example.com/v1", "https://docs.example.com/start")
WORDY = "&" * 500


def contact_key(kind: KeyKind | None, **given: Any) -> ContactKey:
    fields = {"third_party": ThirdPartyId("party"), "contact": CONTACT, "asked_at": NOW - DAY, "kind": kind}
    if kind is not None:
        text = f"age1{'q' * 58}" if kind is KeyKind.AGE else f"{kind} AAAA{'B' * 700}"
        fields |= {"text": text, "fingerprint": f"SHA256:{'A' * 43}"}
    return ContactKey(**{"id": ContactKeyId("key"), **fields, **given})


_IN_FORCE: Mapping[str, Any] = {"outcome": KeyOutcome.APPROVED, "decided_at": NOW, "decided_by": ADMIN}
AGE_KEY, SSH_KEY, RSA_KEY = (contact_key(kind, **_IN_FORCE) for kind in KeyKind)
KEYS: Mapping[str, ContactKeys] = {
    "no key": ContactKeys(),
    "first key": ContactKeys(None, contact_key(KeyKind.AGE)),
    "key": ContactKeys(AGE_KEY),
    "key, another waits": ContactKeys(SSH_KEY, contact_key(KeyKind.AGE)),
    "key, to be removed": ContactKeys(RSA_KEY, contact_key(None)),
}
"""The keys that a contact may have."""
KEY_OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    "waiting": {},
    **{
        outcome.value: {"outcome": outcome, "decided_at": NOW, "decided_by": OWNER, "text": None}
        for outcome in KeyOutcome
    },
}


def party(name: str = "Acme Corp", **given: Any) -> ThirdParty:
    fields = {"client_id": ClientId("tpc_abc"), "owner": OWNER, "registered_at": NOW, "contact": CONTACT, **given}
    return ThirdParty(**{"id": ThirdPartyId("party"), "name": name, "enabled": True, **fields})


def token(**given: Any) -> Token:
    fields = {"fingerprint": FINGERPRINT, "token_digest": b"t", "secret_digest": b"s", "issued_by": ADMIN, **given}
    times = {"issued_at": NOW - DAY, "expires_at": EXPIRY}
    return Token(**{"id": TokenId("token"), "third_party": ThirdPartyId("party"), **times, **fields})


def elsewhere(origin: TokenOrigin = TokenOrigin.EXTERNAL, **given: Any) -> Token:
    """A token that was made elsewhere, and waits to be offered."""
    return token(**{"origin": origin, "issued_by": None, "digest_key": "key", "secret_digest": None, **given})


def offer(**given: Any) -> Handoff:
    times = {"offered_at": NOW - DAY, "lapses_at": NOW + 2 * DAY, "nudge_at": NOW + DAY, **given}
    ids = {"id": HandoffId("handoff"), "third_party": ThirdPartyId("party"), "token": TokenId("token")}
    return Handoff(**{**ids, "contact": CONTACT, **times})


def proposal(**given: Any) -> ContactProposal:
    fields = {"contact": CONTACT, "proposed_by": ADMIN, "proposed_at": NOW - DAY, "reached_at": NOW - DAY, **given}
    return ContactProposal(**{"id": ProposalId("proposal"), "third_party": ThirdPartyId("party"), **fields})


@dataclass(frozen=True)
class Delivery:
    """A token and its handoff, as far as they have come, at `now`."""

    token: Token
    handoff: Handoff
    now: datetime = NOW


def _deliveries() -> Iterator[tuple[str, Delivery]]:
    yield "offered", Delivery(token(), offer())
    yield "overdue", Delivery(token(), offer(lapses_at=NOW))
    for end in HandoffEnd:
        yield end.value, Delivery(token(revoked_at=NOW), offer(ended_at=NOW, end=end))
    seen = {"collected_at": NOW}
    marks: Mapping[str, Mapping[str, Any]] = {
        "collected": {},
        "confirmed": {"confirmed_at": NOW},
        "disputed": {"disputed_at": NOW},
        "confirmed, disputed": {"confirmed_at": NOW, "disputed_at": NOW},
        "disputed by former": {"disputed_at": NOW, "disputed_by_former": True},
    }
    ends: Mapping[str, Mapping[str, Any]] = {
        "active": {},
        "suspended": {"suspended_at": NOW},
        "revoked": {"revoked_at": NOW},
        "expired": {"expires_at": NOW},
        "overlapping": {"succeeded_at": NOW, "retires_at": NOW + 7 * DAY},
        "retired": {"succeeded_at": NOW - 7 * DAY, "retired_at": NOW},
    }
    for (mark, of_handoff), (end_name, of_token) in product(marks.items(), ends.items()):
        if end_name == "suspended" and mark == "disputed by former":
            continue  # only the present contact suspends
        if end_name in {"overlapping", "retired"} and mark not in {"collected", "disputed"}:
            continue  # as with an active or a revoked one
        opened = token(collected_at=NOW, collected_by=CONTACT, **of_token)
        yield f"{mark}, {end_name}", Delivery(opened, offer(**seen, **of_handoff))


DELIVERIES = dict(_deliveries())
NEW = TokenId("new")
PREDECESSOR = token(
    id=TokenId("old"), fingerprint=Fingerprint("0ld0ld00"), collected_at=NOW - DAY, collected_by=CONTACT
)
SUCCESSOR = token(
    id=NEW, fingerprint=Fingerprint("11223344"), renews=TokenId("token"), collected_at=NOW, collected_by=CONTACT
)
NEIGHBOURS: Mapping[str, list[Token]] = {
    "alone": [],
    "renewing": [PREDECESSOR],
    "renewing, overlap": [replace(PREDECESSOR, succeeded_at=NOW, retires_at=NOW + 7 * DAY)],
    "renewed": [SUCCESSOR],
    "renewal offered": [replace(SUCCESSOR, collected_at=None, collected_by=None)],
    "renewed, suspended": [replace(SUCCESSOR, suspended_at=NOW)],
}
"""What may be live beside a token."""
PARTIES: Mapping[str, Mapping[str, Any]] = {
    "enabled": {},
    "disabled": {"enabled": False},
    "another contact": {"contact": FORMER},
    "no contact": {"contact": None},
    "removed": {"enabled": False, "contact": None, "removed_at": NOW},
}
OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    "waiting": {},
    "guest": {"account_ends_at": NOW + DAY},
    "not reached yet": {"reached_at": None},
    **{outcome.value: {"outcome": outcome, "decided_by": OWNER, "decided_at": NOW} for outcome in ProposalOutcome},
    "superseded before it was sent": {"outcome": ProposalOutcome.SUPERSEDED, "reached_at": None},
}


def with_deputies(name: str) -> dict[str, ThirdParty]:
    """A third party in each state that matters to CONTACT's proposal as the deputy."""
    return {
        "none": party(name, contact=FORMER),
        "another": party(name, contact=FORMER, deputy_contact=DEPUTY),
        "they": party(name, contact=FORMER, deputy_contact=CONTACT),
        "they, alone": party(name, contact=None, deputy_contact=CONTACT),
        "took over": party(name),
        "took over, disabled": party(name, enabled=False),
    }


def shown(delivery: str, of_party: str, name: str = "Acme Corp", **given: Any) -> HandoffShown:
    stage = DELIVERIES[delivery]
    fields = {"token": stage.token, "handoff": stage.handoff, "now": stage.now, "contact": CARLA, "owner": ANNA}
    neighbours = {"others": [], "use_known": False, "askers": Askers(), "policy": Policy(), "replaced": False}
    return HandoffShown(**{"party": party(name, **PARTIES[of_party]), **neighbours, **fields, **given})


def beside(it: HandoffShown, neighbour: str, *, use_known: bool) -> HandoffShown:
    """The same with another live token beside it."""
    renews = PREDECESSOR.id if neighbour.startswith("renewing") else None
    others = NEIGHBOURS[neighbour]
    return replace(it, token=replace(it.token, renews=renews), others=others, use_known=use_known)


def proposed(outcome: str, of_party: str, name: str = "Acme Corp", **given: Any) -> ProposalShown:
    people = {"contact": CARLA, "proposed_by": BEN, "decided_by": ANNA, "reason": ""}
    fields = {"proposal": proposal(**OUTCOMES[outcome]), "has_token": False, "new_token_expires_at": EXPIRY}
    return ProposalShown(**{"party": party(name, **PARTIES[of_party]), **people, **fields, **given})


def card_of(**given: Any) -> ThirdPartyCard:
    people = {"owner": ANNA, "deputy_owner": None, "contact": CARLA, "approved_by": BEN}
    waiting = {"approval": None, "proposal": None, "proposed": None, "proposed_by": None}
    rights = {"may_manage": True, "may_serve": True, "tokens": [], "undelivered": []}
    return ThirdPartyCard(**{"party": party(), "now": NOW, **people, **waiting, **rights, **given})


def overlap(name: str) -> OverlapShown:
    return OverlapShown(name, replace(PREDECESSOR, last_accepted_at=NOW), SUCCESSOR, Askers())


def snoozing(name: str, count: int) -> SnoozeShown:
    choices = [NOW + days * DAY for days in (1, 3, 7, 14)][:count]
    return SnoozeShown(name, token(), choices, NOW + 30 * DAY, "Europe/Berlin", NOW)


def cards(name: str) -> Iterator[tuple[str, ThirdPartyCard]]:
    approval = proposal(outcome=ProposalOutcome.APPROVED, decided_at=NOW, account_ends_at=NOW + DAY)
    waiting = {"proposed": DORA, "proposed_by": BEN}
    rights = {"admin": (True, True), "owner": (False, True), "auditor": (False, False)}
    for (stage, delivery), (switch, of_party), (role, (manages, serves)) in product(
        DELIVERIES.items(), PARTIES.items(), rights.items()
    ):
        line = TokenLine(delivery.token, delivery.handoff, CARLA)
        who = {"may_manage": manages, "may_serve": serves, "party": party(name, **of_party)}
        yield f"{stage} {switch} {role}", card_of(tokens=[line], approval=approval, **who)
    for neighbour, (role, (manages, serves)) in product(NEIGHBOURS, rights.items()):
        of_token = {"collected_at": NOW, "collected_by": CONTACT}
        if neighbour == "renewed":
            of_token |= {"succeeded_at": NOW, "retires_at": NOW + 7 * DAY, "last_accepted_at": NOW}
        pair = [token(**of_token), *NEIGHBOURS[neighbour]]
        pair.sort(key=lambda each: each.id == NEW, reverse=True)
        seen = {"collected_at": NOW}
        lines = [TokenLine(each, offer(**(seen if each.collected_at else {})), CARLA) for each in pair]
        for switch in ("enabled", "another contact"):
            who = {"may_manage": manages, "may_serve": serves, "party": party(name, **PARTIES[switch])}
            yield f"{neighbour} {switch} {role}", card_of(tokens=lines, **who)
    yield "new", card_of(party=party(name, contact=None, enabled=False), contact=None)
    yield "introducing", card_of(party=party(name), proposal=proposal(reached_at=None), **waiting)
    yield "to approve", card_of(party=party(name), proposal=proposal(), **waiting)
    yield from _cards_with_deputies(name)
    yield from _cards_with_keys(name)
    yield from _cards_with_tokens_from_elsewhere(name)
    full = party(name, notes=WORDY, callback_url=f"https://acme.example/?{'&' * 1_975}", deputy_owner=DEPUTY)
    lines = [TokenLine(token(id=TokenId(str(number))), offer(), None) for number in range(5)]
    problems = [Undelivered(kind, "user_disabled", NOW, to_person=True) for kind in MessageKind]
    odd = Undelivered(MessageKind.HANDOFF, "an_error_that_slack_made_yesterday", NOW, to_person=True)
    late = replace(odd, delayed=True)
    yield "full", card_of(party=full, tokens=lines, undelivered=[*problems[:3], odd, late], deputy_owner=DORA)
    decided = {
        "claimed": {"claimed_by": OWNER, "claimed_at": NOW, "snoozed_by": ADMIN, "snoozed_until": NOW + DAY},
        "to lapse": {"let_lapse_by": OWNER, "let_lapse_at": NOW},
    }
    for (what, of_token), (role, (manages, serves)) in product(decided.items(), rights.items()):
        opened = token(collected_at=NOW, collected_by=CONTACT, **of_token)
        line = TokenLine(opened, offer(collected_at=NOW), CARLA, claimed_by=ANNA, snoozed_by=BEN, let_lapse_by=ANNA)
        may = {"may_manage": manages, "may_serve": serves}
        yield f"{what} {role}", card_of(party=party(name), tokens=[line], **may)
    yield "looks like others", card_of(party=party(name), lookalikes=[name[::-1]] * 3)


def _cards_with_deputies(name: str) -> Iterator[tuple[str, ThirdPartyCard]]:
    approval = proposal(id=ProposalId("approval"), outcome=ProposalOutcome.APPROVED, decided_at=NOW, deputy=True)
    approved = {"deputy_contact": CARLA, "deputy_approval": approval, "deputy_approved_by": BEN, "contact": ERIK}
    waiting = {"proposed": DORA, "proposed_by": BEN}
    waits = {
        "": None,
        ", another waits": proposal(deputy=True),
        ", introducing": proposal(deputy=True, reached_at=None),
    }
    for (state, of_party), (more, waits_for), manages in product(
        with_deputies(name).items(), waits.items(), (True, False)
    ):
        people = approved if of_party.deputy_contact else {"contact": ERIK}
        who = {"party": of_party, "may_manage": manages, **people, **(waiting if waits_for else {})}
        yield f"deputy: {state}{more} {manages}", card_of(proposal=waits_for, **who)


def _handoff_messages(name: str) -> Iterator[tuple[str, Rendered | None]]:
    for delivery, of_party in product(DELIVERIES, PARTIES):
        it = shown(delivery, of_party, name)
        state = f"{delivery}, {of_party}"
        yield f"handoff: {state}", handoff_messages.handoff_message(it, "this workspace")
        yield f"handoff_nudge: {state}", handoff_messages.handoff_nudge(it)
        yield f"handoff_collected: {state}", handoff_news.handoff_collected(it)
        yield f"modal_refused: {state}", handoff_news.modal_refused(it)
        yield f"handoff_not_seen: {state}", handoff_news.handoff_not_seen(it)
        yield f"handoff_declined: {state}", handoff_news.handoff_declined(it)
        for replaced in (True, False):
            yield f"handoff_lapsed: {state} {replaced}", handoff_news.handoff_lapsed(replace(it, replaced=replaced))
        for yes in (True, False):
            yield f"dispute: {state} {yes}", handoff_news.dispute(it, for_owner=yes)
            yield f"token_ended: {state} {yes}", handoff_news.token_ended(it, by=BEN, for_contact=yes)
            yield from _revoked_from_outside(state, it, by_third_party=yes)


def _revoked_from_outside(state: str, it: TokenShown, *, by_third_party: bool) -> Iterator[tuple[str, Rendered | None]]:
    label, by = (
        f"revoked_by_{'third_party' if by_third_party else 'holder'}: {state}",
        {"by_third_party": by_third_party},
    )
    yield f"{label} contact", revocation.revoked_from_outside_for_contact(it, **by)
    at_command_line = f"revoked_at_command_line: {state}"
    yield f"{at_command_line} contact", revocation.revoked_at_command_line_for_contact(it)
    yield f"{at_command_line} {by_third_party}", revocation.revoked_at_command_line(it, for_owner=by_third_party)
    for yes in (True, False):
        yield f"{label} {yes}", revocation.revoked_from_outside(it, **by, for_owner=yes)


ELSEWHERE: Mapping[str, Mapping[str, Any]] = {
    "waiting": {},
    "discarded": {"revoked_at": NOW},
    "active": {"collected_at": NOW - DAY},
    "suspended": {"collected_at": NOW - DAY, "suspended_at": NOW},
    "revoked": {"collected_at": NOW - DAY, "revoked_at": NOW},
    "expired": {"collected_at": NOW - DAY, "expires_at": NOW},
    "overlapping": {"collected_at": NOW - DAY, "succeeded_at": NOW, "retires_at": NOW + 7 * DAY},
    "retired": {"collected_at": NOW - 9 * DAY, "succeeded_at": NOW - 7 * DAY, "retired_at": NOW},
}
"""What may become of a token that was made elsewhere, and never offered here."""
_MADE_ELSEWHERE = (TokenOrigin.MIGRATED, TokenOrigin.EXTERNAL)


def _elsewhere_messages(name: str) -> Iterator[tuple[str, Rendered | None]]:
    """What was made elsewhere, offered here or not."""
    for origin, delivery, neighbour in product(_MADE_ELSEWHERE, DELIVERIES, ("alone", "renewing", "renewed")):
        it = beside(shown(delivery, "enabled", name), neighbour, use_known=False)
        it = replace(it, token=replace(it.token, origin=origin, issued_by=None, secret_digest=None))
        state = f"{origin} {delivery} {neighbour}"
        yield f"handoff: {state}", handoff_messages.handoff_message(it, "this workspace")
        yield f"handoff_nudge: {state}", handoff_messages.handoff_nudge(it)
        yield f"handoff_collected: {state}", handoff_news.handoff_collected(it)
        yield f"handoff_lapsed: {state}", handoff_news.handoff_lapsed(it)
        yield f"handoff_declined: {state}", handoff_news.handoff_declined(it)
        yield f"handoff_not_seen: {state}", handoff_news.handoff_not_seen(it)
        for yes in (True, False):
            yield f"dispute: {state} {yes}", handoff_news.dispute(it, for_owner=yes)
    people = {"contact": CARLA, "owner": ANNA, "askers": Askers(), "policy": Policy(), "now": NOW}
    for origin, (which, of_token), switch in product(_MADE_ELSEWHERE, ELSEWHERE.items(), ("enabled", "removed")):
        about: dict[str, Any] = {
            "token": elsewhere(origin, **of_token),
            "party": party(name, **PARTIES[switch]),
            **people,
        }
        told = TokenShown(replaced=False, others=[], use_known=False, **about)
        state = f"{origin} {which} {switch}"
        for yes in (True, False):
            yield f"token_ended: {state} {yes}", handoff_news.token_ended(told, by=BEN, for_contact=yes)
            retired = handoff_news.token_retired(told, by=BEN, of_itself=yes, for_contact=yes)
            yield f"token_retired: {state} {yes}", retired
            yield from _revoked_from_outside(state, told, by_third_party=yes)
    for origin, waiting, why, state in product(_MADE_ELSEWHERE, (True, False), RequestReason, REQUESTS):
        held = elsewhere(origin, collected_at=NOW - DAY)
        for of_token in (held, replace(held, suspended_at=NOW), replace(held, revoked_at=NOW)):
            it_is = requested(state, why, name, token=of_token, has_waiting=waiting)
            label = f"{origin} {waiting} {why} {state} {of_token.state(NOW)}"
            yield f"token_asked: {label}", asking.token_asked(it_is)
            yield f"token_request: {label}", asking.token_request(it_is, for_owner=False)


def _imported_proposals(name: str) -> Iterator[tuple[str, Rendered | None]]:
    """Nobody in Slack proposed whoever was imported."""
    for outcome in OUTCOMES:
        it = proposed(outcome, "enabled", name, proposed_by=None)
        it = replace(it, proposal=replace(it.proposal, proposed_by=None))
        yield f"introduction: imported {outcome}", contact_messages.introduction(it, "this workspace")
        yield f"approval_request: imported {outcome}", contact_messages.approval_request(it, may_approve=True)


def _cards_with_tokens_from_elsewhere(name: str) -> Iterator[tuple[str, ThirdPartyCard]]:
    rights = {"admin": (True, True), "owner": (False, True), "auditor": (False, False)}
    for origin, (which, of_token), switch, (role, (manages, serves)) in product(
        _MADE_ELSEWHERE, ELSEWHERE.items(), ("enabled", "disabled", "no contact"), rights.items()
    ):
        fields = {"party": party(name, **PARTIES[switch]), "may_manage": manages, "may_serve": serves}
        line = TokenLine(elsewhere(origin, **of_token), None, CARLA)
        yield f"{origin} {which} {switch} {role}", card_of(tokens=[line], **fields)
        beside_it = TokenLine(elsewhere(origin, id=PREDECESSOR.id, collected_at=NOW), None, CARLA)
        yield f"{origin} {which} beside another {switch} {role}", card_of(tokens=[line, beside_it], **fields)
    imported = proposal(proposed_by=None)
    yield "imported, to approve", card_of(party=party(name, contact=None), proposal=imported, proposed=DORA)
    deputy = replace(imported, deputy=True)
    yield "imported deputy", card_of(party=party(name), proposal=deputy, proposed=DORA)


def _renewal_messages(name: str) -> Iterator[tuple[str, Rendered | None]]:
    for neighbour, known in product(NEIGHBOURS, (True, False)):

        def near(delivery: str, neighbour: str = neighbour, known: bool = known) -> HandoffShown:
            return beside(shown(delivery, "enabled", name), neighbour, use_known=known)

        state = f"{neighbour} {known}"
        stages = ("offered", "lapsed", "collected, active", "collected, overlapping", "disputed, active")
        for delivery in (*stages, "disputed, suspended"):
            yield f"handoff: {delivery}, {state}", handoff_messages.handoff_message(near(delivery), "this workspace")
            yield f"handoff_collected: {delivery}, {state}", handoff_news.handoff_collected(near(delivery))
        yield f"handoff_lapsed: {state}", handoff_news.handoff_lapsed(near("lapsed"))
        yield f"handoff_declined: {state}", handoff_news.handoff_declined(near("declined"))
        for yes in (True, False):
            ended, retired = near("collected, revoked"), near("collected, retired")
            for dispute in ("disputed, suspended", "disputed, active"):
                yield f"{dispute}: {state} {yes}", handoff_news.dispute(near(dispute), for_owner=yes)
            yield f"token_ended: {state} {yes}", handoff_news.token_ended(ended, by=BEN, for_contact=yes)
            yield from _revoked_from_outside(state, ended, by_third_party=yes)
            yield from _revoked_from_outside(f"{state} newest", replace(ended, replaced=False), by_third_party=yes)
            told = handoff_news.token_retired(retired, by=BEN, of_itself=known, for_contact=yes)
            yield f"token_retired: {state} {yes}", told
    removed = handoff_news.token_retired(
        shown("collected, retired", "removed", name), by=BEN, of_itself=False, for_contact=False
    )
    yield "token_retired: removed", removed


def _contact_messages(name: str) -> Iterator[tuple[str, Rendered | None]]:
    for outcome, of_party, reason in product(OUTCOMES, PARTIES, ("", WORDY)):
        it = proposed(outcome, of_party, name, reason=reason)
        state = f"{outcome}, {of_party} {bool(reason)}"
        yield f"introduction: {state}", contact_messages.introduction(it, "this workspace")
        for yes in (True, False):
            decided = contact_messages.proposal_decided(replace(it, has_token=yes))
            yield f"proposal_decided: {state} {yes}", decided
        for may in (True, False):
            like = replace(it, lookalikes=[name[::-1]] * 3) if reason else it
            yield f"approval_request: {state} {may}", contact_messages.approval_request(like, may_approve=may)
    yield from _deputy_messages(name)
    suspended = token(id=TokenId("2"), suspended_at=NOW)
    questions_about: list[list[tuple[Token, Who]]] = [[], [(suspended, DORA)], [(token(), DORA), (suspended, None)]]
    for opened, yes in product(questions_about, (True, False)):
        asked = contact_messages.former_contact_tokens(party(name), opened, NOW, for_owner=yes)
        yield f"former_contact_tokens: {len(opened)} {yes}", asked


def _deputy_messages(name: str) -> Iterator[tuple[str, Rendered | None]]:
    for (state, of_party), outcome in product(with_deputies(name).items(), OUTCOMES):
        plain = proposed(outcome, "enabled", name)
        it = replace(plain, party=of_party, proposal=replace(plain.proposal, deputy=True))
        label = f"deputy: {outcome}, {state}"
        yield f"introduction, {label}", contact_messages.introduction(it, "this workspace")
        yield f"approval_request, {label}", contact_messages.approval_request(it, may_approve=True)
        yield f"proposal_decided, {label}", contact_messages.proposal_decided(it)
        if outcome == "approved":
            yield f"contact_now: {state}", contact_messages.contact_now(it, "this workspace")
            for by, has_token in product((None, BEN), (True, False)):
                took_over = contact_messages.deputy_took_over(replace(it, has_token=has_token), by)
                yield f"deputy_took_over: {state} {by} {has_token}", took_over
    for state, of_party in with_deputies(name).items():
        yield f"deputy_lost: {state}", contact_messages.deputy_lost(of_party, DEPUTY, ERIK)
    declined = replace(shown("declined", "no contact", name), party=party(name, contact=None, deputy_contact=DEPUTY))
    yield "handoff_declined: deputy", handoff_news.handoff_declined(declined)


def _owner_messages(name: str) -> Iterator[tuple[str, Rendered | None]]:
    for of_party in PARTIES:
        it = party(name, **PARTIES[of_party])
        yield f"owner_assigned: {of_party}", owner_messages.owner_assigned(it, BEN)
        yield f"switched: {of_party}", owner_messages.switched(it, None, WORDY)
        yield f"removed: {of_party}", owner_messages.removed(it, BEN)
    problems = [Undelivered(kind, "user_disabled", NOW, to_person=True) for kind in MessageKind][:5]
    yield "undeliverable", owner_messages.undeliverable(party(name), problems)
    yield "undeliverable: none", owner_messages.undeliverable(party(name), [])


REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "waiting": {},
    **{outcome.value: {"outcome": outcome, "decided_by": ADMIN, "decided_at": NOW} for outcome in RequestOutcome},
}


def requested(state: str, why: RequestReason, name: str = "Acme Corp", **given: Any) -> RequestShown:
    about = {"id": TokenRequestId("request"), "third_party": ThirdPartyId("party"), "token": TokenId("token")}
    asked: dict[str, Any] = {**about, "why": why, "asked_by": CONTACT, "asked_at": NOW - DAY}
    request = TokenRequest(**asked, **REQUESTS[state])
    opened = token(collected_at=NOW - 9 * DAY, collected_by=CONTACT)
    people = {"contact": CARLA, "owner": ANNA, "decided_by": BEN}
    fields = {"party": party(name), "request": request, "token": opened, "policy": Policy(), "now": NOW}
    return RequestShown(**{**people, **fields, **given})


def _requests(name: str) -> Iterator[tuple[str, Rendered | None]]:
    """A contact has asked, for either reason, and whatever became of the request, the token and the third party."""
    tokens: list[dict[str, Any]] = [{}, {"suspended_at": NOW}, {"revoked_at": NOW}, {"expires_at": NOW}]
    waiting = [("waiting", of_token, "enabled") for of_token in tokens]
    ended: list[tuple[str, dict[str, Any], str]] = [
        (state, {}, switch) for state in REQUESTS for switch in ("enabled", "removed") if state != "waiting"
    ]
    for (state, of_token, switch), why in product([*waiting, *ended], RequestReason):
        opened = token(collected_at=NOW - 9 * DAY, collected_by=CONTACT, **of_token)
        it = requested(state, why, name, token=opened, party=party(name, **PARTIES[switch]))
        label = f"{state} {why} {[*of_token]} {switch}"
        yield f"token_asked: {label}", asking.token_asked(it)
        for yes in (True, False):
            yield f"token_request: {label} {yes}", asking.token_request(it, for_owner=yes)


def _keys(name: str) -> Iterator[tuple[str, Rendered | None]]:
    """A contact's keys, in every message that says something of them, and whatever became of a change."""
    for (which, each), required in product(KEYS.items(), (True, False)):
        label = f"{which} {required}"
        fields: dict[str, Any] = {"keys": each, "key_required": required}
        for outcome in ("waiting", "approved"):
            told = contact_messages.introduction(proposed(outcome, "enabled", name, **fields), "this workspace")
            yield f"introduction: {outcome} {label}", told
        for may in (True, False):
            asked = contact_messages.approval_request(proposed("waiting", "enabled", name, **fields), may_approve=may)
            yield f"approval_request: {label} {may}", asked
        it = shown("offered", "enabled", name, keys=each, policy=Policy(require_contact_key=required))
        yield f"handoff: {label}", handoff_messages.handoff_message(it, "this workspace")
    changes = (*KeyKind, None)
    for kind, (state, decided), before, switch in product(
        changes, KEY_OUTCOMES.items(), (None, SSH_KEY), ("enabled", "removed")
    ):
        change = contact_key(kind, **decided)
        people = {"contact": CARLA, "owner": ANNA, "decided_by": BEN if change.decided_by else None}
        for required in (True, False):
            it_is = KeyShown(party(name, **PARTIES[switch]), change, before, **people, required=required, now=NOW)
            label = f"{kind} {state} {before is None} {switch} {required}"
            yield f"key_request: {label}", keys.key_request(it_is)
            yield f"key_asked: {label}", keys.key_asked(it_is)


def _cards_with_keys(name: str) -> Iterator[tuple[str, ThirdPartyCard]]:
    for (which, each), manages, required in product(KEYS.items(), (True, False), (True, False)):
        fields: dict[str, Any] = {"party": party(name), "may_manage": manages, "key_required": required}
        yield f"{which} {manages} {required}", card_of(keys=each, key_approved_by=BEN, **fields)
        if each.waiting:
            waits = {"proposal": proposal(), "proposed": DORA, "proposed_by": BEN, "proposed_key": each.waiting}
            yield f"proposed with {which} {manages} {required}", card_of(**fields, **waits)


def holding(name: str, count: int) -> Holdings:
    """What somebody holds who is the contact of some third parties, and was it of another one."""
    collected = {"collected_at": NOW - DAY, "collected_by": CONTACT}
    old = token(**collected, succeeded_at=NOW, retires_at=NOW + 7 * DAY)
    kept = [old, token(**collected, suspended_at=NOW), token(**collected)]
    request = requested("waiting", RequestReason.STILL_WORKS).request
    off = Holding(party(name, enabled=False), True, kept, offer(), request)
    former = Holding(party(name, contact=FORMER), False, kept[-1:], None, None)
    with_keys = [Holding(party(name), True, [], None, None, each) for each in KEYS.values()]
    held = [off, *with_keys, former][: max(count, 0)] if count > 3 else [off, with_keys[3], former][:count]
    return Holdings([*held, *[off] * (count - len(held))], NOW)


def _leavers(name: str) -> Iterator[tuple[str, Rendered | None]]:
    """Somebody is gone for any reason, or back, and leaves nothing, some or more than a message can hold."""
    live = [token(id=TokenId(str(number))) for number in range(2)]
    some = [*live, token(id=TokenId("2"), suspended_at=NOW), token(id=TokenId("3"), revoked_at=NOW)]
    many = [token(id=TokenId(str(number % 5)), **({"revoked_at": NOW} if number > 40 else {})) for number in range(60)]
    ended = [token(expires_at=NOW), token(succeeded_at=NOW - 7 * DAY, retired_at=NOW)]
    tokens: Mapping[str, list[Token]] = {"nothing": [], "some": some, "ended": ended, "many": many}
    left = [PartyShown(party(name, contact=None), None, None), PartyShown(party(name, contact=FORMER), DORA, BEN)]
    parties = {"nothing": [], "some": left, "ended": left[:1], "many": left * 10}
    for gone, amount, yes in product((*Gone, None), tokens, (True, False)):
        it = GoneShown(
            person=CARLA if amount != "ended" else None,
            gone=gone,
            parties=parties[amount],
            opened=[OpenedShown(each, party(name)) for each in tokens[amount]],
            for_admins=yes,
            now=NOW,
        )
        yield f"owner_gone: {gone} {amount} {yes}", leavers.owner_gone(it)
        yield f"contact_gone: {gone} {amount} {yes}", leavers.contact_gone(it)


def _imports() -> Iterator[tuple[str, Rendered]]:
    yield "imported: much", imported(Imported(99_999, 88_888, 77_777))
    yield "imported: tokens alone", imported(Imported(0, 0, 3))


def _heads() -> Iterator[tuple[str, Rendered]]:
    """The audit trail ends with its first record, or with a great number of them."""
    for number in (1, 10**17):
        yield f"audit_head: {number}", audit_head(Head(number, b"k3yk3yk3" + bytes(range(32))))


def queued_messages(name: str = "Acme Corp") -> dict[str, Rendered]:
    """What the outbox sends, by kind and state; without what is moot."""
    about_tokens = (*_handoff_messages(name), *_renewal_messages(name), *_elsewhere_messages(name))
    about_people = (*_contact_messages(name), *_owner_messages(name), *_leavers(name))
    about_all = (*digest_messages(name), *_heads(), *restored_messages(name), *_imports())
    parts = (*about_tokens, *about_people, *_requests(name), *_keys(name), *_imported_proposals(name), *about_all)
    return {label: rendered for label, rendered in parts if rendered is not None}


def answer_messages(name: str = "Acme Corp") -> dict[str, Rendered]:
    """What commands and presses are answered with."""
    shown_messages: dict[str, Rendered] = {}
    for label, each in cards(name):
        shown_messages[f"card: {label}"] = card.third_party_card(each, lead="It is done.")
        shown_messages[f"remove_question: {label}"] = questions.remove_question(each)
        tokens = [line.token for line in each.tokens] or [token()]
        shown_messages[f"revoke_question: {label}"] = questions.revoke_question(each, tokens)
    for text, may, count in product(("", name), (True, False), (0, 1, 20)):
        states = [stage.token for stage in DELIVERIES.values()]
        lines = [OverviewLine(party(name), CARLA, bool(n % 2), states[n % len(states)]) for n in range(count)]
        lines[2:4] = [
            OverviewLine(party(name, contact=None, deputy_contact=DEPUTY), None, contact_waits=False, token=None),
            OverviewLine(party(name), CARLA, contact_waits=False, token=None, deputy_waits=True),
        ][: len(lines[2:4])]
        seen = Overview(lines, total=count and 30, text=text, now=NOW, may_manage=may)
        shown_messages[f"overview: {text} {may} {count}"] = overview.overview(seen)
    records = [
        AuditLineShown(number, NOW, ADMIN if number % 2 else None, BEN if number % 3 else None, action, "done")
        for number, action in enumerate(trail.WORDS, 1_000)
    ]
    for start in range(0, len(records), 20):
        shown_messages[f"audit_trail: {start}"] = trail.audit_trail(name, records[start : start + 20])
    shown_messages["audit_trail: none"] = trail.audit_trail(name, [])
    for about in (None, "nonsense", *GUIDES):
        shown_messages[f"help_text: {about}"] = answers.help_text(about)
    return {
        **shown_messages,
        **dict(report_messages(name)),
        **dict(restored_answers(name)),
        "did_you_mean": answers.did_you_mean(name * 10, ["enable", "edit"]),
        "did_you_mean: nothing": answers.did_you_mean(name, []),
        "no_such_third_party": answers.no_such_third_party(name * 10, [name, name, name]),
        "no_such_third_party: nothing like it": answers.no_such_third_party(name, []),
        "no_such_third_party: one that looks the same": answers.no_such_third_party(name, [], [name[::-1]] * 3),
        "whom_to_ask": answers.whom_to_ask([ANNA, BEN] * 5, "C0ADMINS"),
        "whom_to_ask: nobody": answers.whom_to_ask([], None),
        "retire_question": questions.retire_question(overlap(name)),
        "pasted_secret": answers.pasted_secret(token(), may_revoke=True),
        "pasted_secret: ended": answers.pasted_secret(token(), may_revoke=False),
        "pasted_secret: unknown": answers.pasted_secret(None, may_revoke=False),
        "ask_plainly": asking.ask_plainly(token(), name),
        **{f"holdings: {count}": holdings.holdings_message(holding(name, count)) for count in (0, 3, 30)},
        "refusal": answers.refusal(ThirdPartyDisabled(), "a1b2c3", name=name),
        "broken": answers.broken("a1b2c3"),
        "cannot keep, in doubt": answers.cannot_keep("a1b2c3", changing=True, in_doubt=True),
    }


def views(name: str = "Acme Corp") -> dict[str, View]:
    """Every modal but the reveal."""
    each = card_of(party=party(name, notes=WORDY, callback_url="https://acme.example", deputy_owner=DEPUTY))
    return {
        "add_form": forms.add_form(),
        "add_form: filled": forms.add_form(name * 50, "x" * 4_000),
        "edit_form": forms.edit_form(replace(each, deputy_owner=DORA)),
        "edit_form: people erased": forms.edit_form(replace(each, owner=None)),
        "contact_form": forms.contact_form(each),
        "contact_form: deputy": forms.contact_form(each, deputy=True),
        "contact_form: another deputy": forms.contact_form(
            replace(each, party=party(name, deputy_contact=DEPUTY)), deputy=True
        ),
        "contact_form: first": forms.contact_form(replace(each, party=party(name, contact=None))),
        "reject_form": forms.reject_form(ProposalId("proposal"), name),
        **{f"explain_form: {which}": handoff.explain_form(offer(), name, each) for which, each in KEYS.items()},
        **{f"key_form: {which}": keys.key_form(party(name), each) for which, each in KEYS.items()},
        "dispute_form": handoff.dispute_form(HandoffId("handoff"), token(), name, Askers()),
        "retire_form": questions.retire_form(overlap(name)),
        "snooze_form": snooze.snooze_form(snoozing(name, 4)),
        "snooze_form: a single choice": snooze.snooze_form(snoozing(name, 1)),
        "ask_form": asking.ask_form(token(), name),
        **{f"holdings_view: {count}": holdings.holdings_view(holding(name, count)) for count in (0, 3, 30)},
        "notice": notice.notice("Well done", "All is *well*."),
    }


def reveals(name: str = "Acme Corp") -> list[View]:
    """The reveal, with everything and with little configured."""
    credentials = replace(CREDENTIALS, third_party_name=name)
    without_secret = replace(credentials, client_secret=None)
    return [
        handoff.credentials_view(each, api)
        for each in (credentials, without_secret)
        for api in (API, ApiGuide(None, None))
    ]


def encrypted_reveals(name: str = "Acme Corp") -> list[View]:
    """The reveal to somebody with a key of their own; as long as it gets: 2,400 characters of armour."""
    shown = [
        EncryptedCredentials(HandoffId("handoff"), name, ClientId("tpc_abc"), "A" * 2_400, key, FINGERPRINT, EXPIRY)
        for key in (AGE_KEY, SSH_KEY, RSA_KEY)
    ]
    return [handoff.encrypted_view(each, api) for each in shown for api in (API, ApiGuide(None, None))]
