"""The report and the digest, in every state that they can be shown in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey, KeyKind
from access.model.ids import (
    ClientId,
    ContactKeyId,
    Fingerprint,
    PersonId,
    ProposalId,
    ResourceServerId,
    ThirdPartyId,
    TokenId,
)
from access.model.months import Month
from access.model.people import SlackUser
from access.model.rendered import Rendered
from access.model.report import AwaitingLine, ExpiringLine, GapLine, KeyLine, Renewal, Report, Some, UnusedLine
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token
from handlers.views.report import digest, report_answer
from tests.fakes import MONDAY_MORNING

NOW = MONDAY_MORNING
DAY = timedelta(days=1)
OWNER = PersonId("owner")
API = ResourceServerId("tpr_api")
NOTHING: Some[Any] = Some([], 0)
MONTHS = [Month(2026, 3, 0), *(Month(2026, each, 40 * each) for each in range(4, 12)), Month(2027, 2, 1_000, False)]


def party(name: str, **given: Any) -> ThirdParty:
    fields = {"client_id": ClientId("tpc_abc"), "owner": OWNER, "registered_at": NOW, "enabled": True, **given}
    return ThirdParty(id=ThirdPartyId("party"), name=name, **fields)


def token(left: timedelta) -> Token:
    return Token(
        id=TokenId("token"),
        third_party=ThirdPartyId("party"),
        fingerprint=Fingerprint("1a2b3c4d"),
        token_digest=b"t",
        secret_digest=b"s",
        issued_at=NOW - 150 * DAY,
        expires_at=NOW + left,
        issued_by=OWNER,
    )


def report(server: str = "", /, **parts: Any) -> Report:
    names = ("expiring", "uncollected", "unused", "still_in_use", "long_unused", "awaiting", "keys", "without_token")
    known = Askers({API: server}, there=True, since=NOW - 400 * DAY) if server else Askers()
    fields = {"now": NOW, "time_zone": "Europe/Berlin", "askers": known, "may_manage": True}
    return Report(**{**dict.fromkeys(names, NOTHING), **fields, **parts})


def expiring(name: str, count: int = 1, *, renewal: Renewal = Renewal.NOTHING_YET, **of_party: Any) -> list[Any]:
    by = SlackUser("U0BEN", "T0HOME") if renewal is Renewal.CLAIMED else None
    whose = party(name, **of_party)
    return [ExpiringLine(whose, token((4 * number + 1) * DAY), renewal, by) for number in range(count)]


def reports(name: str) -> Iterator[tuple[str, Report]]:
    yield "nothing", report()
    yield "nothing but months", report(months=MONTHS)
    for renewal in Renewal:
        lines = expiring(name, renewal=renewal) + expiring(name, renewal=renewal, enabled=False)
        yield f"expiring, {renewal}", report(expiring=Some(lines, 2))
    gap = [GapLine(party(name, enabled=not number % 2), token(90 * DAY), NOW - number * DAY) for number in range(3)]
    proposal = ContactProposal(ProposalId("proposal"), ThirdPartyId("party"), PersonId("carla"), OWNER, NOW - DAY)
    carla = SlackUser("U0CARLA", "T0HOME")
    awaiting = [
        AwaitingLine(party(name), proposal, carla),
        AwaitingLine(party(name), replace(proposal, reached_at=NOW), None),
    ]
    key = ContactKey(
        ContactKeyId("key"),
        ThirdPartyId("party"),
        PersonId("carla"),
        NOW - DAY,
        KeyKind.ED25519,
        "",
        "SHA256:" + "k" * 43,
    )
    removal = replace(key, kind=None, fingerprint=None, text=None)
    keys = [KeyLine(party(name), key, carla), KeyLine(party(name), removal, None)]
    used = replace(token(90 * DAY), last_accepted_at=NOW - 91 * DAY, last_accepted_by=API)
    idle = [UnusedLine(party(name), NOW - 91 * DAY, one) for one in (used, None, used)]
    in_use = [replace(line, token=replace(line.token, last_accepted_by=API)) for line in gap]
    parts: dict[str, list[Any]] = {
        "uncollected": gap,
        "unused": gap,
        "still_in_use": in_use,
        "long_unused": idle,
        "awaiting": awaiting,
        "keys": keys,
    }
    for part, some in {**parts, "without_token": [party(name)] * 3}.items():
        yield part, report(**{part: Some(some, len(some))})
        yield f"one of {part}", report(**{part: Some(some[:1], 1)})
    every = {part: Some(lines, 9) for part, lines in parts.items()}
    full = {**every, "expiring": Some(expiring(name, 12), 200, exact=False), "without_token": Some([party(name)], 200)}
    yield "full", report(name, **full, months=MONTHS)
    yield "long_unused, for an owner", report(name, may_manage=False, long_unused=Some(idle, 3, exact=False))
    yield "perhaps more", report(unused=Some(gap, 3, exact=False), expiring=Some(expiring(name), 7))


def report_messages(name: str) -> Iterator[tuple[str, Rendered]]:
    for label, each in reports(name):
        yield f"report: {label}", report_answer(each)


def digest_messages(name: str) -> Iterator[tuple[str, Rendered]]:
    for label, each in reports(name):
        if not each.is_empty:
            yield f"digest: {label}", digest(each)
