from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from access.model.handoff import HandoffEnd
from storage.types import Instant, Word
from tests.fakes import MONDAY_MORNING

DIALECT = sqlite.dialect()
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(timezones=ZONES).filter(lambda instant: 1 < instant.year < 9999)


def kept(instant: datetime) -> int:
    number = Instant().process_bind_param(instant, DIALECT)
    assert isinstance(number, int)
    return number


def read(kind: Instant | Word[Any], value: object) -> Any:
    processor: Callable[[Any], Any] = kind.result_processor(DIALECT, None)
    return processor(value)


@given(INSTANTS)
def test_an_instant_comes_back_exactly_and_in_utc(instant: datetime) -> None:
    back = read(Instant(), kept(instant))
    assert back == instant
    assert back.tzinfo is UTC


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_they_are_kept(one: datetime, other: datetime) -> None:
    assert (kept(one) < kept(other)) == (one < other)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="an instant needs a time zone"):
        Instant().process_bind_param(MONDAY_MORNING.replace(tzinfo=None), DIALECT)


def test_nothing_stays_nothing() -> None:
    assert Instant().process_bind_param(None, DIALECT) is None
    assert read(Instant(), None) is None
    assert read(Word(HandoffEnd), None) is None


def test_a_word_comes_back_as_itself_and_an_unknown_one_does_not() -> None:
    assert read(Word(HandoffEnd), "lapsed") is HandoffEnd.LAPSED
    with pytest.raises(ValueError, match="lost"):
        read(Word(HandoffEnd), "lost")
