"""The opaque bearer token that a third party's program sends, and what decides whether it is accepted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from dateutil.relativedelta import relativedelta

from access.model import events as happened
from access.model.errors import (
    AlreadySnoozed,
    LeftToLapse,
    NotOverlapping,
    TokenEnded,
    TokenExists,
    TokenNotSuspended,
)
from access.model.ids import ClientId, Fingerprint, PersonId, ResourceServerId, ThirdPartyId, TokenId
from access.model.third_party import ThirdParty


class TokenState(StrEnum):
    """Derived from timestamps and the clock, never stored."""

    PENDING = "pending"
    ACTIVE = "active"
    OVERLAPPING = "overlapping"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    EXPIRED = "expired"
    REVOKED = "revoked"


class TokenOrigin(StrEnum):
    """Where a token was made."""

    ISSUED = "issued"
    """Here."""

    MIGRATED = "migrated"
    """By the organisation's former system; checked here since it was imported."""

    EXTERNAL = "external"
    """By a system that checks it too: never accepted here, but handed over and reminded of."""


_ENDED: Final = frozenset({TokenState.RETIRED, TokenState.EXPIRED, TokenState.REVOKED})
_WORKING: Final = frozenset({TokenState.ACTIVE, TokenState.OVERLAPPING})


class RevocationCause(StrEnum):
    """Why a token was revoked."""

    BY_HAND = "by_hand"
    REPLACED = "replaced"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    NOT_SEEN = "not_seen"
    REMOVED = "removed"
    BY_THIRD_PARTY = "by_third_party"
    """Its program asked for it, with its client ID and client secret."""
    BY_HOLDER = "by_holder"
    """Somebody asked for it who has the token, or its client secret, and did not say who they are."""
    AT_COMMAND_LINE = "at_command_line"
    """Somebody who runs the bot asked for it, having come by the token or its client secret."""


