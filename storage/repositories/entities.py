"""How the frozen dataclasses of the model become rows and come back: a column for each field, of the same name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, fields
from enum import Enum, auto
from functools import cache
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    func,
    insert,
    select,
)

from storage.among import among
from storage.scope import Scope, selecting, updating


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class _Entity(_Dataclass, Protocol):
    @property
    def id(self) -> str: ...


_E = TypeVar("_E", bound=_Entity)


_Value = str | bytes | Collection[str] | None


class Entities(Generic[_E]):
    """The rows of one table, as objects of one dataclass that has an `id`."""

    def __init__(self, scope: Scope, table: Table, kind: type[_E]) -> None:
        self._scope = scope
        self._table = table
        self._kind = kind
        self._names = _names(kind)

    async def add(self, entity: _E, **further: Any) -> None:
        """Insert; `further` are values of columns that are no fields."""
        await self._scope.insert(self._table, **values_of(entity), **further)

    async def add_next(self, entity: _E, third_party: str) -> None:
        """Insert as the newest of a third party. Instants cannot tell: two may be the same."""
        values = {"workspace": self._scope.workspace, **values_of(entity)}
        await self._scope.run(_inserting_next(self._table), of_party=third_party, **values)

    async def save(self, entity: _E, statement: Update | None = None, **further: Any) -> None:
        """Update, if with a statement of one's own, then with one of `saving`; `further` are values beside the fields'.

        The id stays out of it: for one that is set, even to what it is, SQLite looks for rows that refer to it, which
        is a scan of all tokens for a token.

        Raises: LookupError, if there is no such row: a mistake of ours.
        """
        values = {name: value for name, value in values_of(entity).items() if name != "id"}
        saved = saving(self._table) if statement is None else statement
        if (await self._scope.run(saved, of_id=entity.id, **values, **further)).rowcount != 1:
            raise LookupError(f"nothing to save in {self._table.name}")

    async def one(self, *, newest: bool = False, **values: _Value) -> _E | None:
        """Return the one with these values in its columns, locked against others in a writing unit of work."""
        return await self.first(_with(self._table, self._kind, _forms(values), newest), **_given(values))

    async def each(self, *, newest_first: bool = False, **values: _Value) -> list[_E]:
        """Return those with these values in their columns: any of several, and none where that is None."""
        if self.finds_nothing(values):
            return []
        return await self.run(_with(self._table, self._kind, _forms(values), newest_first), **_given(values))

    @staticmethod
    def finds_nothing(values: Mapping[str, _Value]) -> bool:
        """Tell whether one of several values is asked for, and there are none, so that nothing need be asked."""
        return any(_form(value) is _Form.SEVERAL and not value for value in values.values())

    async def run(self, statement: Select[Any] | CompoundSelect[Any], **given: Any) -> list[_E]:
        """Return what a statement finds that was made once, of `selecting_all`."""
        return [self._made(row) for row in await self._scope.run(statement, **given)]

    async def first(self, statement: Select[Any], **given: Any) -> _E | None:
        """Return the first that such a statement finds, locked against others in a writing unit of work."""
        row = await self._scope.run_first(statement, **given)
        return self._made(row) if row else None

    async def all(self, statement: Select[Any] | CompoundSelect[Any]) -> list[_E]:
        """Return what a statement of `select`, or several of them, finds."""
        return [self._made(row) for row in await self._scope.execute(statement)]

    def select(self) -> Select[Any]:
        """Select the columns that an object is made of."""
        return self._scope.own(self._table, _selection(self._table, self._kind))

    def _made(self, row: Row[Any]) -> _E:
        return self._kind(**dict(zip(self._names, row, strict=True)))


def selecting_all(table: Table, kind: type[_Entity]) -> Select[Any]:
    """Make a statement once that selects the columns that an object of that kind is made of."""
    return selecting(table, *(table.c[name] for name in _names(kind)))


def values_of(given: _Dataclass) -> dict[str, Any]:
    """Return the values of the columns that are named like the fields."""
    return {name: getattr(given, name) for name in _names(type(given))}


class _Form(Enum):
    """What a column is compared with."""

    VALUE = auto()
    SEVERAL = auto()
    NOTHING = auto()


def _forms(values: Mapping[str, _Value]) -> Sequence[tuple[str, _Form]]:
    return tuple((name, _form(value)) for name, value in values.items())


def _form(value: _Value) -> _Form:
    if value is None:
        return _Form.NOTHING
    return _Form.VALUE if isinstance(value, str | bytes) else _Form.SEVERAL


def _given(values: Mapping[str, _Value]) -> Mapping[str, str | bytes | list[str]]:
    return {
        name: value if isinstance(value, str | bytes) else list(value)
        for name, value in values.items()
        if value is not None
    }


@cache
def _with(table: Table, kind: type[_Entity], forms: Sequence[tuple[str, _Form]], newest_first: bool) -> Select[Any]:
    statement = selecting_all(table, kind).where(*(_compared(table, name, form) for name, form in forms))
    return statement.order_by(table.c.position.desc()) if newest_first else statement


def _compared(table: Table, name: str, form: _Form) -> ColumnElement[bool]:
    column = table.c[name]
    if form is _Form.NOTHING:
        return column.is_(None)
    return column == bindparam(name) if form is _Form.VALUE else among(column, name)


@cache
def _inserting_next(table: Table) -> Insert:
    before = selecting(table, func.coalesce(func.max(table.c.position), 0) + 1)
    following = before.where(table.c.third_party == bindparam("of_party"))
    return insert(table).values(position=following.scalar_subquery())


@cache
def saving(table: Table) -> Update:
    """Make the statement once that updates a row by its id."""
    return updating(table).where(table.c.id == bindparam("of_id"))


@cache
def _names(kind: type[_Dataclass]) -> Sequence[str]:
    return [field.name for field in fields(kind)]


@cache
def _selection(table: Table, kind: type[_Dataclass]) -> Select[Any]:
    return select(*(table.c[name] for name in _names(kind)))
