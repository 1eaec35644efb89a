"""The one place where statements are made and executed, each within one workspace."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    Delete,
    Dialect,
    Row,
    Select,
    Table,
    Update,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import Executable

from access.model.ids import WorkspaceId
from storage.errors import meaning_of
from storage.uninterrupted import uninterrupted

Commit = Callable[[], Coroutine[Any, Any, None]]
"""Commits a transaction, and returns once it is known to be done."""

_MANY: Final = 100


class Scope:
    """One transaction on one workspace's rows. Its statements name the workspace by themselves."""

    def __init__(self, connection: AsyncConnection, workspace: WorkspaceId, commit: Commit | None = None) -> None:
        """`commit`: of a transaction that writes."""
        self._connection = connection
        self.workspace = workspace
        self._commit = commit
        self._committed = False

    def select(self, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select columns, or all of them, of the workspace's rows."""
        return self.own(table, select(*columns) if columns else _all_of(table))

    def own(self, table: Table, selection: Select[Any]) -> Select[Any]:
        """Keep those of the rows of a table, out of a selection that is made once for all workspaces."""
        return selection.where(table.c.workspace == self.workspace)

    def update(self, table: Table) -> Update:
        """Update the workspace's rows."""
        return update(table).where(table.c.workspace == self.workspace)

    def delete(self, table: Table) -> Delete:
        """Delete the workspace's rows."""
        return delete(table).where(table.c.workspace == self.workspace)

    async def insert(self, table: Table, **values: Any) -> None:
        """Add a row."""
        await self.execute(insert(table).values(workspace=self.workspace, **values))

    async def insert_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, all of the same columns."""
        if len(rows) < _MANY:
            await self.execute_many(insert(table), [{"workspace": self.workspace, **row} for row in rows])
        else:
            await self._insert_many(table, rows)

    async def _insert_many(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same, past what SQLAlchemy does for each row, which takes longer than the database does."""
        self.must_be_open()
        dialect = self._connection.dialect
        statement = insert(table).compile(dialect=dialect, column_keys=["workspace", *rows[0]])
        own = {"workspace": [self.workspace] * len(rows)}
        values = [own.get(name) or _bound(table.c[name], rows, dialect) for name in statement.positiontup or ()]
        try:
            await uninterrupted(self._connection.exec_driver_sql(str(statement), list(zip(*values, strict=True))))
            return
        except IntegrityError as error:
            meaning = meaning_of(error)
        raise meaning

    async def insert_new(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows but those of which a unique key is there already: a statement that is each database's own."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table).on_conflict_do_nothing()
        await self.execute_many(statement, [{"workspace": self.workspace, **row} for row in rows])

    async def first(self, statement: Select[Any]) -> Row[Any] | None:
        """Return the first row, if any; in a writing transaction it is locked against others."""
        statement = statement.limit(1)
        if self._commit is not None:  # not so that it keeps others from referring to the row
            statement = statement.with_for_update(key_share=True)
        return (await self.execute(statement)).first()

    async def execute(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement, once for each of `rows` of its parameters, if there are any.

        Raises:
            AccessError: the refusal that a broken constraint stands for.
            ConstraintBroken: any other broken constraint.
        """
        self.must_be_open()
        try:
            return await uninterrupted(self._connection.execute(statement, rows))
        except IntegrityError as error:
            meaning = meaning_of(error)
        raise meaning  # outside of the except: the error it comes from carries the row's values

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute a statement once for each row of its parameters, none included. Raises what `execute` does."""
        if rows:
            await self.execute(statement, rows)

    def must_be_open(self) -> None:
        """Raises RuntimeError after the commit: what is done then would be lost without a word."""
        if self._committed:
            raise RuntimeError("this unit of work was committed already")

    async def commit(self) -> None:
        """Commit. Nothing can be executed afterwards. Raises RuntimeError in a reading."""
        if self._commit is None:
            raise RuntimeError("a reading has nothing to commit")
        self._committed = True
        await uninterrupted(self._commit())


@cache
def _all_of(table: Table) -> Select[Any]:
    return select(*table.columns)


def _bound(column: Column[Any], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> list[Any]:
    """Return the values of a column as the driver takes them."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    values = [row[column.name] for row in rows]
    return values if process is None else [process(value) for value in values]
