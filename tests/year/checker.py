"""The independent checker: which message had to be read by whom by when, and what the API had to be told of each token.

Written from product.md and from the decision about mornings: a reader's reminders of a local day go out together when
that day's work begins; at expiry people are told in the first working hours after it; who had their message today gets
what comes late on the next working day while more than a day is left, otherwise at once. Nothing of the bot's is used.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.year import journal as happened
from tests.year.dates import DAY, next_morning, same_day, soonest
from tests.year.journal import ADMINS, Journal, OfParty, Posted, Said
from tests.year.manners import GRACE, manners, repeated
from tests.year.needs import KNOWN_WITHIN, Need, Needs, threshold
from tests.year.state import Party, Token, zones_of
from tests.year.weather import Weather

_GATHERED: Final = timedelta(minutes=8)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_HELD_UP: Final = 4 * DAY
"""So long after Slack was away a message may go out: over a weekend, in the first working hours after it."""


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
    checked = min((fact.at for fact in journal.facts if isinstance(fact, happened.Accepted)), default=None)
    full = [fact for fact in journal.facts if isinstance(fact, Said) and fact.more]
    only_news = {said.mark for said in full if all(ends[token][0] <= said.at for token in said.tokens)}
    for name, facts in _by_party(journal).items():
        party = Party(name, journal.months)
        needs = Needs(party, readers.zones, journal.guests, checked)
        found += _Watch(party, needs, readers, weather, only_news).through(facts, until)
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
        needs: Needs,
        readers: Readers,
        weather: Weather,
        only_news: Collection[str],
    ) -> None:
        """`only_news`: the messages so full of what has expired that more of it may have had no room."""
        self.party = party
        self._needs = needs
        self._readers = readers
        self._weather = weather
        self._open: dict[Need, datetime] = {}
        self._just_closed: dict[Need, datetime] = {}
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
        retire = (self.party.retires(token, now) for token in self._needs.tokens(now))
        back = (self._weather.bot_is_back(at) for at in retire if at is not None)
        return min((each for each in (*self._needs.moments(now), *back) if each > now), default=_NEVER)

    def _look(self, now: datetime) -> None:
        """Retire what is to retire, and see which needs there are."""
        for token in self.party.tokens.values():
            retires = self.party.retires(token, now)
            if retires is not None and retires <= now and self._weather.bot_is_back(now) == now:
                token.retired = now
                self._stops(token, now)
            if token.expires <= now and token.name not in self._stopped:
                self._stops(token, now)
        needs = set(self._needs.at(now, known=True))
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
                self._needs.days = days
            case Said():
                self._reads(fact)
            case happened.Mentioned(at=at, reader=reader, token=token):
                self._mentioned[token].append((at, reader))
            case happened.Checked(accepted=accepted):
                self._checked(fact.at, accepted)
            case happened.Left(person=person):
                self._needs.gone[person] = fact.at

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
            self._needs.heard_of(self.party.tokens[token], said.reader, said.at)
            if not said.is_new and (said.more or said.mark in self._full):  # others than before have room now
                self._behind.add((said.reader, token))
        if said.more:
            for each in self.party.tokens.values():
                self._needs.heard_of(each, said.reader, said.at)
            self._full.add(said.mark)
            for need in {*self._open, *self._needs.at(said.at, known=False)}:
                if need.reader == said.reader and (need.what != 0 or said.mark in self._only_news):
                    self._may_have_read(need, said)

    def _may_have_read(self, need: Need, said: Said) -> None:
        """It may be one of those for which the message had no room; if not, they read of it later."""
        self._needs.note(need, said.at)
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
            self._needs.note(need, said.at)
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
                self._needs.note(need, said.at)
                return True
        about = (said.reader, token)
        needed = [need for need in self._needs.at(said.at, known=False) if (need.reader, need.token) == about]
        for need in needed:
            self._needs.note(need, said.at)
        return bool(needed)

    def _may_not_know_yet(self, said: Said) -> bool:
        """Whether the reader has left, and the bot had no time to notice."""
        at = self._needs.gone.get(said.reader)
        if at is None:
            return False
        return said.at <= (self._weather.clears(at, at + KNOWN_WITHIN) or at) + KNOWN_WITHIN

    def _is_beside_one_in_doubt(self, token: str, said: Said) -> bool:
        """Whether the reader has just read of it in a message that an outage of Slack's had held up.

        Whether that one had arrived nobody could know when this one was planned.
        """
        just_read = any(reader == said.reader and at >= said.at - GRACE for at, reader in self._read[token][:-1])
        return just_read and self._weather.slack_was_away_between(said.at - _HELD_UP, said.at)

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
        own = self._needs.readers(at)[0][0]
        for reader, read in ((own, told), (ADMINS, late)):
            if reader in read:
                continue
            week = threshold(token.expires, 7, self._needs.zone_name(reader))
            clears = self._weather.clears(week, week)
            if clears is None or clears < at - DAY:
                self._found.append(f"stopped: {token.name} of {self.party.name} at {at}, and {reader} was not warned")


def _words(need: Need) -> str:
    return f"{need.reader} about {need.token}: {need.kind} {need.what}"
