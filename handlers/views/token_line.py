"""One token in words: its fingerprint, its *Active* switch, and how far its credentials have come."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from access.model.card import TokenLine
from access.model.handoff import HandoffEnd
from access.model.rendered import Block
from access.model.resource_server import Askers
from access.model.token import Token, TokenOrigin, TokenState
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
_ORIGINS: Final[Mapping[TokenOrigin, str]] = {
    TokenOrigin.MIGRATED: "made elsewhere",
    TokenOrigin.EXTERNAL: "made and checked elsewhere",
}
_ENDED: Final[Mapping[HandoffEnd, str]] = {
    HandoffEnd.LAPSED: "the offer lapsed",
    HandoffEnd.WITHDRAWN: "the offer was withdrawn",
    HandoffEnd.DECLINED: "the contact declined",
}


CANNOT_STOP: Final = (
    "I can't stop it: it works until it is stopped where it was made, so please have that done, too. In my books it "
    "ends at once, for good."
)
"""Of a token that another system made and checks."""


def token_line(line: TokenLine, now: datetime, askers: Askers) -> str:
    """Return what there is to say about a token."""
    token = line.token
    state = token.state(now)
    words = [code(token.fingerprint), _STATES.get(state) or f"✗ {NOT_ACTIVE[state]}"]
    words += [_ORIGINS[token.origin]] if token.origin in _ORIGINS else []
    words.append(_delivery(line))
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
    elif token.works(now) and askers.since is not None and not token.is_external:
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
    if token.is_external:
        return "Last use: not known, because it is checked where it was made."
    if askers.since is None:
        return "Last use: not known, because no API asks me about tokens yet."
    since = never_used_since(token, askers.since)
    return f"Last use: none since {instant(since)}." if since else "Last use: none."


def _delivery(line: TokenLine) -> str:
    handoff = line.handoff
    if handoff is None:
        return _imported(line.token)
    if handoff.end is not None:
        return _ENDED[handoff.end]
    if handoff.collected_at is None:
        return f"offered until {instant(handoff.lapses_at)}, not collected yet"
    collected = f"collected {instant(handoff.collected_at)}"
    if handoff.disputed_at is not None:
        return f"{collected}, then the contact said _That wasn't me_"
    return f"{collected}, {'confirmed' if handoff.confirmed_at else 'not confirmed yet'}"


def _imported(token: Token) -> str:
    if token.never_collected:
        return "imported, to be offered"
    return "imported, in use already" if token.collected_at is not None else "imported, never offered"


def stop_elsewhere(*tokens: Token | None) -> str:
    """Say what only another system can do about tokens that it made; with a space before it, empty for any others."""
    if not any(token is not None and token.is_external for token in tokens):
        return ""
    return " It was made elsewhere and *still works there*: whoever looks after that system has to stop it there, too."


def suspended_until_decided(token: Token) -> str:
    """Say what a suspension means until an admin has decided about it, and what comes first."""
    talk = "Talk with the contact first, by another way than Slack."
    if token.is_external:
        return f"I suspended the token in my books until an admin decides.{stop_elsewhere(token)} {talk}"
    return f"I suspended the token: it is refused until an admin decides. {talk}"


def revoke_now(token: Token) -> Block:
    """Return the button that revokes a token without another question than its dialog."""
    stops = "It stops working at once, and that can't be undone. A program that uses it is refused from then on."
    dialog = confirmation("Revoke this token?", CANNOT_STOP if token.is_external else stops, "Revoke")
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
    replaces = (
        "This token stops working at once, for good. If there is an approved contact and the third party is "
        "enabled, the contact is offered a new one."
    )
    dialog = confirmation("Revoke and replace?", CANNOT_STOP if token.is_external else replaces, "Revoke and replace")
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
    works = "The token works where it was made" if token.is_external else "The token works again at once"
    dialog = confirmation(
        "Was it a mistake?",
        f"{works}, for whoever has it. Be sure that nobody else has the credentials: ask the contact by another way "
        "than Slack.",
        "It was a mistake",
    )
    return button("It was a mistake", ids.LIFT, token.id, confirm=dialog)
