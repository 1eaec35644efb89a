"""What kept the bot from doing its work: its own absence, Slack's, and single faults."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.year.journal import BotDown, BotUp, Fact, SlackDown, SlackUp, Trouble

AFTERWARDS: Final = timedelta(minutes=25)
"""So long after trouble something may still wait: the longest pause between two attempts is a quarter of an hour."""

_LONG_AGO, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Spell = tuple[datetime, datetime]


class Weather:
    """All of it, known in advance."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        facts = list(facts)
        self._absent = _between(facts, BotDown, BotUp)
        self._faults = [fact.at for fact in facts if isinstance(fact, Trouble)]
        unknown = [fact.at for fact in facts if isinstance(fact, Trouble) and fact.unknown]
        self._unknown = sorted(unknown + [since for since, _ in self._absent])
        self._slack_away = _between(facts, SlackDown, SlackUp)
        absences = [*self._absent, *self._slack_away]
        short = [(fact.at, fact.at + fact.lasts) for fact in facts if isinstance(fact, Trouble)]
        self._spells = _merged([(since, _later(until)) for since, until in absences + short])

    def clears(self, since: datetime, until: datetime) -> datetime | None:
        """When the trouble is over that there was at some time from `since` to `until`; None if there was none."""
        return next((ends for begins, ends in _around(self._spells, until) if begins <= until and ends >= since), None)

    def bot_is_back(self, at: datetime) -> datetime:
        """`at` itself, if the bot is there, or else when it is."""
        return next((until for since, until in self._absent if since <= at < until), at)

    def slack_was_away_between(self, since: datetime, until: datetime) -> bool:
        """Whether Slack took nothing at some time in between: nor did it say so of what it was sent."""
        return any(begins <= until and ends >= since for begins, ends in self._slack_away)

    def unknown_between(self, since: datetime, until: datetime) -> bool:
        """Whether the bot could not know in that time whether a message arrived."""
        return any(since <= at <= until for at in self._unknown)

    def fault_before(self, at: datetime) -> datetime | None:
        """The latest single fault that may still be the reason for a delay at that time."""
        return max((fault for fault in self._faults if at - AFTERWARDS <= fault <= at), default=None)


def _between(facts: list[Fact], begin: type[Fact], end: type[Fact]) -> list[Spell]:
    found, since = [], None
    for fact in facts:
        if isinstance(fact, begin):
            since = fact.at if since is None else since
        elif isinstance(fact, end) and since is not None:
            found.append((since, fact.at))
            since = None
    return [*found, *([(since, _NEVER)] if since is not None else [])]


def _later(at: datetime) -> datetime:
    return at if at == _NEVER else at + AFTERWARDS


def _merged(spells: list[Spell]) -> list[Spell]:
    found: list[Spell] = []
    for since, until in sorted(spells):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def _around(spells: list[Spell], at: datetime) -> list[Spell]:
    """The last two that began by then: no earlier one reaches so far, as they are merged."""
    place = bisect_right(spells, (at, _NEVER))
    return spells[max(0, place - 2) : place]
