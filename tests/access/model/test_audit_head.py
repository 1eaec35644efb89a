"""Where the audit trail ends: how that is written, read again, and when it is posted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.audit_head import Head, morning
from access.model.working_hours import zone_of

MAC = b"k3yk3yk3" + bytes(range(32))
WRITTEN = f"4711:k3yk3yk3:{bytes(range(32)).hex()}"
KEY_IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=8, max_size=8)
HEADS = st.builds(
    lambda number, key, rest: Head(number, key.encode() + rest),
    st.integers(1, 10**18 - 1),
    KEY_IDS,
    st.binary(min_size=32, max_size=32),
)
SECOND = timedelta(seconds=1)


def test_it_is_written_as_a_line_that_can_be_copied() -> None:
    assert str(Head(4711, MAC)) == WRITTEN
    assert Head.parse(WRITTEN) == Head(4711, MAC)


@given(HEADS, st.sampled_from(["{}", " {}\n", "`{}`", "\t`{}` "]))
def test_what_was_written_is_read_again_with_what_comes_along_when_it_is_copied(head: Head, around: str) -> None:
    assert Head.parse(around.format(head)) == Head.parse(str(head).upper()) == head
    assert Head.noted(head.number, head.mac) == head


@given(HEADS, st.data())
def test_a_part_of_it_is_none(head: Head, data: st.DataObject) -> None:
    written = str(head)
    cut = data.draw(st.integers(0, len(written) - 1))
    assert Head.parse(written[:cut]) is None
    assert Head.parse(written[len(written) - cut :]) != head


ALMOST = st.tuples(
    st.text("0123456789", max_size=20),
    st.text("abz27", max_size=9),
    st.text("0123456789abcdefg", min_size=63, max_size=65),
)


@given(st.one_of(st.text(), ALMOST.map(":".join)))
def test_whatever_else_is_typed_is_a_head_that_is_written_so_or_none(text: str) -> None:
    head = Head.parse(text)
    assert head is None or str(head) == text.strip("` \t\r\n").lower()


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "4711", f"0{WRITTEN}", f"-{WRITTEN}", f"0:{WRITTEN[5:]}", f"{WRITTEN}0", WRITTEN[:-2], "1:a:b:c"),
        *(WRITTEN.replace(":", " "), f"4711:k3yk3yk:{'0' * 64}", f"{10**18}:{WRITTEN[5:]}"),
        f"\N{ARABIC-INDIC DIGIT FOUR}:{WRITTEN[5:]}",
    ],
)
def test_what_is_none_is_refused(wrong: str) -> None:
    assert Head.parse(wrong) is None


@pytest.mark.parametrize(
    ("number", "mac"), [(0, MAC), (-1, MAC), (1, b""), (1, MAC[:-1]), (1, MAC + b"x"), (1, b"\xff" * 40), (10**18, MAC)]
)
def test_what_nobody_of_ours_has_noted_is_none(number: int, mac: bytes) -> None:
    assert Head.noted(number, mac) is None


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles", "nonsense"])
def test_it_is_posted_from_nine_in_the_morning_on_on_any_day(zone: str) -> None:
    for day in range(1, 8):
        nine = datetime(2026, 3, day, 9, tzinfo=zone_of(zone)).astimezone(UTC)
        due = morning(nine, zone)
        assert due is not None
        assert (due.day, due.begins_at) == (f"2026-03-0{day}", nine)
        assert morning(nine - SECOND, zone) is None
        assert morning(nine + 15 * 3600 * SECOND - SECOND, zone) == due
        assert morning(nine + 15 * 3600 * SECOND, zone) is None, "it is midnight"
