"""The Home tab, of every kind of person and in every state that it can be shown in."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from access.model.card import OverviewLine
from access.model.contact import ContactProposal
from access.model.holdings import Holding, Holdings
from access.model.home import Filter, Home, ListPage, Look, Needs, Register, RequestLine, SuspendedLine
from access.model.ids import PersonId, ProposalId, ThirdPartyId, TokenId, TokenRequestId
from access.model.people import Role, SlackUser
from access.model.report import AwaitingLine, ExpiringLine, GapLine, KeyLine, Renewal, Some
from access.model.resource_server import Askers
from access.model.token_request import RequestReason, TokenRequest
from handlers.views.answers import whom_to_ask
from handlers.views.home import home_tab, home_unavailable
from handlers.views.kit import View
from tests.handlers.views.gallery import KEYS, holding
from tests.handlers.views.report_gallery import API, DAY, MONTHS, NOTHING, NOW, OWNER, party, token

CARLA = SlackUser("U0CARLA", "T0HOME")
ASK = whom_to_ask([SlackUser("U0ANNA", "T0HOME")], "C0ADMINS")
NOBODY = Holdings([], NOW)
KINDS = [each.name for each in fields(Needs) if each.name != "not_mine"]
NO_NEEDS = Needs(**dict[str, Any](dict.fromkeys(KINDS, NOTHING)))
PROPOSAL = ContactProposal(ProposalId("proposal"), ThirdPartyId("party"), PersonId("carla"), OWNER, NOW - DAY)
REQUEST = TokenRequest(
    TokenRequestId("request"), ThirdPartyId("party"), TokenId("token"), RequestReason.STILL_WORKS, OWNER, NOW - DAY
)


def needs(name: str, *, total: int = 3, exact: bool = True) -> Needs:
    """Three of each kind."""
    whose = party(name, contact=PersonId("carla"))
    gap = [GapLine(whose, token(90 * DAY), NOW - DAY)] * 3
    awaiting = [
        AwaitingLine(whose, replace(PROPOSAL, reached_at=NOW), CARLA, KEYS["first key"].waiting),
        AwaitingLine(whose, replace(PROPOSAL, id=ProposalId("own"), reached_at=NOW), CARLA),
        AwaitingLine(whose, replace(PROPOSAL, deputy=True), None),
    ]
    renewals = (Renewal.NOTHING_YET, Renewal.CLAIMED, Renewal.WAITS)
    parts: list[list[Any]] = [
        [SuspendedLine(whose, replace(token(DAY), suspended_at=NOW), CARLA)] * 3,
        awaiting,
        [KeyLine(whose, each.waiting, CARLA) for each in KEYS.values() if each.waiting],
        [RequestLine(whose, REQUEST, CARLA)] * 3,
        [ExpiringLine(whose, token(9 * DAY), renewal, CARLA) for renewal in renewals],
        *[gap] * 3,
        [whose] * 3,
    ]
    some = {kind: Some(lines, total, exact) for kind, lines in zip(KINDS, parts, strict=True)}
    return Needs(**some, not_mine=frozenset({ProposalId("own")}))


def line(name: str, **given: Any) -> OverviewLine:
    whose = party(name, contact=PersonId("carla"))
    used = replace(token(DAY), last_accepted_at=NOW)
    return OverviewLine(
        **{"party": whose, "contact": CARLA, "contact_waits": True, "token": used, "used": used, **given}
    )


def register(name: str, page: ListPage, **given: Any) -> Register:
    fields = {"months": MONTHS, "askers": Askers(), "sees_all": True, "may_manage": True, "may_serve": True}
    return Register(**{"needs": needs(name), "page": page, **fields, **given})


def home_tabs(name: str) -> Iterator[tuple[str, View]]:
    full = ListPage([line(name)] * 20, ThirdPartyId("a" * 26), begins=True, looked_at=1_000)
    somewhere = Look("&" * 80, Filter.NOT_COLLECTED, ThirdPartyId("a" * 26), 7, unanswered=True)
    askers = Askers({API: name}, there=True, since=NOW - 400 * DAY)
    home = Home(NOW, "Europe/Berlin", Role.ADMIN, Look(), NOBODY)

    def shown(look: Look | None = None, role: Role = Role.ADMIN, held: Holdings = NOBODY, **of: Any) -> View:
        all_of_it = register(name, of.pop("page", ListPage([line(name)])), **of)
        return home_tab(replace(home, look=look or Look(), role=role, holdings=held, register=all_of_it), ASK)

    yield "home: full", shown(somewhere, held=holding(name, 9), needs=needs(name, total=200, exact=False), page=full)
    yield "home: new", shown(needs=NO_NEEDS, page=ListPage([]), months=[])
    yield "home: used", shown(askers=askers, page=ListPage([line(name), line(name, used=None)]))
    yield "home: nothing more", shown(replace(somewhere, search=""), page=ListPage([]))
    yield "home: nothing found", shown(Look(filter=Filter.ENABLED), page=ListPage([]))
    yield "home: nothing yet", shown(Look(name), page=ListPage([], ThirdPartyId("a" * 26), looked_at=1_000))
    yield "home: auditor", shown(role=Role.AUDITOR, may_manage=False, may_serve=False)
    yield "home: owner", shown(role=Role.MEMBER, held=holding(name, 1), sees_all=False, may_manage=False)
    yield "home: contact", home_tab(replace(home, role=Role.OUTSIDER, holdings=holding(name, 2)), ASK)
    former = Holdings([Holding(party(name), False, [token(DAY)], None, None)], NOW)
    yield "home: former contact", home_tab(replace(home, role=Role.MEMBER, holdings=former), ASK)
    waiting = Holdings([Holding(party(name), True, [], None, None)], NOW)
    yield "home: waiting", home_tab(replace(home, holdings=waiting), ASK)
    yield "home: nobody", home_tab(replace(home, role=Role.OUTSIDER), ASK)
    yield "home: unavailable", home_unavailable()
