"""A CSV file as spreadsheets and programs write it: what it says, line by line, and what in it cannot be read.

Nothing that a file holds is repeated in what is said about it: a secret may stand in any column, and in any line.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from access.model.errors import AccessError

SEPARATORS: Final = ",;\t"
LONGEST_CELL: Final = 10_000

_SHOWN_BY_EXCEL: Final = re.compile(r"sep=[,;\t]", re.IGNORECASE)
_STARTS_FORMULA: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_AFTER_SEPARATOR: Final = re.compile(rf'([,;\t\r\n]["\s]*)(?=[\'{_STARTS_FORMULA}])')
_GUARDED_AFTER_SEPARATOR: Final = re.compile(rf"([,;\t\r\n][\"\s]*)'(?=['{_STARTS_FORMULA}])")
_AT_START: Final = re.compile(rf"\s|[\"\s]*['{_STARTS_FORMULA}]")


class Wrong(StrEnum):
    """What can be wrong with a file, or with a cell, besides what the rules of a name or a person refuse."""

    EMPTY = "empty"
    WORKBOOK = "workbook"
    UTF16 = "utf16"
    NOT_UTF8 = "not_utf8"
    QUOTES = "quotes"
    CELL_TOO_LONG = "cell_too_long"
    NO_ROWS = "no_rows"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    COLUMN_MISSING = "column_missing"
    TOO_FEW_CELLS = "too_few_cells"
    TOO_MANY_CELLS = "too_many_cells"
    REQUIRED = "required"
    HOLDS_SECRET = "holds_secret"
    REPEATS_SECRET = "repeats_secret"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_PERSON = "not_a_person"
    NOT_A_CLIENT_ID = "not_a_client_id"
    CLIENT_ID_TWICE = "client_id_twice"
    CLIENT_ID_TAKEN = "client_id_taken"
    KIND_MISSING = "kind_missing"
    KIND_UNKNOWN = "kind_unknown"
    ISSUED_WITH_SECRET = "issued_with_secret"
    MIGRATED_WITHOUT_SECRET = "migrated_without_secret"
    TOKEN_OF_OURS = "token_of_ours"
    TOKEN_TOO_SHORT = "token_too_short"
    TOKEN_TOO_LONG = "token_too_long"
    TOKEN_NOT_ASCII = "token_not_ascii"
    CLIENT_SECRET_ALONE = "client_secret_alone"
    TOKEN_TWICE = "token_twice"
    TOKEN_TAKEN = "token_taken"
    CLIENT_SECRET_KEPT = "client_secret_kept"
    DELIVERED_MISSING = "delivered_missing"
    NOT_AN_INSTANT = "not_an_instant"
    YEAR_ODD = "year_odd"
    ISSUED_IN_FUTURE = "issued_in_future"
    EXPIRES_BEFORE_ISSUE = "expires_before_issue"
    ROW_TWICE = "row_twice"
    DIFFERS = "differs"
    TOO_MANY_TOKENS = "too_many_tokens"
    TOO_MANY_UNDELIVERED = "too_many_undelivered"
    PERSON_UNKNOWN = "person_unknown"
    NO_EMAILS = "no_emails"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where. `line`: in the file, 0 for all of it. `column`: its name, or its place; "" for all of them.

    `detail`: another line, a number, or the name of a column of ours; never what the file holds.
    """

    line: int
    column: str
    wrong: Wrong | AccessError
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A row: the line in which it begins, and what each column says."""

    line: int
    cells: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What could be read of a file."""

    columns: Sequence[str]
    records: Sequence[Record]
    problems: Sequence[Problem]


def read_sheet(data: bytes, *, known: Sequence[str], required: Sequence[str], ignored: Sequence[str] = ()) -> Sheet:
    """Read a file with a header; comment lines, which begin with #, may stand before it.

    The separator is the one that the header is written with. It never raises.
    """
    try:
        text = _decoded(data)
    except _Unreadable as unreadable:
        return Sheet((), (), [Problem(unreadable.line, "", unreadable.wrong)])
    rows, problems = _rows(text, _separator(text))
    header = next(rows, None)
    if header is None:
        return Sheet((), (), [*problems, Problem(0, "", Wrong.EMPTY)])
    columns, of_header = _columns(header, [*known, *ignored], required)
    problems += of_header
    if not columns:
        return Sheet((), (), problems)
    records = list(_records(rows, columns, problems))
    if not records and not problems:
        problems.append(Problem(0, "", Wrong.NO_ROWS))
    return Sheet([name for name in columns if name in known], records, problems)


