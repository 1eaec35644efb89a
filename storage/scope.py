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
    Insert,
    Integer,
    Row,
    Select,
    Table,
    Update,
    bindparam,
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
from storage.types import Instant
from storage.uninterrupted import uninterrupted

Commit = Callable[[], Coroutine[Any, Any, None]]
"""Commits a transaction, and returns once it is known to be done."""

_MANY: Final = 100
_WORKSPACE: Final = "of_workspace"
"""The parameter of statements that are made once. Not as the column is called, or an UPDATE would set it."""


LIMIT: Final = bindparam("limit", type_=Integer)
NOW: Final = bindparam("now", type_=Instant)
"""Parameters of many statements: how many rows are wanted, and the present."""


class Scope:
    """One transaction on one workspace's rows. Its statements name the workspace by themselves."""

    def __init__(self, connection: AsyncConnection, workspace: WorkspaceId, commit: Commit | None = None) -> None:
        """`commit`: of a transaction that writes."""
        self._connection = connection
        self.workspace = workspace
        self._commit = commit
        self._committed = False

    async def run(self, statement: Executable, **given: Any) -> CursorResult[Any]:
        """Execute a statement that was made once for all workspaces, see `selecting`. Raises what `execute` does."""
        return await self.execute(statement, {_WORKSPACE: self.workspace, **given})

    async def run_first(self, statement: Select[Any], **given: Any) -> Row[Any] | None:
        """Return what `first` does, of a statement that was made once."""
        return (await self.run(_first_of(statement, self._commit is not None), **given)).first()

    @property
    def only_reads(self) -> bool:
        """Whether everything in the transaction is as it was at its first statement."""
        return self._commit is None

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
        await self.execute(_inserting(table), {"workspace": self.workspace, **values})

    async def insert_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, all of the same columns."""
        if len(rows) < _MANY:
            await self.execute_many(_inserting(table), [{"workspace": self.workspace, **row} for row in rows])
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
        statement = _inserting_new(table, self._connection.dialect.name)
        await self.execute_many(statement, [{"workspace": self.workspace, **row} for row in rows])

    async def first(self, statement: Select[Any]) -> Row[Any] | None:
        """Return the first row, if any; in a writing transaction it is locked against others."""
        return (await self.execute(_only_first(statement, self._commit is not None))).first()

    async def execute(
        self, statement: Executable, given: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement with its parameters; with a sequence of these, once for each of them.

        Raises:
            AccessError: the refusal that a broken constraint stands for.
            ConstraintBroken: any other broken constraint.
        """
        self.must_be_open()
        try:
            return await uninterrupted(self._connection.execute(statement, given))
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


def selecting(table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Make a statement once, with `bindparam` for each value, of the rows of whichever workspace `Scope.run` is in.

    SQLAlchemy takes longer to make a statement than to execute it.
    """
    selection = select(*columns) if columns else _all_of(table)
    return selection.where(_is_own(table))


def updating(table: Table) -> Update:
    """The same, of an update. Values of columns that are given to `Scope.run` are set."""
    return update(table).where(_is_own(table))


def _is_own(table: Table) -> ColumnElement[bool]:
    return table.c.workspace == bindparam(_WORKSPACE)


@cache
def _inserting(table: Table) -> Insert:
    return insert(table)


@cache
def _inserting_new(table: Table, dialect: str) -> Insert:
    made: Insert = (postgresql if dialect == "postgresql" else sqlite).insert(table).on_conflict_do_nothing()
    return made


@cache
def _first_of(statement: Select[Any], locked: bool) -> Select[Any]:
    return _only_first(statement, locked)


def _only_first(statement: Select[Any], locked: bool) -> Select[Any]:
    first = statement.limit(1)
    return first.with_for_update(key_share=True) if locked else first  # it may still be referred to by others


@cache
def _all_of(table: Table) -> Select[Any]:
    return select(*table.columns)


def _bound(column: Column[Any], rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> list[Any]:
    """Return the values of a column as the driver takes them."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    values = [row[column.name] for row in rows]
    return values if process is None else [process(value) for value in values]
