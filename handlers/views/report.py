"""What there is to see to: as the answer to a command, and as the weekly digest."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from access.model.rendered import Block, Rendered
from access.model.report import (
    LOOKS_AHEAD,
    AwaitingLine,
    ExpiringLine,
    GapLine,
    KeyLine,
    Renewal,
    Report,
    Some,
    UnusedLine,
)
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.model.use import LONG
from access.model.working_hours import local_day, zone_of
from handlers import ids
from handlers.mrkdwn import code, command, days, escape, instant, person, shortened, strong
from handlers.views.kit import Spoken, button, context, message, section, sections
from handlers.views.months import chart
from handlers.views.refused import at_server
from handlers.views.table import Column, table
from handlers.views.token_line import last_use

_URGENT: Final = 3
_APPROVALS: Final = 3
_NAME_SPOKEN: Final = 40
_NAME_COLUMN: Final = 24
_STANDINGS: Final[Mapping[Renewal, str]] = {
    Renewal.NOTHING_YET: "nothing yet",
    Renewal.CLAIMED: "somebody is on it",
    Renewal.LET_LAPSE: "is to lapse",
    Renewal.WAITS: "new one waits",
    Renewal.IMPORTED: "to be offered",
    Renewal.ELSEWHERE: "made elsewhere",
    Renewal.UNUSED: "new one not used",
    Renewal.SUSPENDED: "suspended",
}
_SENTENCES: Final[Mapping[Renewal, str]] = {
    Renewal.NOTHING_YET: "Nobody has begun to renew it.",
    Renewal.LET_LAPSE: "It was decided to let it lapse.",
    Renewal.WAITS: "A new one waits to be collected.",
    Renewal.IMPORTED: "A new one is imported, and waits to be offered.",
    Renewal.ELSEWHERE: (
        "Nobody has begun to renew it. It was made elsewhere: a new one is made there, and imported here by "
        "`thirdparty-bot import`."
    ),
    Renewal.UNUSED: "The new one was collected, but is not in use yet.",
    Renewal.SUSPENDED: "It is suspended: an admin decides about it.",
}


def report_answer(report: Report) -> Rendered:
    """Answer somebody who asks what there is to see to."""
    if report.is_empty:
        nothing = f"There is nothing to see to: nothing expires in the next {days(LOOKS_AHEAD)}, and nobody waits."
        return message(section(nothing), *chart(report.months, report.time_zone))
    return message(section("*What there is to see to*"), *_parts(report, names_people=True))


def digest(report: Report) -> Rendered:
    """Tell the admins once a week what there is to see to. It mentions nobody: a mention would call them."""
    heading = section(f"*Weekly digest:* what there is to see to. {command('report')} shows how it is later.")
    return message(heading, *_parts(report, names_people=False))


def _parts(report: Report, *, names_people: bool) -> Iterator[Block | Spoken]:
    yield from _expiring(report, names_people=names_people)
    yield from _part("Issued, not collected", report.uncollected, _token("offered until"))
    as_known = "" if report.askers.since else " as far as I know"
    yield from _part(f"Collected, never used{as_known}", report.unused, _token("collected"))
    yield from _part("Renewed, the old one still in use", report.still_in_use, _in_use(report.askers))
    yield from _long_unused(report)
    yield from _awaiting(report, names_people=names_people)
    yield from _part("Enabled, without a token", report.without_token, lambda party: (party, _name(party)))
    yield from chart(report.months, report.time_zone)


def _expiring(report: Report, *, names_people: bool) -> Iterator[Block | Spoken]:
    expiring, ahead = report.expiring, days(LOOKS_AHEAD)
    if not expiring.lines:
        yield section(f"Nothing expires in the next {ahead}.")
        return
    yield section(f"*Expires in the next {ahead}* ({_count(expiring)})")
    yield Spoken(_table(report), [_spoken(line, report) for line in expiring.lines])
    yield context(f"{hidden(expiring)}The days are those of {escape(report.time_zone)}.")
    for line in expiring.lines[:_URGENT]:
        what = f"{_name(line.party)} · {code(line.token.fingerprint)} · expires {instant(line.token.expires_at)}"
        said = f"{how_far(line, names_people=names_people)}{_last_use(line.token, report.askers)}"
        yield section(f"{what}\n{said}", button=_show(line.party))


def _table(report: Report) -> Block:
    columns = [
        Column("Third party", _NAME_COLUMN),
        Column("Token"),
        Column("Expires"),
        Column("Days", right=True),
        Column("Renewal"),
    ]
    rows = [
        [line.party.name, line.token.fingerprint, _day(line, report), str(_days_left(line, report)), _standing(line)]
        for line in report.expiring.lines
    ]
    return table(columns, rows)


def _spoken(line: ExpiringLine, report: Report) -> str:
    """Say what a row of the table says, for whoever cannot see it."""
    left = {0: "today", 1: "tomorrow"}.get(_days_left(line, report), f"in {_days_left(line, report)} days")
    name = escape(shortened(line.party.name, _NAME_SPOKEN))
    return f"{name}, {line.token.fingerprint}: expires {_day(line, report)}, {left}; {_standing(line)}."


def _day(line: ExpiringLine, report: Report) -> str:
    return local_day(line.token.expires_at, zone_of(report.time_zone)).isoformat()


def _days_left(line: ExpiringLine, report: Report) -> int:
    zone = zone_of(report.time_zone)
    return (local_day(line.token.expires_at, zone) - local_day(report.now, zone)).days


def _standing(line: ExpiringLine) -> str:
    return _STANDINGS[line.renewal] + ("" if line.party.enabled else ", not enabled")


def how_far(line: ExpiringLine, *, names_people: bool) -> str:
    """Say how far the renewal of a token has come."""
    if line.renewal is Renewal.CLAIMED:
        said = f"{person(line.claimed_by) if names_people else 'Somebody'} is on it."
    else:
        said = _SENTENCES[line.renewal]
    return said if line.party.enabled else f"{said} The third party is not enabled."


def _token(what: str, where: str = "") -> Callable[[GapLine], tuple[ThirdParty, str]]:
    def line(each: GapLine) -> tuple[ThirdParty, str]:
        token = code(each.token.fingerprint)
        off = "" if each.party.enabled else " · not enabled"
        return each.party, f"{_name(each.party)} · {token} · {what} {instant(each.at)}{where}{off}"

    return line


def _last_use(token: Token, askers: Askers) -> str:
    """Say when it was used last, where anything is known of that; with a space before it."""
    return f" {last_use(token, askers)}" if token.last_accepted_at or askers.since else ""


def _in_use(askers: Askers) -> Callable[[GapLine], tuple[ThirdParty, str]]:
    def line(each: GapLine) -> tuple[ThirdParty, str]:
        return _token("last use", at_server(each.token.last_accepted_by, askers))(each)

    return line


def _long_unused(report: Report) -> Iterator[Block]:
    """Give the third parties that may not need their access, each with the button that switches it off."""
    some = report.long_unused
    if not some.lines:
        return
    yield section(f"*Not used for {days(LONG)}* ({_count(some)})")
    for each in some.lines:
        switch_off = button("Disable", ids.DISABLE, each.party.id, spoken=f"Disable {each.party.name}")
        yield section(_unused(each, report), button=switch_off if report.may_manage else _show(each.party))
    if more := hidden(some).strip():
        yield section(more)


def _unused(each: UnusedLine, report: Report) -> str:
    if each.used is None:
        return f"{_name(each.party)} · never used, as far as I could see since {instant(each.since)}"
    server = at_server(each.used.last_accepted_by, report.askers)
    return f"{_name(each.party)} · {code(each.used.fingerprint)} · last use {instant(each.since)}{server}"


def _contact(*, names_people: bool) -> Callable[[AwaitingLine], tuple[ThirdParty, str]]:
    def line(each: AwaitingLine) -> tuple[ThirdParty, str]:
        since = f"since {instant(each.proposal.proposed_at)}"
        who = f"{person(each.contact)}, {since}" if names_people else since
        introduced = "" if each.proposal.reached_at else " · my introduction has not arrived yet"
        return each.party, f"{_name(each.party)} · {who}{introduced}"

    return line


def _key(*, names_people: bool) -> Callable[[KeyLine], tuple[ThirdParty, str]]:
    def line(each: KeyLine) -> tuple[ThirdParty, str]:
        whose = f"{person(each.contact)}, " if names_people else ""
        what = (
            "no public key any more" if each.change.is_removal else f"public key {code(each.change.fingerprint or '')}"
        )
        return each.party, f"{_name(each.party)} · {whose}{what}, since {instant(each.change.asked_at)}"

    return line


def _awaiting(report: Report, *, names_people: bool) -> Iterator[Block]:
    """Give the contacts who wait, and then, in what is left of the same few lines, the keys."""
    contact, key = _contact(names_people=names_people), _key(names_people=names_people)
    lines = [*map(contact, report.awaiting.lines), *map(key, report.keys.lines)]
    both = (report.awaiting, report.keys)
    some = Some(lines[:_APPROVALS], sum(each.total for each in both), all(each.exact for each in both))
    yield from _part(
        f"{'Contacts and public keys' if report.keys.lines else 'Contacts'} awaiting approval", some, lambda line: line
    )


def _part(title: str, some: Some[Any], line: Callable[[Any], tuple[ThirdParty, str]]) -> Iterator[Block]:
    """Give a heading and its lines, the first with a button; nothing at all where there is none."""
    if not some.lines:
        return
    (party, first), *others = map(line, some.lines)
    more = [hidden(some).strip()] if hidden(some) else []
    yield section(f"*{title}* ({_count(some)})\n{first}", button=_show(party))
    yield from sections([*(text for _, text in others), *more])


def _name(party: ThirdParty) -> str:
    return strong(party.name)


def _count(some: Some[Any]) -> str:
    return str(some.total) if some.exact else f"at least {some.total}"


def hidden(some: Some[Any]) -> str:
    """Say how many are not shown; empty where all are."""
    others = some.total - len(some.lines)
    if some.exact:
        return f"{others} more not shown. " if others > 0 else ""
    return f"At least {others} more not shown. " if others > 0 else "There may be more. "


def _show(party: ThirdParty) -> Block:
    return button("Show", ids.SHOW, party.id, spoken=f"Show {party.name}")
