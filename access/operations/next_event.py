"""What happens next by itself."""

from datetime import datetime

from access.model.ids import WorkspaceId
from access.ports import Ports


async def next_event(workspace: WorkspaceId, ports: Ports) -> datetime | None:
    """Return when something is due next by itself: a message, a reminder, the end of an offer or of a token.

    That is in the past while it is about to be done, and None when the bot waits for nothing but people.
    """
    async with ports.read(workspace) as reading:
        return await reading.next_due(ports.clock.now())
