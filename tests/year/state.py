"""One third party as product.md describes it, moved along by facts: which of its tokens works, and when one retires."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tests.year import journal as happened
from tests.year.dates import months_after

OVERLAP: Final = timedelta(days=7)
UNUSED: Final = timedelta(days=7)


@dataclass
class Token:
    """A token, as far as people and programs moved it."""

    name: str
    issued: datetime
    renews: str | None
    months: int = 6
    collected: datetime | None = None
    opened_by: str | None = None
    revoked: bool = False
    suspended: bool = False
    retired: datetime | None = None
    by_hand: bool = False
    succeeded: datetime | None = None
    """Since when a successor works beside it."""

    accepted: datetime | None = None
    called: datetime | None = None
    to_lapse: bool = False
    snoozed: tuple[str, datetime] | None = None

    @property
    def expires(self) -> datetime:
        return months_after(self.issued, self.months)

    def has_ended(self, now: datetime) -> bool:
        return self.revoked or self.retired is not None or now >= self.expires

    def works(self, now: datetime) -> bool:
        return self.collected is not None and not self.suspended and not self.has_ended(now)

    def used_since_succeeded(self, now: datetime) -> datetime | None:
        """When it was used last, if that was beside a successor, and it works."""
        if self.succeeded is None or self.accepted is None or not self.works(now):
            return None
        return self.accepted if self.accepted > self.succeeded else None


@dataclass
class Party:
    """A third party and its tokens, oldest first."""

    name: str
    months: int = 6
    owner: str = ""
    deputy: str | None = None
    contact: str | None = None
    enabled: bool = False
    removed: bool = False
    tokens: dict[str, Token] = field(default_factory=dict)

    @property
    def use_is_known(self) -> bool:
        return any(token.accepted is not None for token in self.tokens.values())

    def accepts(self, token: Token, now: datetime) -> bool:
        return self.enabled and not self.removed and token.works(now)

    def successor(self, token: Token, now: datetime) -> Token | None:
        return next((each for each in self.tokens.values() if each.renews == token.name and each.works(now)), None)

    def is_replaced(self, token: Token, now: datetime) -> bool:
        newer = [each for each in self.tokens.values() if each.issued > token.issued or each.renews == token.name]
        return any(each.works(now) and (each.accepted is not None or not self.use_is_known) for each in newer)

    def retires(self, token: Token, now: datetime) -> datetime | None:
        """When the overlap ends by itself, as things are."""
        successor = self.successor(token, now)
        if successor is None or token.succeeded is None or not token.works(now):
            return None
        ends = token.succeeded + OVERLAP
        if self.use_is_known:
            if successor.accepted is None:
                return None
            ends = max(ends, max(token.succeeded, token.accepted or token.succeeded) + UNUSED)
        return ends if ends < token.expires else None

    def is_still_used(self, token: Token, now: datetime) -> bool:
        used = token.accepted
        if token.succeeded is None or not token.works(now) or used is None or not self.enabled:
            return False
        return used > token.succeeded and used > now - UNUSED

    def move(self, fact: happened.OfParty) -> None:
        """Note a fact."""
        match fact:
            case happened.OwnedBy(owner=owner, deputy=deputy):
                self.owner, self.deputy = owner, deputy
            case happened.ContactIs(contact=contact):
                self.contact = contact
            case happened.Switched(enabled=enabled):
                self.enabled = enabled
            case happened.Removed():
                self.removed, self.enabled, self.contact = True, False, None
            case happened.Issued(token=name, renews=renews):
                self.tokens[name] = Token(name, fact.issued, renews, self.months)
            case happened.OfToken(token=name):
                self._move(self.tokens[name], fact)

    def _move(self, token: Token, fact: happened.OfToken) -> None:
        at = fact.at
        match fact:
            case happened.Collected():
                token.collected, token.opened_by = at, self.contact
                self._begin_overlap(token, at)
            case happened.Revoked():
                self._end_overlap(token, at)
                token.revoked = True
            case happened.Suspended():
                self._end_overlap(token, at)
                token.suspended = True
            case happened.Lifted():
                token.suspended = False
                self._begin_overlap(token, at)
            case happened.RetiredByHand():
                token.retired, token.by_hand = at, True
            case happened.Accepted():
                token.accepted = token.called = at
            case happened.Called():
                token.called = at
            case _:
                _wish(token, fact)

    def _begin_overlap(self, token: Token, now: datetime) -> None:
        old = self.tokens.get(token.renews or "")
        if old is not None and not old.has_ended(now):
            old.succeeded = now

    def _end_overlap(self, token: Token, now: datetime) -> None:
        old = self.tokens.get(token.renews or "")
        if old is not None and not old.has_ended(now) and token.collected is not None:
            old.succeeded = None


def _wish(token: Token, fact: happened.OfToken) -> None:
    """What somebody wants to be done, or not done, about its expiry."""
    match fact:
        case happened.LetLapse(undone=undone):
            token.to_lapse = not undone
        case happened.Snoozed(by=by, until=until):
            token.snoozed = (by, until)


def zones_of(zones: Mapping[str, str]) -> Mapping[str, str]:
    """People's time zones; the admin channel's is UTC, the default of the setting."""
    return {**zones, happened.ADMINS: "UTC"}
