"""Reading a file: whatever it holds, there are rows or named problems, and never an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.sheet import Problem, Sheet, Wrong, guarded, place_of, read_sheet, unguarded

CELLS = st.text(alphabet="=+-@'\"\t\r\n ,;a\uff1d\uff20", max_size=12)
NEAR_CSV = st.text(alphabet="name,owner;\"\r\n\t#'x\0\ufeff").map(str.encode)


def read(data: str | bytes) -> Sheet:
    raw = data.encode() if isinstance(data, str) else data
    return read_sheet(raw, known=("name", "owner", "token"), required=("name",), ignored=("fingerprint",))


def wrongs(data: str | bytes) -> list[tuple[int, str, object]]:
    return [(each.line, each.column, each.wrong) for each in read(data).problems]


@given(st.one_of(st.binary(), NEAR_CSV, NEAR_CSV.map(lambda rest: b"name,owner\n" + rest)))
def test_it_never_raises_and_loses_no_line_without_a_word(data: bytes) -> None:
    sheet = read(data)
    assert sheet.records or sheet.problems


@given(CELLS)
def test_a_guarded_cell_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(CELLS)
def test_no_guarded_cell_begins_with_a_formula_at_whatever_separator_a_line_is_split(text: str) -> None:
    cell = guarded(text)
    assert not cell or cell[0] not in "=+-@\t\r\n\uff1d\uff20"
    for separator in ",;\t":
        assert not any(part.strip(' \t\r\n"').startswith(tuple("=+-@\uff1d\uff20")) for part in cell.split(separator))


@pytest.mark.parametrize("text", ["Acme", "O'Brien's", "a - b", "", "3=3"])
def test_a_harmless_cell_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text == unguarded(text)


@pytest.mark.parametrize(
    "data",
    [
        "name,owner\nA,B\n",
        "\ufeffname;owner\r\nA;B\r\n",
        "Owner\tNAME\nB\tA\n",
        "sep=;\r\nname;owner\r\nA;B\r\n",
        '# a comment, with "more"\n"# and; another"\nname,owner\n\nA,B,,\n',
        "name,owner,,\nA,B,,\n",
        "name,owner,fingerprint\nA,B,12345678\n",
        'name,owner\r"A",B',
    ],
)
def test_spreadsheets_and_programs_write_it_in_many_ways(data: str) -> None:
    [record] = read(data).records
    assert (record.cells["name"], record.cells["owner"]) == ("A", "B")
    assert read(data).problems == []


def test_a_row_has_the_line_in_which_it_begins() -> None:
    sheet = read('name,owner\n"A\nB",x\nC,y\n"D"E,z\nF,u,v\nG\n"open,w\n')
    assert [(each.line, each.cells["name"]) for each in sheet.records] == [(2, "A\nB"), (4, "C")]
    assert [(each.line, each.wrong) for each in sorted(sheet.problems, key=lambda each: each.line)] == [
        (5, Wrong.QUOTES),
        (6, Wrong.TOO_MANY_CELLS),
        (7, Wrong.TOO_FEW_CELLS),
        (8, Wrong.QUOTES),
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", (0, "", Wrong.EMPTY)),
        (b"# nothing but this\n\n", (0, "", Wrong.EMPTY)),
        (b"name,owner\n", (0, "", Wrong.NO_ROWS)),
        (b"PK\x03\x04rest", (0, "", Wrong.WORKBOOK)),
        ("name,owner\nA,B\n".encode("utf-16"), (0, "", Wrong.UTF16)),
        ("name,owner\nA,B\n".encode("utf-16-be"), (0, "", Wrong.UTF16)),
        (b"name,owner\nA,B\nM\xfcller,B\n", (3, "", Wrong.NOT_UTF8)),
        (b"owner\nA\n", (1, "name", Wrong.COLUMN_MISSING)),
        (b"name,name\nA,B\n", (1, "name", Wrong.COLUMN_TWICE)),
        (b"name,nothing of ours\nA,B\n", (1, "B", Wrong.COLUMN_UNKNOWN)),
        (b"name,owner\n" + b"x" * 20_000 + b",B\n", (2, "name", Wrong.CELL_TOO_LONG)),
        (b"name,owner\n" + b"x" * 200_000 + b",B\n", (2, "", Wrong.CELL_TOO_LONG)),
    ],
)
def test_what_is_wrong_with_a_file_is_named(data: bytes, problem: tuple[int, str, object]) -> None:
    assert wrongs(data) == [problem]


def test_a_column_that_is_nearly_known_is_asked_about_and_none_is_repeated() -> None:
    assert read("name,ownerx\nA,B\n").problems == [Problem(1, "B", Wrong.COLUMN_UNKNOWN, "owner")]
    assert "correct horse" not in repr(read("name,correct horse battery\nA,B\n").problems)


@pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_called_as_a_spreadsheet_calls_them(place: int, name: str) -> None:
    assert place_of(place) == name
