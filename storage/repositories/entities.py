"""How the frozen dataclasses of the model become rows and come back: a column for each field, of the same name."""

from collections.abc import Sequence
from dataclasses import Field, fields
from functools import cache
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Select, Table, func, select

from storage.scope import Scope


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class _Entity(_Dataclass, Protocol):
    @property
    def id(self) -> str: ...


_E = TypeVar("_E", bound=_Entity)


class Entities(Generic[_E]):
    """The rows of one table, as objects of one dataclass that has an `id`."""

    def __init__(self, scope: Scope, table: Table, kind: type[_E]) -> None:
        self._scope = scope
        self._table = table
        self._kind = kind
        self._selection = _selection(table, kind)

    async def add(self, entity: _E, **further: Any) -> None:
        """Insert; `further` are values of columns that are no fields."""
        await self._scope.insert(self._table, **values_of(entity), **further)

    async def add_next(self, entity: _E, third_party: str) -> None:
        """Insert as the newest of a third party. Instants cannot tell: two may be the same."""
        position = self._table.c.position
        before = self._scope.select(self._table, func.coalesce(func.max(position), 0) + 1)
        await self.add(entity, position=before.where(self._table.c.third_party == third_party).scalar_subquery())

    async def save(self, entity: _E, **further: Any) -> None:
        """Update. Raises LookupError if there is no such row: a mistake of ours.

        The id stays out of it: for one that is set, even to what it is, SQLite looks for rows that refer to it, which
        is a scan of all tokens for a token.
        """
        values = {name: value for name, value in values_of(entity).items() if name != "id"}
        statement = self._scope.update(self._table).where(self._table.c.id == entity.id)
        if (await self._scope.execute(statement.values(**values, **further))).rowcount != 1:
            raise LookupError(f"nothing to save in {self._table.name}")

    async def first(self, *conditions: ColumnElement[bool], newest: bool = False) -> _E | None:
        """Return the one that meets the conditions, locked against others in a writing unit of work."""
        statement = self.select().where(*conditions)
        row = await self._scope.first(statement.order_by(self._table.c.position.desc()) if newest else statement)
        return self._kind(**row._mapping) if row else None

    async def all(self, statement: Select[Any] | CompoundSelect[Any]) -> list[_E]:
        """Return what a statement of `select`, or several of them, finds."""
        return [self._kind(**row._mapping) for row in await self._scope.execute(statement)]

    def select(self) -> Select[Any]:
        """Select the columns that an object is made of."""
        return self._scope.own(self._table, self._selection)


def values_of(given: _Dataclass) -> dict[str, Any]:
    """Return the values of the columns that are named like the fields."""
    return {name: getattr(given, name) for name in _names(type(given))}


@cache
def _names(kind: type[_Dataclass]) -> Sequence[str]:
    return [field.name for field in fields(kind)]


@cache
def _selection(table: Table, kind: type[_Dataclass]) -> Select[Any]:
    return select(*(table.c[name] for name in _names(kind)))
