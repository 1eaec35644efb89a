"""The independent checker: which message had to be read by whom by when, and what the API had to be told of each token.

Written from product.md and from the decision about mornings: a reader's reminders of a local day go out together when
that day's work begins; at expiry people are told in the first working hours after it; who had their message today gets
what comes late on the next working day while more than a day is left, otherwise at once. Nothing of the bot's is used.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tests.year import journal as happened
from tests.year.dates import (
    DAY,
    last_morning_before,
    morning,
    mornings_from,
    next_morning,
    same_day,
    soonest,
)
from tests.year.journal import ADMINS, Journal, OfParty, Posted, Said
from tests.year.manners import GRACE, manners, repeated
from tests.year.state import Party, Token, zones_of
from tests.year.weather import Weather

DAYS: Final = (60, 30, 14, 7, 3, 1)
"""Before the expiry, by default; the owner reads all of these."""

ADMINS_FROM: Final = 7
TO_CONTACT: Final = (14, 7, 1)
ACCOUNT_ENDS_SOON: Final = timedelta(days=14)
NEVER_USED: Final = timedelta(days=7)
NEWS_FOR: Final = timedelta(days=14)
"""So long after an expiry somebody is still told of it."""

_GATHERED: Final = timedelta(minutes=8)
_KNOWN_WITHIN: Final = timedelta(hours=26)
"""A daily look tells the bot of whoever left."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_HELD_UP: Final = 4 * DAY
"""So long after Slack was away a message may go out: over a weekend, in the first working hours after it."""

_UNTOLD: Final = 1_000


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a reader has to read about a token. `what` tells needs of one kind apart."""

    kind: str
    reader: str
    token: str
    what: object


@dataclass
class Readers:
    """What each reader read, and where they are."""

    zones: Mapping[str, str]
    messages: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))

    def zone(self, reader: str) -> ZoneInfo:
        return ZoneInfo(self.zones.get(reader, "UTC"))

    def had_theirs(self, reader: str, at: datetime, since: datetime) -> bool:
        zone = self.zone(reader)
        read = (said.at for said in self.messages[reader])
        return any(each <= since - _GATHERED and same_day(each, at, zone) for each in read)


def complaints(journal: Journal, until: datetime) -> list[str]:
    """What is wrong with a year, up to a moment at which all was quiet."""
    weather = Weather(journal.facts)
    readers = Readers(zones_of(journal.zones))
    found: list[str] = []
    first: dict[str, datetime] = {}
    for fact in journal.facts:
        if isinstance(fact, Posted) or (isinstance(fact, Said) and fact.is_new):
            if fact.mark in first:
                found += repeated(fact, first[fact.mark], weather)
                continue
            first[fact.mark] = fact.at
            if isinstance(fact, Said):
                readers.messages[fact.reader].append(fact)
    ends = _ends(journal)
    for reader, messages in readers.messages.items():
        found += manners(reader, messages, readers.zone(reader), ends, weather)
    checked = min((fact.at for fact in journal.facts if isinstance(fact, happened.Accepted)), default=_NEVER)
    full = [fact for fact in journal.facts if isinstance(fact, Said) and fact.more]
    only_news = {said.mark for said in full if all(ends[token][0] <= said.at for token in said.tokens)}
    for name, facts in _by_party(journal).items():
        party = Party(name, journal.months)
        watch = _Watch(party, readers, weather, journal.guests, checked=checked, only_news=only_news)
        found += watch.through(facts, until)
    return found


def _issued(journal: Journal) -> Iterator[happened.Issued]:
    return (fact for fact in journal.facts if isinstance(fact, happened.Issued))


def _ends(journal: Journal) -> Mapping[str, Sequence[datetime]]:
    """By token, what people have to know in time: when it expires, and when an account of the third party's ends."""
    accounts: dict[str, set[datetime]] = defaultdict(set)
    for fact in journal.facts:
        if isinstance(fact, happened.ContactIs) and fact.contact in journal.guests:
            accounts[fact.party].add(journal.guests[fact.contact])
    expiry = {fact.token: Token(fact.token, fact.issued, None, journal.months).expires for fact in _issued(journal)}
    return {fact.token: [expiry[fact.token], *accounts[fact.party]] for fact in _issued(journal)}


