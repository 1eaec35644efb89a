"""The audit trail as an examiner reads it, from the rows alone."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the trail. `action` is `operation!refusal` for what did not happen."""

    number: int
    at: datetime
    actor: str | None
    action: str
    party: str | None
    details: dict[str, Any]

    @classmethod
    def read(cls, row: tuple[Any, ...]) -> "Record":
        number, at, actor, action, party, outcome, details = row
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
        said = action if outcome == "done" else f"{action}!{outcome}"
        return cls(number, instant, actor, said, party, json.loads(details))


def read_trail(database: sqlite3.Connection) -> list[Record]:
    rows = database.execute(
        "SELECT number, at, actor, action, third_party, outcome, details FROM audit ORDER BY number"
    )
    return [Record.read(row) for row in rows]
