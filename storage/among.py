"""Whether a column has one of several values: on PostgreSQL by one parameter, however many there are.

With a parameter for each, a statement about seven rows is another one than that about eight, and each connection would
prepare and keep all of them.
"""

from typing import Any

from sqlalchemy import ARRAY, Boolean, Column, ColumnElement, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values, a list, that are given under a name to `Scope.run`."""
    return _Among(column, bindparam(name, type_=ARRAY(column.type)))


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> "_Among":
        """Stand as it is beside others: it is no function's value, which SQLite would have compared with 1."""
        return self


@compiles(_Among)
def _one_by_one(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return compiler.process(column.in_(bindparam(values.key, expanding=True)), **options)


@compiles(_Among, "postgresql")
def _all_at_once(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(values, **options)})"
