"""The checklist of a third party's access, for those who look after it: what is wrong, each with what mends it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from access.model.card import NextStep, ThirdPartyCard
from access.model.checklist import Checklist, Point
from access.model.people import Gone
from access.model.rendered import Block, Rendered
from access.model.resource_server import Askers
from access.model.token import TokenState, Verdict
from access.model.use import never_used_since
from handlers import ids
from handlers.mrkdwn import code, command, instant, person, strong
from handlers.views.kit import actions, button, message, section, sections
from handlers.views.next_step import next_step_text, offer_anew
from handlers.views.refused import RefusedShown, at_server, refused_line
from handlers.views.token_line import NOT_ACTIVE, lift, replace, token_line

_TITLES: Final[Mapping[Point, str]] = {
    Point.CREDENTIALS: "Credentials",
    Point.ENABLED: "Enabled",
    Point.ACTIVE: "Active",
    Point.CONTACT: "Contact approved",
    Point.REACHABLE: "Contact reachable",
    Point.COLLECTED: "Collected",
    Point.NOT_EXPIRED: "Not expired",
    Point.USED: "Used",
}
_GONE: Final[Mapping[Gone, str]] = {
    Gone.DEACTIVATED: "their account is deactivated",
    Gone.MOVED: "their account belongs to another organisation now",
    Gone.UNKNOWN: "Slack doesn't know their account any more",
    Gone.UNREACHABLE: "they share no channel with this workspace any more",
}


def checklist(it: Checklist) -> Rendered:
    """Return what a check depends on, one by one, and what is wrong."""
    card = it.card
    outcome = "a call with this token is accepted." if it.accepted else "a call is refused at the moment."
    if it.is_checked_elsewhere:
        outcome = "its token is checked where it was made, so I can't tell whether a call is accepted."
    others = [line for line in card.live if line is not it.line]
    return message(
        section(f"{strong(card.party.name)}: {outcome}"),
        *_points(it),
        *_refused(it),
        *sections(f"There is another token: {token_line(other, card.now, card.askers)}" for other in others),
        *([] if it.accepted or it.is_checked_elsewhere else [section(f"*Next step:* {next_step_text(card)}")]),
    )


def point_line(point: Point, holds: bool | None, detail: str) -> str:
    """Say of one point whether it is so."""
    sign, answer = {True: ("✓", "yes"), False: ("✗", "no"), None: ("–", "not known")}[holds]
    return f"{sign}  *{_TITLES[point]}:* {answer}{f' · {detail}' if detail else ''}"


def nobody_asks(askers: Askers) -> str:
    """Say why nothing can be known of a token's use, and what whoever runs the bot does about it."""
    adds = code("thirdparty-bot resource-server add NAME")
    if not askers.there:
        return f"no API of yours asks me about tokens, so I can't see any use. Whoever runs me sets one up: {adds}."
    return (
        "no resource server has asked me about a token yet, so I can't see any use. Whoever runs me finds those there "
        f"are with {code('thirdparty-bot resource-server list')}, and adds one with {adds}."
    )


def _points(it: Checklist) -> Iterator[Block]:
    """Give those that need nothing together, and each of the others with its buttons below it."""
    waiting: list[str] = []
    for point in Point:
        if point is Point.REACHABLE and it.card.party.contact is None:
            continue
        holds = it.holds(point)
        waiting.append(point_line(point, holds, _DETAILS[point](it)))
        mends = list(_MENDS[point](it)) if holds is False and point in _MENDS else []
        if mends:
            yield from sections(waiting)
            yield from actions(*mends)
            waiting = []
    yield from sections(waiting)


def _credentials(it: Checklist) -> str:
    return f"token {code(it.line.token.fingerprint)}" if it.line else "no token yet"


def _enabled(it: Checklist) -> str:
    return "" if it.card.party.enabled else command("enable", it.card.party.name)


def _active(it: Checklist) -> str:
    if it.line is None:
        return ""
    token, now = it.line.token, it.card.now
    if token.works(now):
        return f"until {instant(token.retires_at or token.expires_at)}"
    return NOT_ACTIVE[token.state(now)]


def _contact(it: Checklist) -> str:
    card = it.card
    if card.party.contact is not None:
        return person(card.contact)
    if card.proposal is not None and not card.proposal.deputy:
        return f"{person(card.proposed)} waits for approval"
    return command("contact", card.party.name, "@user")


def _reachable(it: Checklist) -> str:
    if it.is_reachable:
        return ""
    gone = it.known_contact.gone
    lost = "a message to them has not arrived; my card of it says which"
    return _GONE.get(gone, lost) if gone else lost


