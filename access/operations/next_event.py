"""What happens next by itself."""

from datetime import datetime

from access.model.ids import WorkspaceId
from access.ports import Ports


async def next_event(workspace: WorkspaceId, after: datetime, ports: Ports) -> datetime | None:
    """Return when, later than `after`, something is due next: a message, a reminder, the end of an offer or a token.

    None when the bot waits for nothing but people.
    """
    async with ports.read(workspace) as reading:
        return await reading.next_due(after)
