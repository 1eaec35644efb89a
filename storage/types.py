"""Column types: instants and words from fixed lists.

Their values are made by one function each: rows have many of them, and `TypeDecorator`'s own way is three calls deep.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE: Final = _EPOCH
"""Before whatever the clock shows, and before what has waited longest."""

_MICROSECOND = timedelta(microseconds=1)

_Word = TypeVar("_Word", bound=StrEnum)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 UTC: exact, and sorted by time in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a naive datetime with ValueError: nobody knows which instant it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return (value - _EPOCH) // _MICROSECOND

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        """Return what makes the instant, in UTC."""
        return _instant_or_none


def instant(value: int) -> datetime:
    """Return the instant that a column of this type holds, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def _instant_or_none(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


class Word(TypeDecorator[_Word], Generic[_Word]):
    """A member of a StrEnum, kept as its text."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[_Word]) -> None:
        super().__init__()
        self.words = words

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], _Word | None]:
        """Return what makes the member. Raises ValueError for another text."""
        words = self.words

        def word_or_none(value: str | None) -> _Word | None:
            return None if value is None else words(value)

        return word_or_none
