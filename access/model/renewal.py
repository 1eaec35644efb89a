"""A token and its successor: which one may be renewed, and when the old one may retire."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from access.model.errors import NothingToRenew, RenewedSince, TokenExists, TwoTokens
from access.model.policy import Policy
from access.model.token import Token, TokenState, must_be_first

_A_LITTLE: Final = timedelta(hours=1)
"""By no more than this `retires_at` is behind: it is worked out once more before a token retires."""


def token_to_renew(tokens: Iterable[Token], now: datetime) -> Token:
    """Return the one token of a third party that a new one may be offered beside.

    Raises:
        NothingToRenew: none is live.
        TokenExists: one waits to be collected, or is suspended until an admin decides.
        TwoTokens: two are live, the limit.
    """
    live = [token for token in tokens if token.is_live(now)]
    if not live:
        raise NothingToRenew
    for obstacle in (TokenState.PENDING, TokenState.SUSPENDED):
        if any(token.state(now) is obstacle for token in live):
            raise TokenExists(state=obstacle.value)
    if len(live) > 1:
        raise TwoTokens
    return live[0]


def must_have_room(tokens: Iterable[Token], renewed: Token, now: datetime) -> None:
    """A token may take the place of `renewed`, beside the one that `renewed` was to replace. Raises TokenExists."""
    must_be_first((token for token in tokens if token.id != renewed.renews), now)


def must_not_be_renewed(token: Token, tokens: Iterable[Token], now: datetime) -> None:
    """Raises RenewedSince, if a live token was offered in this one's place."""
    if any(other.renews == token.id and other.is_live(now) for other in tokens):
        raise RenewedSince


def successor_of(old: Token, tokens: Iterable[Token], now: datetime) -> Token | None:
    """Return the token that works now and was issued to replace `old`, if there is one."""
    return next((token for token in tokens if token.renews == old.id and token.works(now)), None)


def is_use_known(tokens: Iterable[Token]) -> bool:
    """Tell whether a check has ever accepted one of a third party's tokens."""
    return any(token.last_accepted_at is not None for token in tokens)


def use_has_consequences(
    used_at: datetime,
    *,
    last_accepted_at: datetime | None,
    succeeded_at: datetime | None,
    retires_at: datetime | None,
    policy: Policy,
) -> bool:
    """Tell whether a use changes more than the time of a token's last use. The other times are as they were before it.

    The first use does. That of an old token does where it was not in use since its successor was collected, or not
    lately; and where it puts off its retirement by more than a little.
    """
    if last_accepted_at is None:
        return True
    if succeeded_at is None:
        return False
    was_in_use = max(succeeded_at, used_at - policy.unused_for) < last_accepted_at
    return not was_in_use or (retires_at is not None and retires_at + _A_LITTLE <= used_at + policy.unused_for)


def retires_at(
    old: Token, tokens: Sequence[Token], policy: Policy, now: datetime, *, known_since: datetime | None = None
) -> datetime | None:
    """Return when `old` may retire, as far as is known at `now`; None if it lives to its own expiry, or has ended.

    The overlap's end decides where use is unknown. Where it is known, the successor must have been accepted, and the
    old token not for `policy.unused_for`, nor since the overlap began. `tokens`: all of the third party's. It can only
    change by an act or by a check, not by the passing of time alone. Source: product.md, Renewal. Of a successor that
    another system checks no use is ever known.

    `known_since`: what was used before that is not known, because a backup was restored; so it may have been.
    """
    successor = successor_of(old, tokens, now)
    if successor is None or old.succeeded_at is None or old.state(now) is not TokenState.OVERLAPPING:
        return None
    ends_at = old.succeeded_at + policy.overlap
    if is_use_known(tokens):
        if successor.last_accepted_at is None and not successor.is_external:
            return None
        last_used_at = max(old.succeeded_at, old.last_accepted_at or old.succeeded_at)
        ends_at = max(ends_at, last_used_at + policy.unused_for)
    if known_since is not None:
        ends_at = max(ends_at, known_since + policy.unused_for)
    return ends_at if ends_at < old.expires_at else None
