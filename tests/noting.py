"""Which statements are asked of a database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

Asked = list[tuple[str, Sequence[Any]]]


@contextmanager
def noting() -> Iterator[Asked]:
    """Note statements, each with the first of its parameters."""
    asked: Asked = []

    def note(_conn: object, _cursor: object, statement: str, given: Any, context: Any, many: bool) -> None:
        if context.compiled is not None:
            asked.append((statement, given[0] if many else given))

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)
