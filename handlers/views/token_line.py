"""One token in words: its fingerprint, its *Active* switch, and how far its credentials have come."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from access.model.card import TokenLine
from access.model.handoff import HandoffEnd
from access.model.rendered import Block
from access.model.resource_server import Askers
from access.model.token import Token, TokenState
from access.model.use import never_used_since
from handlers import ids
from handlers.mrkdwn import code, instant, person
from handlers.views.kit import button, confirmation
from handlers.views.refused import at_server

_STATES: Final = {TokenState.ACTIVE: "✓ Active", TokenState.OVERLAPPING: "✓ Active, the old one"}
NOT_ACTIVE: Final[Mapping[TokenState, str]] = {
    TokenState.PENDING: "not active yet",
    TokenState.SUSPENDED: "suspended",
    TokenState.RETIRED: "retired",
    TokenState.EXPIRED: "expired",
    TokenState.REVOKED: "revoked",
}
_ENDED: Final[Mapping[HandoffEnd, str]] = {
    HandoffEnd.LAPSED: "the offer lapsed",
    HandoffEnd.WITHDRAWN: "the offer was withdrawn",
    HandoffEnd.DECLINED: "the contact declined",
}


def token_line(line: TokenLine, now: datetime, askers: Askers) -> str:
    """Return what there is to say about a token."""
    token = line.token
    state = token.state(now)
    words = [code(token.fingerprint), _STATES.get(state) or f"✗ {NOT_ACTIVE[state]}", _delivery(line)]
    if token.retires_at is not None and token.is_live(now):
        words.append(f"retires {instant(token.retires_at)}")
    elif token.retired_at is not None:
        words.append(f"retired {instant(token.retired_at)}")
    elif token.revoked_at is None:
        words.append(f"{'expired' if now >= token.expires_at else 'expires'} {instant(token.expires_at)}")
    words += _use(token, now, askers)
    words += _decided(line, now)
    return " · ".join(words)


def _use(token: Token, now: datetime, askers: Askers) -> Iterator[str]:
    if token.last_accepted_at is not None:
        yield f"last used {instant(token.last_accepted_at)}{at_server(token.last_accepted_by, askers)}"
    elif token.works(now) and askers.since is not None:
        yield "never used"


def _decided(line: TokenLine, now: datetime) -> Iterator[str]:
    token = line.token
    if not token.works(now):
        return
    if token.let_lapse_at is not None:
        yield f"to lapse, as {person(line.let_lapse_by)} decided {instant(token.let_lapse_at)}"
        return
    if token.claimed_at is not None:
        yield f"{person(line.claimed_by)} is on its renewal"
    if token.snoozed_until is not None and now < token.snoozed_until:
        yield f"{person(line.snoozed_by)} is reminded again {instant(token.snoozed_until)}"


def last_use(token: Token, askers: Askers) -> str:
    """Say when a check last accepted it, as far as that is known."""
    if token.last_accepted_at is not None:
        return f"Last use: {instant(token.last_accepted_at)}{at_server(token.last_accepted_by, askers)}."
    if askers.since is None:
        return "Last use: not known, because no API asks me about tokens yet."
    since = never_used_since(token, askers.since)
    return f"Last use: none since {instant(since)}." if since else "Last use: none."


def _delivery(line: TokenLine) -> str:
    handoff = line.handoff
    if handoff.end is not None:
        return _ENDED[handoff.end]
    if handoff.collected_at is None:
        return f"offered until {instant(handoff.lapses_at)}, not collected yet"
    collected = f"collected {instant(handoff.collected_at)}"
    if handoff.disputed_at is not None:
        return f"{collected}, then the contact said _That wasn't me_"
    return f"{collected}, {'confirmed' if handoff.confirmed_at else 'not confirmed yet'}"


def revoke_now(token: Token) -> Block:
    """Return the button that revokes a token without another question than its dialog."""
    dialog = confirmation(
        "Revoke this token?",
        "It stops working at once, and that can't be undone. A program that uses it is refused from then on.",
        "Revoke",
    )
    return button(
        "Revoke now",
        ids.REVOKE_NOW,
        token.id,
        style="danger",
        confirm=dialog,
        spoken=f"Revoke the token {token.fingerprint} now",
    )


def replace(token: Token, label: str = "Revoke and replace") -> Block:
    """Return the button that revokes a token and offers a new one to the present contact."""
    dialog = confirmation(
        "Revoke and replace?",
        "This token stops working at once, for good. If there is an approved contact and the third party is "
        "enabled, the contact is offered a new one.",
        "Revoke and replace",
    )
    spoken = f"Revoke and replace the token {token.fingerprint}"
    return button(label, ids.REPLACE, token.id, style="danger", confirm=dialog, spoken=spoken)


def undo_lapse(token: Token) -> Block:
    """Return the button that takes back that a token is to lapse."""
    return button("Undo", ids.UNDO_LAPSE, token.id, spoken=f"Don't let the token {token.fingerprint} lapse")


def retire(token: Token, label: str = "Retire the old one") -> Block:
    """Return the button that asks whether an old token is to retire."""
    return button(label, ids.RETIRE, token.id, spoken=f"Retire the old token {token.fingerprint}")


def lift(token: Token) -> Block:
    """Return the button that ends a suspension in favour of the token."""
    dialog = confirmation(
        "Was it a mistake?",
        "The token works again at once, for whoever has it. Be sure that nobody else has the credentials: "
        "ask the contact by another way than Slack.",
        "It was a mistake",
    )
    return button("It was a mistake", ids.LIFT, token.id, confirm=dialog)