class Verdict(StrEnum):
    """The answer to a check. Everything but ACCEPTED is a reason that is ours alone and never leaves the house."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    REMOVED = "removed"
    REVOKED = "revoked"
    RETIRED = "retired"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    NOT_COLLECTED = "not_collected"
    DISABLED = "disabled"
    ELSEWHERE = "elsewhere"
    """It is checked where it was made, and never here."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a third party, with the client secret that belongs to it.

    `token_digest` and `secret_digest` are SHA-256 of what was issued here, and HMAC-SHA-256, under the key of the
    keyring that `digest_key` names, of what was made elsewhere (`origin`): that may be weak. An external one may have
    none. Nobody here issued what was made elsewhere, and who had it before it was imported is not known.

    All instants are UTC. `collected_by` is the contact who opened it. `renews` is the token that this one is to
    replace. `succeeded_at`: since when a successor works beside it, from its collection on. `retires_at`: when it is to
    be retired, as far as that is decided; until then it lives to its own expiry. `last_accepted_at`: of the last check
    that accepted it, as far as checks are known, and `last_accepted_by` the resource server that asked.

    `claimed_by` looks after its renewal; `snoozed_by` wants to be reminded again at `snoozed_until`; `let_lapse_by`
    decided that it is to expire.
    """

    id: TokenId
    third_party: ThirdPartyId
    fingerprint: Fingerprint
    token_digest: bytes | None
    secret_digest: bytes | None
    issued_at: datetime
    expires_at: datetime
    issued_by: PersonId | None
    collected_at: datetime | None = None
    collected_by: PersonId | None = None
    suspended_at: datetime | None = None
    revoked_at: datetime | None = None
    renews: TokenId | None = None
    succeeded_at: datetime | None = None
    retires_at: datetime | None = None
    retired_at: datetime | None = None
    last_accepted_at: datetime | None = None
    last_accepted_by: ResourceServerId | None = None
    claimed_by: PersonId | None = None
    claimed_at: datetime | None = None
    snoozed_by: PersonId | None = None
    snoozed_until: datetime | None = None
    let_lapse_by: PersonId | None = None
    let_lapse_at: datetime | None = None
    origin: TokenOrigin = TokenOrigin.ISSUED
    digest_key: str | None = None

    @property
    def is_external(self) -> bool:
        """Tell whether it is made and checked by another system, which alone can stop it."""
        return self.origin is TokenOrigin.EXTERNAL

    @property
    def never_collected(self) -> bool:
        """Tell whether it waits to be collected, or did when it expired."""
        return self.collected_at is None and self.revoked_at is None

    @property
    def was_delivered_elsewhere(self) -> bool:
        """Tell whether somebody had it before it was imported; who, is not known."""
        return self.collected_at is not None and self.collected_by is None

    def holder(self, contact: PersonId | None) -> PersonId | None:
        """Return who has it: whoever opened it, or the `contact` where it was delivered elsewhere."""
        return contact if self.was_delivered_elsewhere else self.collected_by

    def state(self, now: datetime) -> TokenState:
        """Say what the token is at `now`. What has ended stays ended, whatever else was said of it."""
        hindered = _hindrance(self, now)
        if hindered is not None:
            return hindered
        return TokenState.ACTIVE if self.succeeded_at is None else TokenState.OVERLAPPING

    def is_live(self, now: datetime) -> bool:
        """Tell whether it counts towards the limit: neither expired, retired nor revoked."""
        return self.state(now) not in _ENDED

    def works(self, now: datetime) -> bool:
        """Tell whether it is accepted, as far as that is up to the token itself."""
        return self.state(now) in _WORKING

    def collect(self, by: PersonId, now: datetime) -> "Token":
        """Note the reveal. The rules that allow it are the handoff's."""
        return replace(self, collected_at=now, collected_by=by)

    def revoke(
        self, cause: RevocationCause, owner: PersonId, now: datetime, *, contact: PersonId | None = None
    ) -> tuple["Token", list[happened.Event]]:
        """Stop it for good. `contact`: of the third party. Raises TokenEnded."""
        self._must_be_live(now)
        event = happened.TokenRevoked(
            self.third_party,
            token=self.id,
            cause=cause.value,
            owner=owner,
            contact=self.holder(contact),
            collected=self.collected_at is not None,
        )
        return replace(self, revoked_at=now, retires_at=None), [event]

    def withdraw(self, cause: RevocationCause, owner: PersonId, now: datetime) -> tuple["Token", list[happened.Event]]:
        """Revoke an uncollected token together with its offer, also where it has expired meanwhile."""
        event = happened.TokenRevoked(
            self.third_party, token=self.id, cause=cause.value, owner=owner, contact=None, collected=False
        )
        return replace(self, revoked_at=now), [event]

    def suspend(self, now: datetime) -> tuple["Token", list[happened.Event]]:
        """Refuse it until an admin decides. Raises TokenEnded; nothing happens if it is suspended already."""
        self._must_be_live(now)
        if self.suspended_at is not None:
            return self, []
        suspended = replace(self, suspended_at=now, retires_at=None)
        return suspended, [happened.TokenSuspended(self.third_party, token=self.id)]

    def lift_suspension(self, now: datetime) -> tuple["Token", list[happened.Event]]:
        """*It was a mistake*: let it work again. Raises TokenNotSuspended."""
        self.must_be_suspended(now)
        return replace(self, suspended_at=None), [happened.SuspensionLifted(self.third_party, token=self.id)]

    def must_be_suspended(self, now: datetime) -> None:
        """Raises TokenNotSuspended."""
        state = self.state(now)
        if state is not TokenState.SUSPENDED:
            raise TokenNotSuspended(state=state.value)

    def succeed(self, successor: TokenId, now: datetime) -> tuple["Token", list[happened.Event]]:
        """Begin, or begin anew, the overlap with a successor that works. Nothing happens to a token that has ended."""
        if not self.is_live(now):
            return self, []
        event = happened.OverlapStarted(self.third_party, token=self.id, successor=successor)
        return replace(self, succeeded_at=now), [event]

    def cancel_retirement(self, successor: TokenId, now: datetime) -> tuple["Token", list[happened.Event]]:
        """The successor stopped working: stay. Nothing happens to a token that has ended or has no successor."""
        if self.succeeded_at is None or not self.is_live(now):
            return self, []
        event = happened.RetirementCancelled(self.third_party, token=self.id, successor=successor)
        return replace(self, succeeded_at=None, retires_at=None), [event]

    def retire(self, owner: PersonId, contact: PersonId | None, now: datetime) -> tuple["Token", list[happened.Event]]:
        """End it for good, because a successor has taken its place. Raises TokenEnded, NotOverlapping."""
        self.must_be_overlapping(now)
        event = happened.TokenRetired(self.third_party, token=self.id, owner=owner, contact=contact)
        return replace(self, retired_at=now, retires_at=None), [event]

    def must_be_overlapping(self, now: datetime) -> None:
        """Raises TokenEnded, NotOverlapping."""
        self._must_be_live(now)
        state = self.state(now)
        if state is not TokenState.OVERLAPPING:
            raise NotOverlapping(state=state.value)

    def claim(self, by: PersonId, now: datetime) -> tuple["Token", list[happened.Event]]:
        """*I'm on it*: somebody looks after the renewal, in the place of whoever did. Raises LeftToLapse."""
        self._must_not_lapse()
        if self.claimed_by == by:
            return self, []
        return replace(self, claimed_by=by, claimed_at=now), [happened.TokenClaimed(self.third_party, token=self.id)]

    def snooze(self, by: PersonId, until: datetime, now: datetime) -> tuple["Token", list[happened.Event]]:
        """Remind somebody again then, and not when they wanted it before. Raises LeftToLapse, AlreadySnoozed."""
        self.must_be_free_to_snooze(by, now)
        if (self.snoozed_by, self.snoozed_until) == (by, until):
            return self, []
        event = happened.TokenSnoozed(self.third_party, token=self.id, until=until)
        return replace(self, snoozed_by=by, snoozed_until=until), [event]

    def must_be_free_to_snooze(self, by: PersonId | None, now: datetime) -> None:
        """Nobody else waits to be reminded again: their reminder would be lost. Raises LeftToLapse, AlreadySnoozed."""
        self._must_not_lapse()
        if self.snoozed_until is not None and self.snoozed_by != by and now < self.snoozed_until:
            raise AlreadySnoozed(until=self.snoozed_until)

    def let_lapse(self, by: PersonId, now: datetime) -> tuple["Token", list[happened.Event]]:
        """Decide that it is to expire; nothing happens if somebody did already."""
        if self.let_lapse_at is not None:
            return self, []
        event = happened.TokenLetLapse(self.third_party, token=self.id)
        return replace(self, let_lapse_by=by, let_lapse_at=now), [event]

    def undo_lapse(self) -> tuple["Token", list[happened.Event]]:
        """Decide that it is not to expire unrenewed after all; nothing happens if nobody decided that it is."""
        if self.let_lapse_at is None:
            return self, []
        event = happened.LapseUndone(self.third_party, token=self.id)
        return replace(self, let_lapse_by=None, let_lapse_at=None), [event]

    def _must_not_lapse(self) -> None:
        if self.let_lapse_at is not None:
            raise LeftToLapse

    def _must_be_live(self, now: datetime) -> None:
        if not self.is_live(now):
            raise TokenEnded(state=self.state(now).value)


