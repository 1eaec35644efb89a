"""*Test my access*: what a contact's own access depends on, as they see it themselves. Fingerprints, never tokens."""

from collections.abc import Iterator

from access.model.checklist import OwnChecklist, Point, is_used
from access.model.rendered import Block, Rendered
from access.model.token import Token, TokenState
from access.model.use import never_used_since
from handlers import ids
from handlers.mrkdwn import code, instant, person, strong
from handlers.views.checklist import point_line
from handlers.views.holdings import ask
from handlers.views.kit import View, actions, button, message, modal, section, sections
from handlers.views.refused import RefusedShown, refused_line
from handlers.views.token_line import NOT_ACTIVE, last_use


def own_checklist_view(it: OwnChecklist) -> View:
    """Return the modal that shows it."""
    return modal("Your access", _blocks(it))


def own_checklist_message(it: OwnChecklist) -> Rendered:
    """Say the same where Slack opens no window."""
    return message(*_blocks(it))


def _blocks(it: OwnChecklist) -> list[Block]:
    outcome = "a call with your token is accepted." if it.accepted else "a call is refused at the moment."
    if it.is_checked_elsewhere:
        outcome = "your token is checked where it was made, so I can't tell whether a call is accepted."
    shown = RefusedShown(it.party, it.askers, it.token if it.accepted else None, "your")
    refused = [refused_line(each, shown) for each in it.refused]
    return [
        section(f"{strong(it.party.name)}: {outcome}"),
        *sections(_points(it)),
        *sections(_others(it)),
        *([section("*Refused lately*"), *sections(refused)] if refused else []),
        *(
            []
            if it.accepted or it.is_checked_elsewhere
            else [section(f"If you can't mend it yourself, please ask {person(it.owner)}.")]
        ),
        *actions(*_buttons(it)),
    ]


def _points(it: OwnChecklist) -> Iterator[str]:
    token, party = it.token, it.party
    if token is None:
        waits = f"new ones wait for you until {instant(it.offer.lapses_at)}" if it.offer else "you have opened none"
        yield point_line(Point.CREDENTIALS, False, waits)
    else:
        yield point_line(Point.CREDENTIALS, True, f"client ID {code(party.client_id)}, token {code(token.fingerprint)}")
    switched_off = "" if party.enabled else f"the access is switched off; {person(it.owner)} can say more"
    yield point_line(Point.ENABLED, party.enabled, switched_off)
    if token is None:
        return
    works = token.works(it.now)
    until = f"until {instant(token.retires_at or token.expires_at)}"
    yield point_line(Point.ACTIVE, works, until if works else NOT_ACTIVE[token.state(it.now)])
    yield point_line(Point.USED, is_used(token, it.askers), _used(token, it))


def _used(token: Token, it: OwnChecklist) -> str:
    if token.last_accepted_at is not None:
        return f"last {instant(token.last_accepted_at)}"
    since = never_used_since(token, it.askers.since)
    return f"no program has used it since {instant(since)}" if since else ""


def _others(it: OwnChecklist) -> Iterator[str]:
    for other in it.tokens:
        if other is not it.token:
            until = instant(other.retires_at or other.expires_at)
            works = f"works until {until}" if other.works(it.now) else f"is {NOT_ACTIVE[other.state(it.now)]}"
            yield f"Your other token, {code(other.fingerprint)}, {works}. {last_use(other, it.askers)}"


def _buttons(it: OwnChecklist) -> Iterator[Block]:
    if it.offer is not None and it.party.enabled:
        yield button("Show credentials", ids.OPEN_HANDOFF, it.offer.id, style="primary")
    old = [token for token in it.tokens if token.state(it.now) is TokenState.OVERLAPPING]
    if old and it.token is not None and it.token.works(it.now) and it.token.renews == old[0].id:
        yield button("Everything is switched", ids.SWITCHED, old[0].id)
    if it.may_ask and it.token is not None:
        yield ask(it.token)
    yield button("What I hold", ids.HOLDINGS)
