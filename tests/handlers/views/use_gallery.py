"""What is shown of the use of tokens: checklists, whose token it is, and the news of a first use."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from access.model.card import TokenLine
from access.model.check import Refusal, Use
from access.model.checklist import Checklist, OwnChecklist, Refused
from access.model.ids import Fingerprint, ResourceServerId, TokenId
from access.model.people import Acquaintance, Gone
from access.model.rendered import Rendered
from access.model.resource_server import Askers
from access.model.token import Verdict
from handlers.views import card, checklist, found, handoff_news, own_checklist
from handlers.views.found import FoundLine
from handlers.views.kit import View
from tests.handlers.views.gallery import (
    ANNA,
    CARLA,
    CONTACT,
    DAY,
    DELIVERIES,
    FINGERPRINT,
    NOW,
    PARTIES,
    SUCCESSOR,
    beside,
    card_of,
    cards,
    offer,
    party,
    shown,
    token,
)

API = ResourceServerId("tpr_api")
LONG_AGO = NOW - 400 * DAY
NOBODY, SILENT = Askers(), Askers({API: "API"}, there=True)
REASONS = [each for each in Verdict if each not in (Verdict.ACCEPTED, Verdict.UNKNOWN)]


def asking(name: str = "Billing") -> Askers:
    return Askers({API: name}, there=True, since=LONG_AGO)


def used(**given: Any) -> Any:
    return token(
        collected_at=NOW - DAY, collected_by=CONTACT, **{"last_accepted_at": NOW, "last_accepted_by": API, **given}
    )


def refused(reason: Verdict, of: Any = None) -> Refused:
    about = of or token(expires_at=NOW, revoked_at=NOW, collected_at=NOW - DAY)
    return Refused(about, Refusal(about.id, reason, Use(NOW, API)))


def examined(**given: Any) -> Checklist:
    fields: dict[str, Any] = {"card": card_of(), "refused": [], "known_contact": Acquaintance(), **given}
    return Checklist(**fields)


def _checklists(name: str) -> Iterator[tuple[str, Checklist]]:
    for label, each in cards(name):
        yield label, examined(card=each)
    one = card_of(party=party(name), tokens=[TokenLine(used(), offer(collected_at=NOW - DAY), CARLA)])
    for label, askers in {"nobody": NOBODY, "silent": SILENT, "asking": asking(name)}.items():
        never = TokenLine(used(last_accepted_at=None, last_accepted_by=None), offer(collected_at=NOW), CARLA)
        yield f"used, {label}", examined(card=replace(one, askers=askers))
        yield f"never used, {label}", examined(card=replace(one, askers=askers, tokens=[never]))
    for gone in Gone:
        yield f"contact {gone}", examined(card=one, known_contact=Acquaintance(gone=gone))
    others = [used(id=TokenId("1")), token(id=TokenId("2"))]
    every = [refused(reason, of) for reason, of in product(REASONS, (None, *others))]
    rights = {"admin": (True, True), "owner": (False, True), "auditor": (False, False)}
    for (role, (manages, serves)), switch in product(rights.items(), ("enabled", "disabled")):
        who: dict[str, Any] = {"may_manage": manages, "may_serve": serves, "party": party(name, **PARTIES[switch])}
        for start in range(0, len(every), 5):
            of_role = replace(one, askers=asking(name), **who)
            yield f"refused {start} {role} {switch}", examined(card=of_role, refused=every[start : start + 5])


def own(name: str = "Acme Corp", **given: Any) -> OwnChecklist:
    fields: dict[str, Any] = {
        "party": party(name),
        "tokens": [used()],
        "offer": None,
        "refused": [],
        "owner": ANNA,
        "may_ask": True,
    }
    return OwnChecklist(**{**fields, "askers": asking().unnamed, "now": NOW, **given})


def _own_checklists(name: str) -> Iterator[tuple[str, OwnChecklist]]:
    new = replace(SUCCESSOR, renews=TokenId("token"))
    tokens = {
        "none": [],
        "used": [used()],
        "never used": [used(last_accepted_at=None, last_accepted_by=None)],
        "suspended": [used(suspended_at=NOW)],
        "renewed": [new, used(succeeded_at=NOW, retires_at=NOW + 7 * DAY)],
        "renewed, suspended": [replace(new, suspended_at=NOW), used()],
    }
    reasons = [refused(reason) for reason in REASONS if reason is not Verdict.NOT_COLLECTED]
    for (label, theirs), switch, waits in product(tokens.items(), ("enabled", "disabled"), (None, offer())):
        it = own(name, tokens=theirs, party=party(name, **PARTIES[switch]), offer=waits, may_ask=waits is None)
        yield f"{label} {switch} {waits is not None}", it
        yield f"{label} {switch} {waits is not None} refused", replace(it, refused=reasons[:5])
    for label, askers in {"nobody": NOBODY, "silent": SILENT.unnamed}.items():
        yield f"never used, {label}", own(name, tokens=tokens["never used"], askers=askers)
    yield "many refused", own(name, refused=reasons[1:])


def _found(name: str) -> Iterator[tuple[str, Rendered]]:
    yield "found: none", found.found_tokens(FINGERPRINT, [], NOBODY, NOW)
    for (stage, delivery), switch, may in product(
        DELIVERIES.items(), ("enabled", "disabled", "removed"), (True, False)
    ):
        line = FoundLine(party(name, **PARTIES[switch]), TokenLine(delivery.token, delivery.handoff, CARLA), may)
        yield f"found: {stage} {switch} {may}", found.found_tokens(FINGERPRINT, [line], asking(name), NOW)
    twins = [
        FoundLine(party(name), TokenLine(used(id=TokenId(str(number))), offer(), CARLA), may_revoke=True)
        for number in range(3)
    ]
    yield "found: several", found.found_tokens(FINGERPRINT, twins, asking(name), NOW)
    yield "no_fingerprint", found.no_fingerprint(name * 10)


def _first_uses(name: str) -> Iterator[tuple[str, Rendered | None]]:
    for stage, of_party, yes in product(DELIVERIES, PARTIES, (True, False)):
        told = handoff_news.first_use(shown(stage, of_party, name), for_contact=yes)
        yield f"first_use: {stage} {of_party} {yes}", told
        near = beside(shown(stage, of_party, name), "renewing, overlap", use_known=True)
        yield f"first_use: {stage} {of_party} {yes} beside", handoff_news.first_use(near, for_contact=yes)


def use_messages(name: str = "Acme Corp") -> dict[str, Rendered]:
    """By what they are, and in which state."""
    messages = {f"checklist: {label}": checklist.checklist(each) for label, each in _checklists(name)}
    mine = {label: own_checklist.own_checklist_message(each) for label, each in _own_checklists(name)}
    told = {label: rendered for label, rendered in _first_uses(name) if rendered is not None}
    line = TokenLine(used(fingerprint=Fingerprint("0a0b0c0d")), offer(collected_at=NOW), CARLA)
    in_use = card.third_party_card(card_of(party=party(name), tokens=[line], askers=asking(name)))
    return {
        **messages,
        **{f"own checklist: {label}": each for label, each in mine.items()},
        **dict(_found(name)),
        **told,
        "card: in use": in_use,
    }


def use_views(name: str = "Acme Corp") -> dict[str, View]:
    """The modals."""
    return {f"own checklist: {label}": own_checklist.own_checklist_view(it) for label, it in _own_checklists(name)}
