"""What readers have to read of a third party, of what they have not read yet: the rules of product.md, once more.

A reader's reminders of a local day go out together when that day's work begins; at expiry people are told in the first
working hours after it. Nothing of the bot's is used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tests.year.dates import DAY, last_morning_before, morning, mornings_from, next_morning, soonest
from tests.year.journal import ADMINS
from tests.year.state import Party, Token

DAYS: Final = (60, 30, 14, 7, 3, 1)
"""Before the expiry, by default; the owner reads all of these."""

ADMINS_FROM: Final = 7
TO_CONTACT: Final = (14, 7, 1)
ACCOUNT_ENDS_SOON: Final = timedelta(days=14)
NEVER_USED: Final = timedelta(days=7)
NEWS_FOR: Final = timedelta(days=14)
"""So long after an expiry somebody is still told of it."""

KNOWN_WITHIN: Final = timedelta(hours=26)
"""A daily look tells the bot of whoever left."""

_UNTOLD: Final = 1_000


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a reader has to read about a token. `what` tells needs of one kind apart."""

    kind: str
    reader: str
    token: str
    what: object


class Needs:
    """What is needed about one third party, by what its readers were told.

    `zones`: where people are. `guests`: when whose account ends. `known_since`: when checks began; before, nobody knows
    what is used.
    """

    def __init__(
        self, party: Party, zones: Mapping[str, str], guests: Mapping[str, datetime], known_since: datetime | None
    ) -> None:
        self.days: tuple[int, ...] = DAYS
        self.gone: dict[str, datetime] = {}
        self._party = party
        self._zones = zones
        self._guests = guests
        self._known_since = known_since
        self._told: dict[tuple[str, str], int] = {}
        self._told_in_use: dict[tuple[str, str], datetime] = {}
        self._told_once: set[Need] = set()

    def zone_name(self, reader: str) -> str:
        return self._zones.get(reader, "UTC")

    def _zone(self, reader: str) -> ZoneInfo:
        return ZoneInfo(self.zone_name(reader))

    def moments(self, now: datetime) -> Iterator[datetime]:
        """Give every moment at which time alone may change what is needed."""
        for token in self.tokens(now):
            yield from (token.expires, token.expires + NEWS_FOR)
            for reader, _ in self.readers(now):
                yield from thresholds(token.expires, self.days, self.zone_name(reader))
                yield from self._account_moments(token, reader)
                yield from self._never_used_from(token, reader, now)
            yield from self._in_use_moments(token, now)
            if token.snoozed is not None:
                yield token.snoozed[1]
        yield from (at + KNOWN_WITHIN for at in self.gone.values())

    def tokens(self, now: datetime) -> list[Token]:
        """Those about which anybody may still be told anything."""
        return [
            token
            for token in self._party.tokens.values()
            if token.collected is not None
            and not token.revoked
            and token.retired is None
            and now <= token.expires + NEWS_FOR
        ]

    def readers(self, now: datetime, *, known: bool = True) -> list[tuple[str, Sequence[int]]]:
        """Return everybody who is reminded, and at which thresholds. `known`: only what the bot has to know by now."""
        party = self._party
        own = next((each for each in (party.owner, party.deputy) if each and not self._left(each, now, known)), None)
        found: list[tuple[str, Sequence[int]]] = [(own, self.days)] if own else []
        found.append((ADMINS, [days for days in self.days if days <= ADMINS_FROM or own is None]))
        if party.contact is not None and party.contact != own and not self._left(party.contact, now, known):
            nearest = [[days for days in self.days if days <= wanted] for wanted in TO_CONTACT]
            found.append((party.contact, sorted({max(each) for each in nearest if each}, reverse=True)))
        return found

    def _left(self, person: str, now: datetime, known: bool) -> bool:
        at = self.gone.get(person)
        return at is not None and (not known or now >= at + KNOWN_WITHIN)

    def at(self, now: datetime, *, known: bool) -> Iterator[Need]:
        """Give what is needed. `known`: only what the bot has to know by now."""
        for token in self.tokens(now):
            worth = self._is_worth_it(token, now)
            own = self.readers(now, known=known)[0][0]
            for reader, days in self.readers(now, known=known):
                if known and reader in self.gone:
                    continue  # a message cannot reach whoever left
                if worth:
                    yield from self._expiry(token, reader, days, now)
                owns = reader == own
                if worth and owns:
                    yield from self._account(token, reader, now)
                if worth and (owns or reader == self._party.contact == token.opened_by):
                    yield from self._never_used(token, reader, now)
                if (owns or reader == self._party.contact) and self._is_in_use(token, reader, now):
                    yield Need("in use", reader, token.name, self._told_in_use.get((reader, token.name)))
            yield from self._snoozed(token, now) if worth else ()

    def _is_worth_it(self, token: Token, now: datetime) -> bool:
        party = self._party
        if party.removed or not party.enabled or party.is_replaced(token, now):
            return False
        return token.works(now) or (token.expires <= now < token.expires + NEWS_FOR and not token.suspended)

    def _expiry(self, token: Token, reader: str, days: Sequence[int], now: datetime) -> Iterator[Need]:
        assert token.collected is not None
        left = [each for each in days if token.collected < token.expires - each * DAY and now < token.expires]
        left = [each for each in left if each == min(self.days) or not token.to_lapse]
        zone = self.zone_name(reader)
        come = [each for each in (*left, 0) if threshold(token.expires, each, zone) <= now]
        if come and min(come) < self._told.get((reader, token.name), _UNTOLD):
            yield Need("expiry", reader, token.name, min(come))

    def _account_ends(self, token: Token) -> datetime | None:
        ends = self._guests.get(self._party.contact or "")
        return ends if ends is not None and ends < token.expires else None

    def _account_from(self, ends: datetime, reader: str) -> datetime:
        zone = self._zone(reader)
        return min(morning(soonest(ends - ACCOUNT_ENDS_SOON, zone), zone), last_morning_before(ends, zone))

    def _account_moments(self, token: Token, reader: str) -> Iterator[datetime]:
        if (ends := self._account_ends(token)) is not None:
            yield from (self._account_from(ends, reader), ends)

    def _account(self, token: Token, reader: str, now: datetime) -> Iterator[Need]:
        """The contact's account ends before the token that they were given, which is neither followed nor to lapse."""
        ends = self._account_ends(token)
        if ends is None or now >= ends or not token.works(now) or token.succeeded is not None or token.to_lapse:
            return
        need = Need("account", reader, token.name, ends)
        if self._account_from(ends, reader) <= now and need not in self._told_once:
            yield need

    def _never_used_from(self, token: Token, reader: str, now: datetime) -> Iterator[datetime]:
        """A week after somebody could have seen it in use; while the one before it is used instead, after that."""
        assert token.collected is not None
        if self._known_since is None or token.accepted is not None:
            return
        zone = self._zone(reader)
        at = morning(soonest(max(token.collected, self._known_since) + NEVER_USED, zone), zone)
        before = self._party.tokens.get(token.renews or "")
        used = before.used_since_succeeded(now) if before is not None else None
        yield at if used is None else max(at, next_morning(used + NEVER_USED, zone))

    def _never_used(self, token: Token, reader: str, now: datetime) -> Iterator[Need]:
        """Nothing uses what was collected, and nothing has followed on it yet."""
        need = Need("never used", reader, token.name, token.collected)
        if not token.works(now) or token.succeeded is not None or token.to_lapse or need in self._told_once:
            return
        if any(at <= now for at in self._never_used_from(token, reader, now)):
            yield need

    def _is_in_use(self, token: Token, reader: str, now: datetime) -> bool:
        return (
            not self._party.removed
            and self._party.is_still_used(token, now)
            and self._in_use_from(token, reader) <= now
        )

    def _in_use_from(self, token: Token, reader: str) -> datetime:
        """On the first working day, then weekly, daily in the last week."""
        assert token.succeeded is not None
        zone, last = self._zone(reader), self._told_in_use.get((reader, token.name))
        if last is None or last < token.succeeded:
            return next_morning(token.succeeded, zone)
        again = min(last + 7 * DAY, max(next_morning(last, zone), token.expires - 7 * DAY))
        return mornings_from(again, zone, 0)

    def _in_use_moments(self, token: Token, now: datetime) -> Iterator[datetime]:
        if token.succeeded is not None and token.accepted is not None:
            yield token.accepted + timedelta(days=7)
            for reader, _ in self.readers(now):
                yield self._in_use_from(token, reader)

    def _snoozed(self, token: Token, now: datetime) -> Iterator[Need]:
        if token.snoozed is None or token.to_lapse or now >= token.expires:
            return
        by, until = token.snoozed
        need = Need("snoozed", by, token.name, until)
        if until <= now and need not in self._told_once and by not in self.gone:
            yield need

    def note(self, need: Need, at: datetime) -> None:
        """The reader has read it, so it is needed no more."""
        about = (need.reader, need.token)
        if need.kind == "expiry":
            assert isinstance(need.what, int)
            self._told[about] = min(need.what, self._told.get(about, _UNTOLD))
        elif need.kind == "in use":
            self._told_in_use[about] = at
        else:
            self._told_once.add(need)

    def heard_of(self, token: Token, reader: str, at: datetime) -> None:
        """The reader has read of it, or may have: of that, too, which is no need while it is left to lapse."""
        if token.to_lapse:
            now = set(self.at(at, known=False))
            token.to_lapse = False
            for need in set(self.at(at, known=False)) - now:
                if (need.reader, need.token) == (reader, token.name):
                    self.note(need, at)
            token.to_lapse = True


@lru_cache(maxsize=100_000)
def threshold(expires: datetime, days: int, zone_name: str) -> datetime:
    """The morning on which somebody is told, so many days before the expiry; at expiry, the first moment at work."""
    zone = ZoneInfo(zone_name)
    at = soonest(expires - days * DAY, zone)
    return at if days == 0 else min(morning(at, zone), last_morning_before(expires, zone))


@lru_cache(maxsize=100_000)
def thresholds(expires: datetime, days: tuple[int, ...], zone_name: str) -> Sequence[datetime]:
    return [threshold(expires, each, zone_name) for each in (*days, 0)]
