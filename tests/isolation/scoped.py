"""Is a statement about one workspace only? Read from the SQL that the database is given, whoever made it.

Each table, wherever it is named, has to be compared by `workspace`: to the workspace that is meant, or to another table
of which that is true. SQLAlchemy writes SQL in few forms; one that is none of these is called unscoped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from storage.tables import metadata

_NO_ROWS: Final = re.compile(r"(PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b")
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)")
_UNION: Final = re.compile(r" UNION(?: ALL)? ")
_BLOCK: Final = re.compile(
    r"(?:SELECT .*? FROM (?P<tables>.*?)|UPDATE (?P<updated>\w+) SET .*?|DELETE FROM (?P<deleted>\w+))"
    r"(?: WHERE (?P<where>.*?))?(?: (?:GROUP BY|ORDER BY|LIMIT|HAVING) .*)?"
)
_WITH: Final = re.compile(r"(?:WITH(?: RECURSIVE)?|,) (\w+)(?:\([\w, ]*\))? AS \(")
_AFTER_WITH: Final = re.compile(r"WITH .* AS <\d+> (SELECT .*)")
_WITHOUT_TABLE: Final = re.compile(r"SELECT (?:(?! FROM ).)*")
_JOINED: Final = re.compile(r", | (?:LEFT OUTER )?JOIN ")
_TABLE: Final = re.compile(r"(?P<table>\w+|<\d+>)(?: AS (?P<alias>\w+))?")
_GIVEN: Final = re.compile(r"json_each<(?P<values>\d+)> AS \w+")
_COMPARED: Final = re.compile(r"(?P<one>\w+)\.workspace = (?:(?P<other>\w+)\.workspace|:(?P<given>\d+):)")
_INSERT: Final = re.compile(
    r"INSERT INTO (?P<table>\w+) <(?P<columns>\d+)> VALUES <(?P<values>\d+)>(?: ON CONFLICT DO NOTHING)?"
)


class Unscoped(AssertionError):
    """A statement that reaches beyond one workspace."""


def must_be_scoped(statement: str, parameters: Any, workspace: str, *, executemany: bool = False) -> None:
    """Raises Unscoped unless the statement, with each set of its parameters, is about this workspace alone."""
    places = places_of_workspace(" ".join(statement.split()))
    for given in parameters if executemany else [parameters]:
        for place in places:
            if given[place] != workspace:
                raise Unscoped(f"{given[place]!r} in the place of {workspace!r}: {statement}")


@cache
def places_of_workspace(statement: str) -> Sequence[int]:
    """Return which parameters have to be the workspace. Raises Unscoped, if a table is not held to it."""
    if _NO_ROWS.match(statement):
        return ()
    reading = _Reading(derived=set(_WITH.findall(statement)))
    numbered = re.sub(r"\?", lambda _: f":{next(reading.numbers)}:", statement.replace('"', ""))
    while _PARENTHESES.search(numbered):
        numbered = _PARENTHESES.sub(reading.put_aside, numbered)
    reading.look_at(numbered)
    if reading.complaints:
        raise Unscoped(f"{'; '.join(reading.complaints)}: {statement}")
    return reading.places


@dataclass
class _Reading:
    """What was found in a statement so far. `derived`: names of what the statement selects itself, before all else.

    `aside`: what stood in parentheses, by number.
    """

    derived: set[str]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(100_000)))
    aside: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def put_aside(self, found: re.Match[str]) -> str:
        inner = found[1].strip()
        self.aside.append(inner)
        if inner.startswith("SELECT"):
            self.look_at(inner)
        return f"<{len(self.aside) - 1}>"

    def look_at(self, statement: str) -> None:
        if statement.startswith("INSERT"):
            self._look_at_insert(statement)
            return
        after = _AFTER_WITH.fullmatch(statement)
        for part in _UNION.split(after[1] if after else statement):
            block = _BLOCK.fullmatch(part)
            if block is None and _WITHOUT_TABLE.fullmatch(part):
                continue
            if block is None:
                self.complaints.append(f"unreadable: {part}")
            else:
                self._look_at_block(block)

    def _look_at_block(self, block: re.Match[str]) -> None:
        named, conditions = set[str](), (block["where"] or "").split(" AND ")
        for each in _JOINED.split(block["tables"] or block["updated"] or block["deleted"]):
            source, _, on = each.partition(" ON ")
            conditions += on.split(" AND ")
            given = _GIVEN.fullmatch(source.strip())
            if given is not None and re.fullmatch(r":\d+:", self.aside[int(given["values"])]):
                continue  # the values of one parameter
            table = _TABLE.fullmatch(source.strip())
            if table is not None and table["table"] in metadata.tables:
                named.add(table["alias"] or table["table"])
            elif table is None or not (table["table"].startswith("<") or table["table"] in self.derived):
                self.complaints.append(f"no table of ours: {source}")
        held = self._held(named, [match for each in conditions if (match := _COMPARED.fullmatch(each.strip()))])
        self.complaints += [f"{each} of any workspace" for each in sorted(named - held)]

    def _held(self, named: set[str], compared: Sequence[re.Match[str]]) -> set[str]:
        """Return which tables are held to a workspace, by themselves or by others.

        One that stands outside of these parentheses is looked at there.
        """
        held = {match["one"] for match in compared if match["given"]}
        self.places += [int(match["given"]) for match in compared if match["given"]]
        pairs = [(match["one"], match["other"]) for match in compared if match["other"]]
        for _ in pairs:
            for one, other in [*pairs, *((other, one) for one, other in pairs)]:
                if other in held or other not in named:
                    held.add(one)
        return held

    def _look_at_insert(self, statement: str) -> None:
        insert = _INSERT.fullmatch(statement)
        if insert is None:
            self.complaints.append("unreadable")
            return
        columns, values = (self.aside[int(insert[part])].split(", ") for part in ("columns", "values"))
        value = re.fullmatch(r":(\d+):", values[columns.index("workspace")]) if "workspace" in columns else None
        if value is None:
            self.complaints.append(f"a row of {insert['table']} for no workspace")
        else:
            self.places.append(int(value[1]))
