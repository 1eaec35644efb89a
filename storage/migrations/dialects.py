"""What SQLite and PostgreSQL do differently to a schema, so that one row of migrations serves both."""

from typing import Literal

from alembic import op
from sqlalchemy import Connection

_UNSORTED = (
    "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version' "
    "AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype "
    "AND a.attcollation <> '\"C\"'::regcollation ORDER BY c.relname, a.attnum"
)


def is_sqlite() -> bool:
    """Tell whether the migration runs on SQLite."""
    return op.get_bind().dialect.name == "sqlite"


def recreate() -> Literal["always", "never"]:
    """How `batch_alter_table` changes a table: SQLite changes no constraints, so there it is made anew, with its rows.

    Foreign keys are off meanwhile: nothing that points to a row goes with the old table.
    """
    return "always" if is_sqlite() else "never"


def refuse(act: str, table: str, *, unless: str = "", why: str) -> None:
    """Have an act on a table, `update` or `delete`, refused by a trigger.

    `unless`: a condition on the row `OLD` under which it is let through.
    """
    connection = op.get_bind()
    for statement in refusing(connection.dialect.name, act, table, unless=unless, why=why):
        connection.exec_driver_sql(statement)


def refusing(dialect: str, act: str, table: str, *, unless: str, why: str) -> list[str]:
    """Return the statements that make the trigger; one that is there is replaced."""
    name = f"{table}_refuses_{act}"
    if dialect == "sqlite":
        when = f"WHEN NOT ({unless}) " if unless else ""
        return [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} {when}BEGIN SELECT RAISE(ABORT, '{why}'); END",
        ]
    passes = f"IF {unless} THEN RETURN OLD; END IF; " if unless else ""
    return [
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {passes}RAISE EXCEPTION '{why}' USING ERRCODE = 'restrict_violation'; END $$"
        ),
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {act.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def sort_by_code_point(connection: Connection) -> None:
    """Have PostgreSQL compare every text as SQLite does, by code point, whatever the locale of the database is.

    What goes by name, a page of a list for one, begins and ends with a comparison; and only with this collation does
    an index serve for what begins with something (https://www.postgresql.org/docs/current/collation.html).
    """
    for table, column in connection.exec_driver_sql(_UNSORTED).all():
        connection.exec_driver_sql(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE text COLLATE "C"')