def expiry(issued_at: datetime, months: int) -> datetime:
    """Return the instant at which a token issued then expires: calendar months later, to the second, in UTC.

    31 August plus six months is the last day of February.
    """
    return issued_at.replace(microsecond=0) + relativedelta(months=months)


def must_be_first(tokens: Iterable[Token], now: datetime) -> None:
    """`issue` is for a third party without a live token. Raises TokenExists with the state of the one in the way."""
    for token in tokens:
        if token.is_live(now):
            raise TokenExists(state=token.state(now).value)


class AskedToken(NamedTuple):
    """A token and its third party, as far as a check needs them. All instants are UTC."""

    id: TokenId
    issued_at: datetime
    expires_at: datetime
    collected_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    retired_at: datetime | None
    third_party: ThirdPartyId
    name: str
    client_id: ClientId
    enabled: bool
    removed_at: datetime | None
    is_external: bool


def verdict(token: Token | AskedToken | None, party: ThirdParty | AskedToken | None, now: datetime) -> Verdict:
    """Decide whether a token is accepted at `now`.

    Accepted when the third party is enabled and not removed, and the token is collected, not suspended, retired or
    revoked, and `now < expires_at`. Whoever looks the token up sees to it that it belongs to the asker's workspace. One
    that another system checks is never accepted.
    """
    if token is None or party is None:
        return Verdict.UNKNOWN
    if token.is_external:
        return Verdict.ELSEWHERE
    if party.removed_at is not None:
        return Verdict.REMOVED
    hindered = _hindrance(token, now)
    if hindered is not None:
        return _REFUSALS[hindered]
    return Verdict.ACCEPTED if party.enabled else Verdict.DISABLED


_REFUSALS: Final = {
    TokenState.REVOKED: Verdict.REVOKED,
    TokenState.RETIRED: Verdict.RETIRED,
    TokenState.EXPIRED: Verdict.EXPIRED,
    TokenState.SUSPENDED: Verdict.SUSPENDED,
    TokenState.PENDING: Verdict.NOT_COLLECTED,
}


def _hindrance(token: Token | AskedToken, now: datetime) -> TokenState | None:
    """Return the state that keeps a token from working, or None. What has ended stays ended, whatever else is said."""
    if token.revoked_at is not None:
        return TokenState.REVOKED
    if token.retired_at is not None:
        return TokenState.RETIRED
    if now >= token.expires_at:
        return TokenState.EXPIRED
    if token.suspended_at is not None:
        return TokenState.SUSPENDED
    return TokenState.PENDING if token.collected_at is None else None
