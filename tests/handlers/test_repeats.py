from datetime import timedelta

import pytest

from handlers import repeats
from handlers.repeats import AT_ONCE, Repeats
from tests.fakes import MONDAY_MORNING as NOW

SECOND = timedelta(seconds=1)


def test_only_the_second_time_and_only_when_it_is_late() -> None:
    seen = Repeats()
    assert not seen.comes_late("1.2.3", NOW)
    assert not seen.comes_late("1.2.3", NOW + AT_ONCE)
    assert seen.comes_late("1.2.3", NOW + AT_ONCE + SECOND)
    assert not seen.comes_late("1.2.4", NOW + AT_ONCE + SECOND)


@pytest.mark.parametrize("trigger_id", [None, "", 7, ["1.2.3"]])
def test_what_has_no_id_is_never_a_repetition(trigger_id: object) -> None:
    seen = Repeats()
    assert not any(seen.comes_late(trigger_id, NOW + hours * timedelta(hours=1)) for hours in range(3))


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "REMEMBERED", 2)
    seen = Repeats()
    for trigger_id in ("first", "second", "third"):
        seen.comes_late(trigger_id, NOW)
    assert [seen.comes_late(each, NOW + timedelta(hours=1)) for each in ("third", "first")] == [True, False]
