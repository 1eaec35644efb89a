"""The table keeps its columns whatever stands in it, and the report says what there is and how much of it."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.rendered import Rendered
from access.model.report import Renewal, Some
from handlers.views.kit import Spoken, message, section
from handlers.views.report import digest, report_answer
from handlers.views.table import Column, table, width
from sandbox.reading import read_blocks
from tests.handlers.views.report_gallery import NOW, expiring, report, reports

CELLS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)
ALEF = "\N{HEBREW LETTER ALEF}"


def lines(rendered: Rendered) -> list[str]:
    """The lines of the one table in a message."""
    (block,) = [block for block in rendered.blocks if block["type"] == "rich_text"]
    return text_of(block)


def text_of(block: object) -> list[str]:
    match block:
        case {"elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": str() as text}]}]}:
            return text.split("\n")
    raise AssertionError("no table")


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    columns = [Column("Name", 6), Column("Days", right=True), Column("Note")]
    assert text_of(table(columns, [["Acme", "3", "new"], ["Borealis", "41", ""]])) == [
        "Name    Days  Note",
        "Acme       3  new",
        "Borea…    41",
    ]


@pytest.mark.parametrize(
    ("text", "columns"),
    [("Acme", 4), ("東京", 4), ("ﾄｳｷｮｳ", 5), ("e\N{COMBINING ACUTE ACCENT}", 1), ("\N{GRINNING FACE}", 2), ("", 0)],
)
def test_width_is_counted_in_columns(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_every_row_has_its_second_column_at_the_same_place(rows: list[tuple[str, str]]) -> None:
    shown = text_of(table([Column("A", 9), Column("B", 9)], [[first, f"|{second}"] for first, second in rows]))
    assert len(shown) == len(rows) + 1
    places = {width(line[: line.rindex("|")]) for line in shown[1:] if line.count("|") == 1}
    assert len(places) <= 1
    assert all(width(line) <= 20 for line in shown)


def test_right_to_left_text_turns_nothing_around_it() -> None:
    (_, line) = text_of(table([Column("A"), Column("B")], [[f"\N{RIGHT-TO-LEFT OVERRIDE}{ALEF}", "b"]]))
    assert line == f"\N{FIRST STRONG ISOLATE}{ALEF}\N{POP DIRECTIONAL ISOLATE}  b"
    assert not any(unicodedata.bidirectional(character) == "RLO" for character in line)


def test_what_has_to_be_seen_is_said_in_other_words() -> None:
    said = message(section("Before"), Spoken(table([Column("A")], [["a"]]), ["The a."]), section("After"))
    assert said.text == "Before\nThe a.\nAfter"
    assert [block["type"] for block in said.blocks] == ["section", "rich_text", "section"]


@pytest.mark.parametrize(
    ("renewal", "column", "sentence"),
    [
        (Renewal.NOTHING_YET, "nothing yet", "Nobody has begun to renew it."),
        (Renewal.CLAIMED, "somebody is on it", "<@U0BEN> is on it."),
        (Renewal.LET_LAPSE, "is to lapse", "It was decided to let it lapse."),
        (Renewal.WAITS, "new one waits", "A new one waits to be collected."),
        (Renewal.UNUSED, "new one not used", "The new one was collected, but is not in use yet."),
        (Renewal.SUSPENDED, "suspended", "It is suspended: an admin decides about it."),
    ],
)
def test_how_far_a_renewal_is(renewal: Renewal, column: str, sentence: str) -> None:
    it = report_answer(report(expiring=Some(expiring("Acme", renewal=renewal), 1)))
    assert lines(it)[1] == f"Acme         1a2b3c4d  2026-03-03     1  {column}"
    assert f"Acme, 1a2b3c4d: expires 2026-03-03, tomorrow; {column}." in it.text.split("\n")
    assert sentence in it.text.split("\n")
    off = report_answer(report(expiring=Some(expiring("Acme", renewal=renewal, enabled=False), 1)))
    assert lines(off)[1].endswith(f"{column}, not enabled")
    assert f"{sentence} The third party is not enabled." in off.text.split("\n")


def test_a_table_mentions_nobody_and_a_digest_neither() -> None:
    for _, each in reports("<@U0EVIL> <!channel>"):
        shown = [] if each.is_empty else [digest(each)]
        assert not [one for one in shown if "<@" in one.text or "<!ch" in one.text]
    claimed = report(expiring=Some(expiring("Acme", renewal=Renewal.CLAIMED), 1))
    assert "Somebody is on it." in digest(claimed).text
    assert lines(digest(claimed)) == lines(report_answer(claimed))


def test_foreign_text_stands_in_the_table_as_it_is() -> None:
    hostile = "<@U0EVIL> *b* `c` :tada: &amp;"
    it = report_answer(report(expiring=Some(expiring(hostile[:24]), 1)))
    assert lines(it)[1].startswith(hostile[:24])


def test_days_are_those_of_the_channel() -> None:
    late = report(expiring=Some(expiring("Acme"), 1))
    (line,) = late.expiring.lines
    assert line.token.expires_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    there = "Pacific/Kiritimati"  # where it is eleven at night then, and was one in the morning at eleven here
    elsewhere = replace(late, time_zone=there, now=NOW.replace(hour=11))
    assert "expires 2026-03-03, today" in report_answer(elsewhere).text


def test_only_what_there_is_is_said() -> None:
    it = report_answer(dict(reports("Acme"))["uncollected"])
    assert it.text.startswith(
        "*What there is to see to*\nNothing expires in the next 60 days.\n*Issued, not collected*"
    )
    assert "Contacts" not in it.text


def test_nothing_is_one_line() -> None:
    it = report_answer(report())
    assert len(it.blocks) == 1
    assert "\n" not in it.text


def test_how_many_there_are_and_that_some_are_not_shown() -> None:
    full = dict(reports("Acme"))
    assert "(at least 200)" in report_answer(full["full"]).text
    assert "At least 188 more not shown. The days are" in report_answer(full["full"]).text
    assert "*Issued, not collected* (9)" in report_answer(full["full"]).text
    assert "\n6 more not shown." in report_answer(full["full"]).text
    perhaps = report_answer(full["perhaps more"]).text
    assert "*Collected, never used as far as I know* (at least 3)" in perhaps
    assert "\nThere may be more." in perhaps
    assert "6 more not shown. The days are" in perhaps


def test_the_most_urgent_have_a_button() -> None:
    spoken = [
        block["accessory"]["accessibility_label"]
        for block in digest(dict(reports("Acme"))["full"]).blocks
        if "accessory" in block
    ]
    assert [each for each in spoken if each != "Disable Acme"] == ["Show Acme"] * 8, "of each list the first"
    assert spoken.count("Disable Acme") == 3


def test_a_person_reads_it_as_a_table() -> None:
    blocks = list(digest(dict(reports("Acme"))["full"]).blocks)
    read = read_blocks(blocks, names=str, now=NOW, tz=UTC)
    assert "Third party  Token     Expires     Days  Renewal\nAcme         1a2b3c4d  2026-03-03     1  nothing" in read