def _by_party(journal: Journal) -> Mapping[str, Sequence[happened.Fact]]:
    """Each third party's facts, and what of the others concerns it."""
    party_of = {fact.token: fact.party for fact in _issued(journal)}
    names = {fact.party for fact in journal.facts if isinstance(fact, OfParty)}
    concerned: dict[str, list[happened.Fact]] = {name: [] for name in sorted(names)}
    for fact in journal.facts:
        match fact:
            case OfParty(party=party):
                concerned[party].append(fact)
            case Said(tokens=tokens, more=more):
                for party in concerned if more else sorted({party_of[token] for token in tokens}):
                    concerned[party].append(fact)
            case happened.Mentioned(token=token):
                concerned[party_of[token]].append(fact)
            case happened.Left() | happened.RemindedAt():
                for facts in concerned.values():
                    facts.append(fact)
            case happened.Checked(accepted=accepted):
                for party in {party_of[token] for token in accepted}:
                    concerned[party].append(fact)
    return concerned


# --- one third party --------------------------------------------------------------------------------------------------


class _Watch:
    """Goes through one third party's year and keeps in mind what its readers still have to read."""

    def __init__(
        self,
        party: Party,
        readers: Readers,
        weather: Weather,
        guests: Mapping[str, datetime],
        *,
        checked: datetime,
        only_news: Collection[str],
    ) -> None:
        """`only_news`: the messages so full of what has expired that more of it may have had no room."""
        self.party = party
        self._known_since = checked
        self._guests = guests
        self._days: tuple[int, ...] = DAYS
        self._readers = readers
        self._weather = weather
        self._gone: dict[str, datetime] = {}
        self._open: dict[Need, datetime] = {}
        self._just_closed: dict[Need, datetime] = {}
        self._told: dict[tuple[str, str], int] = {}
        self._told_in_use: dict[tuple[str, str], datetime] = {}
        self._told_once: set[Need] = set()
        self._read: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._mentioned: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._marks: set[str] = set()
        self._lines: dict[str, set[str]] = defaultdict(set)
        self._full: set[str] = set()
        self._only_news = only_news
        self._behind: set[tuple[str, str]] = set()
        self._stopped: set[str] = set()
        self._found: list[str] = []

    def through(self, facts: Sequence[happened.Fact], until: datetime) -> list[str]:
        now = facts[0].at
        for fact in facts:
            self._time_passes(now, fact.at)
            now = fact.at
            self._hear(fact)
            self._look(now)
        self._time_passes(now, until)
        for need, since in self._open.items():
            self._missed(need, since, until)
        return self._found

    def _time_passes(self, since: datetime, until: datetime) -> None:
        """Look at every moment at which time alone changes something, up to and including `until`."""
        now = since
        while (following := self._next(now)) <= until:
            now = following
            self._look(now)

    def _next(self, now: datetime) -> datetime:
        moments: list[datetime] = []
        for token in self._tokens(now):
            moments += [token.expires, token.expires + NEWS_FOR]
            for reader, _ in self._readers_of(now):
                moments += _thresholds(token.expires, self._days, self._readers.zones.get(reader, "UTC"))
                moments += self._account_moments(token, reader)
                moments += self._never_used_from(token, reader, now)
            if (retires := self.party.retires(token, now)) is not None:
                moments.append(self._weather.bot_is_back(retires))
            moments += self._in_use_moments(token, now)
            if token.snoozed is not None:
                moments.append(token.snoozed[1])
        moments += [at + _KNOWN_WITHIN for at in self._gone.values()]
        return min((each for each in moments if each > now), default=_NEVER)

    def _in_use_moments(self, token: Token, now: datetime) -> Iterator[datetime]:
        if token.succeeded is not None and token.accepted is not None:
            yield token.accepted + timedelta(days=7)
            for reader, _ in self._readers_of(now):
                yield self._in_use_from(token, reader)

    def _tokens(self, now: datetime) -> list[Token]:
        """Those about which anybody may still be told anything."""
        return [
            token
            for token in self.party.tokens.values()
            if token.collected is not None
            and not token.revoked
            and token.retired is None
            and now <= token.expires + NEWS_FOR
        ]

    def _look(self, now: datetime) -> None:
        """Retire what is to retire, and see which needs there are."""
        for token in self.party.tokens.values():
            retires = self.party.retires(token, now)
            if retires is not None and retires <= now and self._weather.bot_is_back(now) == now:
                token.retired = now
                self._stops(token, now)
            if token.expires <= now and token.name not in self._stopped:
                self._stops(token, now)
        needs = set(self._needs(now, known=True))
        for need in [need for need in self._open if need not in needs]:
            since = self._open.pop(need)
            self._missed(need, since, now)
            self._just_closed[need] = now
        for need in needs - self._open.keys():
            self._open[need] = now

    def _hear(self, fact: happened.Fact) -> None:
        match fact:
            case OfParty():
                self._decided_by_nobody(fact)
                self.party.move(fact)
            case happened.RemindedAt(days=days):
                self._days = days
            case Said():
                self._reads(fact)
            case happened.Mentioned(at=at, reader=reader, token=token):
                self._mentioned[token].append((at, reader))
            case happened.Checked(accepted=accepted):
                self._checked(fact.at, accepted)
            case happened.Left(person=person):
                self._gone[person] = fact.at

    # --- who has to read what

    def _readers_of(self, now: datetime, *, known: bool = True) -> list[tuple[str, Sequence[int]]]:
        """Everybody who is to be reminded, and at which thresholds. `known`: only what the bot has to know by now."""
        party = self.party
        own = next((each for each in (party.owner, party.deputy) if each and not self._left(each, now, known)), None)
        found: list[tuple[str, Sequence[int]]] = [(own, self._days)] if own else []
        found.append((ADMINS, [days for days in self._days if days <= ADMINS_FROM or own is None]))
        if party.contact is not None and party.contact != own and not self._left(party.contact, now, known):
            nearest = [[days for days in self._days if days <= wanted] for wanted in TO_CONTACT]
            found.append((party.contact, sorted({max(each) for each in nearest if each}, reverse=True)))
        return found

    def _left(self, person: str, now: datetime, known: bool) -> bool:
        at = self._gone.get(person)
        return at is not None and (not known or now >= at + _KNOWN_WITHIN)

    def _needs(self, now: datetime, *, known: bool) -> Iterator[Need]:
        for token in self._tokens(now):
            worth = self._is_worth_it(token, now)
            own = self._readers_of(now, known=known)[0][0]
            for reader, days in self._readers_of(now, known=known):
                if known and reader in self._gone:
                    continue  # a message cannot reach whoever left
                if worth:
                    yield from self._expiry(token, reader, days, now)
                owns = reader == own
                if worth and owns:
                    yield from self._account(token, reader, now)
                if worth and (owns or reader == self.party.contact == token.opened_by):
                    yield from self._never_used(token, reader, now)
                if (owns or reader == self.party.contact) and self._is_in_use(token, reader, now):
                    yield Need("in use", reader, token.name, self._told_in_use.get((reader, token.name)))
            yield from self._snoozed(token, now) if worth else ()

    def _is_worth_it(self, token: Token, now: datetime) -> bool:
        party = self.party
        if party.removed or not party.enabled or party.is_replaced(token, now):
            return False
        return token.works(now) or (token.expires <= now < token.expires + NEWS_FOR and not token.suspended)

    def _expiry(self, token: Token, reader: str, days: Sequence[int], now: datetime) -> Iterator[Need]:
        assert token.collected is not None
        left = [each for each in days if token.collected < token.expires - each * DAY and now < token.expires]
        left = [each for each in left if each == min(self._days) or not token.to_lapse]
        zone = self._readers.zones.get(reader, "UTC")
        come = [each for each in (*left, 0) if _threshold(token.expires, each, zone) <= now]
        if come and min(come) < self._told.get((reader, token.name), _UNTOLD):
            yield Need("expiry", reader, token.name, min(come))

    def _account_ends(self, token: Token) -> datetime | None:
        ends = self._guests.get(self.party.contact or "")
        return ends if ends is not None and ends < token.expires else None

    def _account_from(self, ends: datetime, reader: str) -> datetime:
        zone = self._readers.zone(reader)
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
        if self._known_since == _NEVER or token.accepted is not None:
            return
        zone = self._readers.zone(reader)
        at = morning(soonest(max(token.collected, self._known_since) + NEVER_USED, zone), zone)
        before = self.party.tokens.get(token.renews or "")
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
            not self.party.removed and self.party.is_still_used(token, now) and self._in_use_from(token, reader) <= now
        )

    def _in_use_from(self, token: Token, reader: str) -> datetime:
        """On the first working day, then weekly, daily in the last week."""
        assert token.succeeded is not None
        zone, last = self._readers.zone(reader), self._told_in_use.get((reader, token.name))
        if last is None or last < token.succeeded:
            return next_morning(token.succeeded, zone)
        again = min(last + 7 * DAY, max(next_morning(last, zone), token.expires - 7 * DAY))
        return mornings_from(again, zone, 0)

    def _snoozed(self, token: Token, now: datetime) -> Iterator[Need]:
        if token.snoozed is None or token.to_lapse or now >= token.expires:
            return
        by, until = token.snoozed
        need = Need("snoozed", by, token.name, until)
        if until <= now and need not in self._told_once and by not in self._gone:
            yield need

    # --- what was read, and what was not

    def _reads(self, said: Said) -> None:
        own = {token for token in said.tokens if token in self.party.tokens}
        fresh = own - self._lines[said.mark]
        is_repeat = said.is_new and said.mark in self._marks
        self._lines[said.mark] |= own
        self._marks.add(said.mark)
        if is_repeat:
            return
        for token in sorted(fresh):
            self._reads_about(token, said)
        if said.more:
            self._full.add(said.mark)
            for need in {*self._open, *self._needs(said.at, known=False)}:
                if need.reader == said.reader and (need.what != 0 or said.mark in self._only_news):
                    self._may_have_read(need, said)

    def _may_have_read(self, need: Need, said: Said) -> None:
        """It may be one of those for which the message had no room; if not, they read of it later."""
        self._note(need, said.at)
        self._open.pop(need, None)
        self._behind.add((need.reader, need.token))
        self._read[need.token].append((said.at, said.reader))

    def _reads_about(self, token: str, said: Said) -> None:
        self._read[token].append((said.at, said.reader))
        met = {need: since for need, since in self._open.items() if (need.reader, need.token) == (said.reader, token)}
        for need, since in met.items():
            by = self._latest(need, since)
            if said.at > by:
                self._found.append(f"late: {_words(need)} since {since}, by {by}, but read {said.at}")
            self._note(need, said.at)
            del self._open[need]
        was_behind = (said.reader, token) in self._behind
        self._behind.discard((said.reader, token))
        just_now = [since > said.at - GRACE for since in met.values()]
        if any(just_now) and not all(just_now):  # held up for what was needed before, and perhaps written then
            self._behind.add((said.reader, token))
        if met or said.mark in self._full:
            return
        excused = was_behind or self._may_not_know_yet(said) or self._is_beside_one_in_doubt(token, said)
        if not self._may_be_read(token, said) and not excused:
            self._found.append(f"needless: {said.reader} read about {token} of {self.party.name} at {said.at}")

    def _may_be_read(self, token: str, said: Said) -> bool:
        """Whether it was needed until a moment ago, or may be known by now to be needed."""
        for need, at in self._just_closed.items():
            if (need.reader, need.token) == (said.reader, token) and at >= said.at - GRACE:
                self._note(need, said.at)
                return True
        about = (said.reader, token)
        needed = [need for need in self._needs(said.at, known=False) if (need.reader, need.token) == about]
        for need in needed:
            self._note(need, said.at)
        return bool(needed)

    def _may_not_know_yet(self, said: Said) -> bool:
        """Whether the reader has left, and the bot had no time to notice."""
        at = self._gone.get(said.reader)
        if at is None:
            return False
        return said.at <= (self._weather.clears(at, at + _KNOWN_WITHIN) or at) + _KNOWN_WITHIN

    def _is_beside_one_in_doubt(self, token: str, said: Said) -> bool:
        """Whether the reader has just read of it in a message that an outage of Slack's had held up.

        Whether that one had arrived nobody could know when this one was planned.
        """
        just_read = any(reader == said.reader and at >= said.at - GRACE for at, reader in self._read[token][:-1])
        return just_read and self._weather.slack_was_away_between(said.at - _HELD_UP, said.at)

    def _note(self, need: Need, at: datetime) -> None:
        about = (need.reader, need.token)
        if need.kind == "expiry":
            assert isinstance(need.what, int)
            self._told[about] = min(need.what, self._told.get(about, _UNTOLD))
        elif need.kind == "in use":
            self._told_in_use[about] = at
        else:
            self._told_once.add(need)

    def _missed(self, need: Need, since: datetime, until: datetime) -> None:
        """It is not needed any more, or the year is over: was there time enough?"""
        by = self._latest(need, since)
        if by < until:
            self._found.append(f"missing: {_words(need)} of {self.party.name} since {since}, by {by}")

    def _latest(self, need: Need, since: datetime) -> datetime:
        """By when somebody has to have read what they need to read since then."""
        zone, expires = self._readers.zone(need.reader), self.party.tokens[need.token].expires
        if need.kind == "account":
            assert isinstance(need.what, datetime)
            expires = need.what
        is_news = need.kind == "expiry" and need.what == 0
        while True:
            by = soonest(since, zone)
            if not is_news and by >= expires:
                by = since
            elif not is_news and self._may_wait(need.reader, by, since, expires):
                by = next_morning(by, zone)
            clears = self._weather.clears(by, by + GRACE)
            if clears is None:
                return by + GRACE
            if clears.year > 9000:
                return _NEVER
            since = max(clears, since + GRACE)

    def _may_wait(self, reader: str, by: datetime, since: datetime, expires: datetime) -> bool:
        zone = self._readers.zone(reader)
        return self._readers.had_theirs(reader, by, since) and next_morning(by, zone) + DAY <= expires

    # --- tokens

    def _checked(self, at: datetime, accepted: Mapping[str, bool]) -> None:
        for name, token in self.party.tokens.items():
            expected = self.party.accepts(token, at)
            if name in accepted and accepted[name] != expected:
                what = "accepted: it should not be" if accepted[name] else "refused: it should be accepted"
                self._found.append(f"{what}: {name} of {self.party.name} at {at}, {token}")

    def _decided_by_nobody(self, fact: OfParty) -> None:
        """What people had works no more, though none of them said so."""
        match fact:
            case happened.Switched(enabled=False, by_nobody=True) | happened.Removed(by_nobody=True):
                hit = [token for token in self.party.tokens.values() if self.party.accepts(token, fact.at)]
            case happened.Revoked(token=name, by_nobody=True) | happened.Suspended(token=name, by_nobody=True):
                hit = [token for token in [self.party.tokens[name]] if token.works(fact.at)]
            case _:
                return
        self._found += [f"stopped: {each.name} of {self.party.name} at {fact.at}, decided by nobody" for each in hit]

    def _stops(self, token: Token, at: datetime) -> None:
        """A token stopped working by itself: if a program used it, people had decided it or were warned."""
        self._stopped.add(token.name)
        used = token.called is not None and token.called > at - 2 * DAY
        decided = token.revoked or token.suspended or token.by_hand or token.to_lapse or token.collected is None
        if not used or decided or not self.party.enabled or self.party.removed:
            return
        if token.succeeded is not None and self.party.is_replaced(token, at - timedelta(seconds=1)):
            after = [reader for when, reader in self._mentioned[token.name] if token.succeeded <= when <= at]
            if not after and self._weather.clears(token.succeeded, at) is None:
                self._found.append(f"stopped: {token.name} of {self.party.name} at {at}, replaced without a word")
            return
        self._warned(token, at)

    def _warned(self, token: Token, at: datetime) -> None:
        told = {reader for when, reader in self._read[token.name] if when < at}
        late = {reader for when, reader in self._read[token.name] if at - 10 * DAY < when < at}
        own = self._readers_of(at)[0][0]
        for reader, read in ((own, told), (ADMINS, late)):
            if reader in read:
                continue
            week = _threshold(token.expires, 7, self._readers.zones.get(reader, "UTC"))
            clears = self._weather.clears(week, week)
            if clears is None or clears < at - DAY:
                self._found.append(f"stopped: {token.name} of {self.party.name} at {at}, and {reader} was not warned")


def _words(need: Need) -> str:
    return f"{need.reader} about {need.token}: {need.kind} {need.what}"


@lru_cache(maxsize=100_000)
def _threshold(expires: datetime, days: int, zone_name: str) -> datetime:
    """The morning on which somebody is told, so many days before the expiry; at expiry, the first moment at work."""
    zone = ZoneInfo(zone_name)
    at = soonest(expires - days * DAY, zone)
    return at if days == 0 else min(morning(at, zone), last_morning_before(expires, zone))


@lru_cache(maxsize=100_000)
def _thresholds(expires: datetime, days: tuple[int, ...], zone_name: str) -> Sequence[datetime]:
    return [_threshold(expires, each, zone_name) for each in (*days, 0)]
