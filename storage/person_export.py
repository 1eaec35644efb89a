"""Everything that is kept about somebody, for them to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from access.model.ids import WorkspaceId
from storage.engine import Database
from storage.repositories.personal import PersonalRows


async def kept_about(
    database: Database, workspace: WorkspaceId, user_id: str
) -> Sequence[Mapping[str, Sequence[Mapping[str, Any]]]]:
    """Return every row about whom a Slack user ID means, for each of them by table; nothing where nobody is known."""
    async with database.reading_scope(workspace) as scope:
        personal = PersonalRows(scope)
        return [await personal.everything(person) for person in await personal.known_as(user_id)]