def _collected(it: Checklist) -> str:
    if it.line is None:
        return ""
    token, handoff = it.line.token, it.line.handoff
    if handoff is None:
        return "imported, in use already" if token.collected_at is not None else "imported, to be offered"
    if token.collected_at is not None:
        return f"{instant(token.collected_at)}, by {person(it.line.contact)}"
    return f"offered to {person(it.line.contact)} until {instant(handoff.lapses_at)}" if handoff.is_open else ""


def _not_expired(it: Checklist) -> str:
    if it.line is None:
        return ""
    token = it.line.token
    return f"{'expired' if it.card.now >= token.expires_at else 'until'} {instant(token.expires_at)}"


def _used(it: Checklist) -> str:
    token, askers = it.line.token if it.line else None, it.card.askers
    if token is not None and token.last_accepted_at is not None:
        return f"last {instant(token.last_accepted_at)}{at_server(token.last_accepted_by, askers)}"
    if token is not None and token.is_external:
        return "it is checked where it was made"
    if askers.since is None:
        return nobody_asks(askers)
    since = never_used_since(token, askers.since) if token else None
    return f"no program has used it since {instant(since)}" if since else ""


_DETAILS: Final[Mapping[Point, Callable[[Checklist], str]]] = {
    Point.CREDENTIALS: _credentials,
    Point.ENABLED: _enabled,
    Point.ACTIVE: _active,
    Point.CONTACT: _contact,
    Point.REACHABLE: _reachable,
    Point.COLLECTED: _collected,
    Point.NOT_EXPIRED: _not_expired,
    Point.USED: _used,
}


def _issue(it: Checklist) -> Iterator[Block]:
    if it.card.may_manage and it.card.next_step is NextStep.ISSUE:
        yield button("Issue a token", ids.ISSUE, it.card.party.id, style="primary")


def _enable(it: Checklist) -> Iterator[Block]:
    if it.card.may_manage:
        yield button("Enable", ids.ENABLE, it.card.party.id, style="primary")


def _activate(it: Checklist) -> Iterator[Block]:
    if it.line is None:
        return
    if it.line.token.state(it.card.now) is not TokenState.SUSPENDED:
        yield from _issue(it)
    elif it.card.may_manage:
        yield replace(it.line.token)
        yield lift(it.line.token)


def _name_contact(it: Checklist) -> Iterator[Block]:
    card = it.card
    if not card.may_manage:
        return
    if card.proposal is not None and not card.proposal.deputy and card.proposal.reached_at is not None:
        if card.proposed_key is None:
            yield button("Approve", ids.APPROVE, card.proposal.id, style="primary")
        else:  # nobody approves a key that is not shown
            yield button("Show", ids.SHOW, card.party.id, style="primary")
    elif card.deputy_approval is not None and card.next_step is NextStep.PROMOTE_DEPUTY:
        yield button("Make the deputy the contact", ids.PROMOTE_DEPUTY, card.deputy_approval.id, style="primary")
    yield _propose(card)


def _propose(card: ThirdPartyCard) -> Block:
    another = card.party.contact or (card.proposal and not card.proposal.deputy)
    return button("Propose another contact" if another else "Propose a contact", ids.PROPOSE, card.party.id)


def _name_another(it: Checklist) -> Iterator[Block]:
    if it.card.may_manage:
        yield _propose(it.card)


def _offer(it: Checklist) -> Iterator[Block]:
    if it.line is None or not it.card.may_serve or it.line.token.state(it.card.now) is not TokenState.PENDING:
        return
    if it.line.handoff is not None and not it.line.token.is_external:
        yield offer_anew(it.line.token.id)


_MENDS: Final[Mapping[Point, Callable[[Checklist], Iterator[Block]]]] = {
    Point.CREDENTIALS: _issue,
    Point.ENABLED: _enable,
    Point.ACTIVE: _activate,
    Point.CONTACT: _name_contact,
    Point.REACHABLE: _name_another,
    Point.COLLECTED: _offer,
}


def _refused(it: Checklist) -> Iterator[Block]:
    if not it.refused:
        return
    card = it.card
    shown = RefusedShown(card.party, card.askers, it.line.token if it.line and it.accepted else None, "the")
    yield section("*Refused lately*")
    for each in it.refused:
        suspicious = each.refusal.verdict is Verdict.NOT_COLLECTED and each.token.is_live(card.now)
        token = each.token
        revoke = button("Revoke", ids.REVOKE, token.id, spoken=f"Revoke the token {token.fingerprint}")
        yield section(refused_line(each, shown), button=revoke if suspicious and card.may_serve else None)
