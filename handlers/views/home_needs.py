"""What waits for somebody now, in the Home tab: each with the buttons that mend it."""

from collections.abc import Iterator
from typing import Any

from access.model.home import Needs, Register, RequestLine, SuspendedLine
from access.model.rendered import Block
from access.model.report import LOOKS_AHEAD, AwaitingLine, ExpiringLine, GapLine, KeyLine, Renewal, Some
from access.model.third_party import ThirdParty
from handlers import ids
from handlers.mrkdwn import code, days, instant, person, strong
from handlers.views.keys import approve_button, decide_buttons, key_name
from handlers.views.kit import actions, button, context, section
from handlers.views.next_step import offer_anew
from handlers.views.overview import show
from handlers.views.refused import at_server
from handlers.views.report import hidden, how_far
from handlers.views.token_line import lift, replace, stop_elsewhere


def needs_now(register: Register) -> Iterator[Block]:
    """Give what waits, the most urgent first; or say that nothing does."""
    needs = register.needs
    if needs.is_empty:
        yield section(
            f"*Nothing needs you now.* Nobody waits, and nothing expires in the next {days(LOOKS_AHEAD)} without a new "
            "token in its place."
        )
        return
    yield section("*What needs you now*" if register.may_serve else "*What waits for an admin*")
    yield from _suspended(needs.suspended, register)
    yield from _awaiting(needs, register)
    yield from _keys(needs.keys, register)
    yield from _requests(needs.requests, register)
    yield from _expiring(needs.expiring, register)
    yield from _uncollected(needs.uncollected, register)
    yield from _unused(needs.unused, register)
    yield from _still_in_use(needs.still_in_use, register)
    yield from _without_owner(needs.without_owner, register)


def _suspended(some: Some[SuspendedLine], register: Register) -> Iterator[Block]:
    for line in some.lines:
        yield section(
            f"*Suspended:* {_token_of(line)} {'waits' if line.token.is_external else 'is refused'} until an admin "
            f"decides.{stop_elsewhere(line.token)} {person(line.contact)} said that somebody else may have its "
            "credentials; talk with them first, by another way than Slack."
        )
        decide = [replace(line.token), lift(line.token)] if register.may_manage else []
        yield from actions(*decide, show(line.party))
    yield from _more(some)


def _awaiting(needs: Needs, register: Register) -> Iterator[Block]:
    for line in needs.awaiting.lines:
        yield section(f"*Waits for approval:* {_proposed(line)}{_who_decides(line, needs, register)}")
        yield from actions(*_decide(line, needs, register), show(line.party))
    yield from _more(needs.awaiting)


def _proposed(line: AwaitingLine) -> str:
    what = "the deputy contact" if line.proposal.deputy else "the contact"
    at = instant(line.proposal.proposed_at)
    key = f" They give a public key, which is approved together with them: {key_name(line.key)}." if line.key else ""
    return f"{person(line.contact)} as {what} of {strong(line.party.name)}, proposed {at}.{key}"


def _who_decides(line: AwaitingLine, needs: Needs, register: Register) -> str:
    if line.proposal.reached_at is None:
        return " My introduction to them has not arrived yet; then an admin can approve it."
    if register.may_manage and line.proposal.id in needs.not_mine:
        return " You proposed it, so another admin approves it."
    return "" if register.may_manage else " An admin decides."


def _decide(line: AwaitingLine, needs: Needs, register: Register) -> Iterator[Block]:
    if not register.may_manage:
        return
    about, reached = line.proposal.id, line.proposal.reached_at is not None
    if reached and about not in needs.not_mine:
        yield approve_button(about, line.key, spoken=f"Approve for {line.party.name}")
    label = "Reject" if reached and about not in needs.not_mine else "Take it back"
    yield button(label, ids.REJECT, about, spoken=f"{label} for {line.party.name}")


def _keys(some: Some[KeyLine], register: Register) -> Iterator[Block]:
    for line in some.lines:
        what = "asks to have no public key any more" if line.change.is_removal else f"gives {key_name(line.change)}"
        compare = " Compare the fingerprint with them by another way than Slack."
        then = compare if register.may_manage else " An admin decides."
        yield section(f"*Public key:* {person(line.contact)}, the contact of {strong(line.party.name)}, {what}.{then}")
        yield from actions(*(decide_buttons(line.change) if register.may_manage else ()), show(line.party))
    yield from _more(some)


def _requests(some: Some[RequestLine], register: Register) -> Iterator[Block]:
    for line in some.lines:
        asked = f"since {instant(line.request.asked_at)}; their program still works"
        yield section(f"*Asks for a new token:* {person(line.contact)} for {strong(line.party.name)}, {asked}.")
        decide = []
        if register.may_serve:
            decide = [
                button("Offer a new token", ids.GRANT_REQUEST, line.request.id, style="primary"),
                button("Not now", ids.DECLINE_REQUEST, line.request.id),
            ]
        yield from actions(*decide, show(line.party))
    yield from _more(some)


def _expiring(some: Some[ExpiringLine], register: Register) -> Iterator[Block]:
    for line in some.lines:
        expires = f"expires {instant(line.token.expires_at)}"
        yield section(f"*Expires:* {_token_of(line)} {expires}. {how_far(line, names_people=True)}")
        renew = []
        begun = line.renewal not in (Renewal.NOTHING_YET, Renewal.CLAIMED, Renewal.IMPORTED)
        elsewhere = line.token.is_external and line.renewal is not Renewal.IMPORTED
        if register.may_serve and not begun and not elsewhere and line.party.enabled and line.party.contact:
            label = f"Renew the token of {line.party.name}"
            renew = [button("Renew", ids.RENEW_REMINDED, line.token.id, style="primary", spoken=label)]
        yield from actions(*renew, show(line.party))
    yield from _more(some)


def _uncollected(some: Some[GapLine], register: Register) -> Iterator[Block]:
    for line in some.lines:
        may_offer = register.may_serve and not line.token.is_external
        mend = offer_anew(line.token.id) if may_offer else show(line.party)
        yield section(f"*Not collected:* {_token_of(line)} is offered until {instant(line.at)}.", button=mend)
    yield from _more(some)


def _unused(some: Some[GapLine], register: Register) -> Iterator[Block]:
    as_known = "" if register.askers.since else ", as far as I know"
    for line in some.lines:
        said = f"*Never used{as_known}:* {_token_of(line)} was collected {instant(line.at)}."
        test = button("Test", ids.TEST, line.party.id, spoken=f"Test {line.party.name}")
        yield section(said, button=test)
    yield from _more(some)


def _still_in_use(some: Some[GapLine], register: Register) -> Iterator[Block]:
    for line in some.lines:
        used = f"last use {instant(line.at)}{at_server(line.token.last_accepted_by, register.askers)}"
        said = f"*The old one is still in use:* {_token_of(line)}, {used}. A new one was collected."
        yield section(said, button=show(line.party))
    yield from _more(some)


def _without_owner(some: Some[ThirdParty], register: Register) -> Iterator[Block]:
    for party in some.lines:
        edit = button("Edit", ids.EDIT, party.id, spoken=f"Edit {party.name}")
        mend = edit if register.may_manage else show(party)
        yield section(f"*Without an owner:* {strong(party.name)}. Its owner is gone; choose another one.", button=mend)
    yield from _more(some)


def _token_of(line: SuspendedLine | ExpiringLine | GapLine) -> str:
    return f"the token {code(line.token.fingerprint)} of {strong(line.party.name)}"


def _more(some: Some[Any]) -> Iterator[Block]:
    if some.lines and (said := hidden(some).strip()):
        yield context(said)
