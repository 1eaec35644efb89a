"""A contact asks for a new token. Source of its rules: product.md, Renewal."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from access.model import events as happened
from access.model.errors import CannotAsk, NotTheContact, TokenExists, TokenRequestDecided
from access.model.ids import PersonId, ThirdPartyId, TokenId, TokenRequestId
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token, TokenState

ASK_AGAIN_AFTER: Final = timedelta(hours=1)
"""So long after a request was declined there is no other one."""


class RequestReason(StrEnum):
    """Why a new token is asked for."""

    STILL_WORKS = "still_works"
    """*The program still works*: the old one overlaps as in any renewal."""

    SOMEBODY_ELSE = "somebody_else"
    """*Somebody else may have them*: the old one is suspended at once."""


class RequestOutcome(StrEnum):
    """How a request ended."""

    GRANTED = "granted"
    DECLINED = "declined"
    SETTLED = "settled"
    """By something else: a renewal, a revocation, another contact."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One request, about the token that the contact has. A third party has at most one open request.

    Where somebody else may have that token, to decide about the request is to decide about the suspension.
    """

    id: TokenRequestId
    third_party: ThirdPartyId
    token: TokenId
    why: RequestReason
    asked_by: PersonId
    asked_at: datetime
    decided_at: datetime | None = None
    decided_by: PersonId | None = None
    outcome: RequestOutcome | None = None

    def must_be_open(self) -> None:
        """Raises TokenRequestDecided."""
        if self.outcome is not None:
            raise TokenRequestDecided(outcome=self.outcome.value)

    def grant(self, by: PersonId, now: datetime) -> tuple["TokenRequest", list[happened.Event]]:
        """*Offer a new token*, after the renewal was found possible. Raises TokenRequestDecided."""
        self.must_be_open()
        return self._end(RequestOutcome.GRANTED, by, now)

    def decline(self, by: PersonId, now: datetime) -> tuple["TokenRequest", list[happened.Event]]:
        """*Not now*. Raises TokenRequestDecided, TokenExists (it is suspended, and an admin decides about that)."""
        self.must_be_open()
        if self.why is RequestReason.SOMEBODY_ELSE:
            raise TokenExists(state=TokenState.SUSPENDED.value)
        return self._end(RequestOutcome.DECLINED, by, now)

    def settle(self, by: PersonId | None, now: datetime) -> tuple["TokenRequest", list[happened.Event]]:
        """Something else has come in between. Raises TokenRequestDecided."""
        self.must_be_open()
        return self._end(RequestOutcome.SETTLED, by, now)

    def after(
        self, event: happened.Event, by: PersonId | None, now: datetime
    ) -> tuple["TokenRequest", list[happened.Event]]:
        """Return what an event makes of an open request; the same again where the event leaves it open."""
        outcome = _decided(self, event) if self.why is RequestReason.SOMEBODY_ELSE else _settled(self, event)
        return self._end(outcome, by, now) if outcome else (self, [])

    def _end(
        self, outcome: RequestOutcome, by: PersonId | None, now: datetime
    ) -> tuple["TokenRequest", list[happened.Event]]:
        kinds: dict[RequestOutcome, type[happened.TokenRequestEnded]] = {
            RequestOutcome.GRANTED: happened.TokenRequestGranted,
            RequestOutcome.DECLINED: happened.TokenRequestDeclined,
            RequestOutcome.SETTLED: happened.TokenRequestSettled,
        }
        ended = replace(self, decided_at=now, decided_by=by, outcome=outcome)
        return ended, [kinds[outcome](self.third_party, request=self.id, token=self.token)]


def must_be_askable(
    token: Token,
    party: ThirdParty,
    tokens: Iterable[Token],
    newest: TokenRequest | None,
    why: RequestReason,
    *,
    by: PersonId,
    now: datetime,
) -> None:
    """`by` may ask for a new token in the place of `token` now, and for that reason.

    That somebody else may have it can be said at any time at which it can be suspended. `tokens`: all of the third
    party's. `newest`: the request that was made last about any of them.

    Raises: NotTheContact, CannotAsk.
    """
    if party.removed_at is not None and by == token.collected_by:
        raise CannotAsk(problem="removed")
    if by != party.contact:
        raise NotTheContact
    state = token.state(now)
    others = [other.state(now) for other in tokens if other.id != token.id and other.is_live(now)]
    problems = {
        "not_opened": token.holder(party.contact) != by,
        "ended": not token.is_live(now),
        "suspended": TokenState.SUSPENDED in (state, *others),
    }
    if why is RequestReason.STILL_WORKS:
        problems |= {
            "disabled": not party.enabled,
            "offered": TokenState.PENDING in others,
            "two": bool(others),
            "asked": newest is not None and newest.outcome is None and newest.token == token.id,
            "declined": newest is not None and _was_declined_just_now(newest, now),
        }
    for problem, applies in problems.items():
        if applies:
            raise CannotAsk(problem=problem)


def ask(
    request: TokenRequestId, token: Token, party: ThirdParty, why: RequestReason, *, by: PersonId, now: datetime
) -> tuple[TokenRequest, list[happened.Event]]:
    """Ask, after `must_be_askable`."""
    asked = TokenRequest(request, party.id, token.id, why, asked_by=by, asked_at=now)
    event = happened.TokenRequested(
        party.id, request=request, token=token.id, why=why.value, contact=by, owner=party.owner
    )
    return asked, [event]


_ENDING: Final = (
    happened.HandoffOffered,
    happened.TokenRevoked,
    happened.TokenSuspended,
    happened.TokenRetired,
    happened.OverlapStarted,
    happened.SuspensionLifted,
    happened.ContactApproved,
    happened.ContactWithdrawn,
    happened.ContactGone,
    happened.ThirdPartyDisabled,
    happened.ThirdPartyDisabledByRestore,
    happened.ThirdPartyRemoved,
)


def may_end_requests(event: happened.Event) -> bool:
    """Tell whether an open request of the third party has to be looked at after an event."""
    return isinstance(event, _ENDING)


def _settled(request: TokenRequest, event: happened.Event) -> RequestOutcome | None:
    """A renewal was asked for: what makes it impossible or needless settles that."""
    match event:
        case (
            happened.TokenRevoked(token=token)
            | happened.TokenSuspended(token=token)
            | happened.TokenRetired(token=token)
            | happened.OverlapStarted(token=token)
        ):
            return RequestOutcome.SETTLED if token == request.token else None
        case (
            happened.HandoffOffered()
            | happened.ContactApproved()
            | happened.ContactWithdrawn()
            | happened.ContactGone(deputy=False)
            | happened.ThirdPartyDisabled()
            | happened.ThirdPartyDisabledByRestore()
            | happened.ThirdPartyRemoved()
        ):
            return RequestOutcome.SETTLED
    return None


def _decided(request: TokenRequest, event: happened.Event) -> RequestOutcome | None:
    """The token is suspended: what is decided about it, wherever that was pressed, decides about the request too."""
    match event:
        case happened.TokenRevoked(token=token, cause=cause) if token == request.token:
            return RequestOutcome.GRANTED if cause == RevocationCause.REPLACED else RequestOutcome.SETTLED
        case happened.SuspensionLifted(token=token) if token == request.token:
            return RequestOutcome.DECLINED
        case happened.ThirdPartyRemoved():
            return RequestOutcome.SETTLED
    return None


def _was_declined_just_now(request: TokenRequest, now: datetime) -> bool:
    if request.outcome is not RequestOutcome.DECLINED or request.decided_at is None:
        return False
    return abs(now - request.decided_at) < ASK_AGAIN_AFTER  # the clock may have been set back since
