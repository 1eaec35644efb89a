from datetime import UTC, datetime, timedelta, timezone

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


@given(INSTANTS)
def test_an_instant_comes_back_exactly_and_in_utc(instant: datetime) -> None:
    back = Instant().process_result_value(kept(instant), DIALECT)
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
    assert Instant().process_result_value(None, DIALECT) is None
    assert Word(HandoffEnd).process_result_value(None, DIALECT) is None


def test_a_word_comes_back_as_itself_and_an_unknown_one_does_not() -> None:
    assert Word(HandoffEnd).process_result_value("lapsed", DIALECT) is HandoffEnd.LAPSED
    with pytest.raises(ValueError, match="lost"):
        Word(HandoffEnd).process_result_value("lost", DIALECT)
