"""What a database lost, or asks for, that the version before did not: such a migration would break bots that run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, inspect, text

_TRIGGERS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"


@dataclass(frozen=True, slots=True)
class Column:
    kind: str
    is_nullable: bool
    has_default: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a program meets it; `rules`: the names of what may refuse a row."""

    columns: Mapping[str, Column]
    rules: set[str] = field(default_factory=set)


def tables_of(connection: Connection) -> dict[str, Table]:
    """Look at all tables of a database of PostgreSQL."""
    inspector = inspect(connection)
    found = {}
    for name in inspector.get_table_names():
        columns = {
            each["name"]: Column(str(each["type"]), each["nullable"], each.get("default") is not None)
            for each in inspector.get_columns(name)
        }
        constraints = [
            *inspector.get_unique_constraints(name),
            *inspector.get_check_constraints(name),
            *inspector.get_foreign_keys(name),
            *(each for each in inspector.get_indexes(name) if each["unique"]),
        ]
        found[name] = Table(columns, {f"{each['name']}" for each in constraints})
    for name, trigger in connection.execute(text(_TRIGGERS)):
        found[name].rules.add(trigger)
    return found


def broken_by(before: Mapping[str, Table], after: Mapping[str, Table]) -> Iterator[str]:
    """Say what a program that knows the tables of before can do no more."""
    for name, table in before.items():
        if name not in after:
            yield f"{name} is gone"
            continue
        now = after[name]
        yield from (f"{rule} may refuse a row of {name}" for rule in sorted(now.rules - table.rules))
        for column, was in table.columns.items():
            if (kept := now.columns.get(column)) is None:
                yield f"{name}.{column} is gone"
            elif kept.kind != was.kind:
                yield f"{name}.{column} is of another type"
            elif kept.is_nullable < was.is_nullable or kept.has_default < was.has_default:
                yield f"{name}.{column} has to be given"
        for column in now.columns.keys() - table.columns.keys():
            if not now.columns[column].is_nullable and not now.columns[column].has_default:
                yield f"{name}.{column} has to be given"
