"""Whether a column has one of several values: by one parameter, however many there are.

With a parameter for each, a statement about seven rows is another one than that about eight: SQLAlchemy writes it anew
each time, and each connection to PostgreSQL would prepare and keep all of them.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Boolean, Column, ColumnElement, Dialect, String, bindparam, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column of text has one of the values that are given under a name to `Scope.run`."""
    return _Among(column, bindparam(name, type_=_Several()))


class _Several(TypeDecorator[Collection[str]]):
    """Texts: an array on PostgreSQL, and on SQLite, which has none, JSON."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(String()) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        texts = list(value or ())
        return texts if dialect.name == "postgresql" else json.dumps(texts)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> "_Among":
        """Stand as it is beside others: it is no function's value, which SQLite would have compared with 1."""
        return self


@compiles(_Among)
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    texts = func.json_each(values).table_valued("value", name="texts")
    return compiler.process(column.in_(select(texts.c.value)), **options)


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"