class _Unreadable(Exception):
    def __init__(self, wrong: Wrong, line: int = 0) -> None:
        super().__init__(wrong.value)
        self.wrong = wrong
        self.line = line


def _decoded(data: bytes) -> str:
    """Raises _Unreadable."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _Unreadable(Wrong.WORKBOOK)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:100]:
        raise _Unreadable(Wrong.UTF16)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    raise _Unreadable(Wrong.NOT_UTF8, line)


def _separator(text: str) -> str:
    """Return what the header is written with, or what Excel says in a line of its own."""
    for line in io.StringIO(text, newline=""):
        bare = line.strip("\r\n")
        if _SHOWN_BY_EXCEL.fullmatch(bare):
            return bare[-1]
        if bare.strip(f"{SEPARATORS} ") and not _is_comment(bare.lstrip('"')):
            return max(SEPARATORS, key=bare.count)
    return ","


def _is_comment(text: str) -> bool:
    return text.startswith("#")


def _rows(text: str, separator: str) -> tuple[Iterator[tuple[int, list[str]]], list[Problem]]:
    """Return the rows from the header on, each with its line, and a list to which goes what cannot be read of them."""
    problems = list[Problem]()

    def read() -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        seen_header = False
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                too_long = "field larger" in str(error)
                problems.append(Problem(line, "", Wrong.CELL_TOO_LONG if too_long else Wrong.QUOTES))
                continue
            if cells is None:
                return
            before_header = not seen_header and (
                _is_comment(cells[0] if cells else "") or _SHOWN_BY_EXCEL.fullmatch(separator.join(cells))
            )
            if before_header or not any(map(str.strip, cells)):
                continue
            seen_header = True
            yield line, cells

    return read(), problems


def _columns(
    header: tuple[int, list[str]], known: Sequence[str], required: Sequence[str]
) -> tuple[list[str], list[Problem]]:
    """Return the columns' names in their order, none where they do not suffice, and what is wrong with the header."""
    line, cells = header
    names, problems = list[str](), list[Problem]()
    while cells and not cells[-1].strip():  # a spreadsheet writes a separator for each column that it has ever had
        cells = cells[:-1]
    for place, cell in enumerate(cells):
        name = "_".join(cell.strip().casefold().replace("-", " ").replace("_", " ").split())
        if name not in known:
            meant = difflib.get_close_matches(name[:_LONGEST_NAME], known, n=1, cutoff=0.7)
            problems.append(Problem(line, place_of(place), Wrong.COLUMN_UNKNOWN, "".join(meant)))
        elif name in names:
            problems.append(Problem(line, name, Wrong.COLUMN_TWICE))
        names.append(name)
    problems += [Problem(line, name, Wrong.COLUMN_MISSING) for name in required if name not in names]
    return ([] if problems else names), problems


_LONGEST_NAME: Final = 40


def _records(
    rows: Iterator[tuple[int, list[str]]], columns: Sequence[str], problems: list[Problem]
) -> Iterator[Record]:
    for line, given in rows:
        cells = given
        while len(cells) > len(columns) and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) != len(columns):
            wrong = Wrong.TOO_FEW_CELLS if len(cells) < len(columns) else Wrong.TOO_MANY_CELLS
            problems.append(Problem(line, "", wrong, f"{len(cells)} {len(columns)}"))
            continue
        long = [
            Problem(line, name, Wrong.CELL_TOO_LONG)
            for name, cell in zip(columns, cells, strict=True)
            if len(cell) > LONGEST_CELL
        ]
        problems += long
        if not long:
            yield Record(line, dict(zip(columns, cells, strict=True)))


def place_of(column: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0: A, B, … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def guarded(text: str) -> str:
    """Return a cell that a spreadsheet takes for a text, whatever separator it splits lines at: with an apostrophe.

    `unguarded` takes exactly that away again. Source: https://owasp.org/www-community/attacks/CSV_Injection.
    """
    inner = _AFTER_SEPARATOR.sub(r"\1'", text)
    return f"'{inner}" if _AT_START.match(inner) else inner


def unguarded(cell: str) -> str:
    """Return the text of a cell that `guarded` made; another cell stays as it is."""
    if "'" not in cell:
        return cell
    inner = cell[1:] if cell.startswith("'") and _AT_START.match(cell, 1) else cell
    return _GUARDED_AFTER_SEPARATOR.sub(r"\1", inner)
