"""From the queued message about an import to what Slack shows."""

from access.model.imported import Imported
from access.model.messages import PlannedMessage
from access.model.rendered import Rendered
from access.ports import Ports, Reading
from handlers.views.imported import imported


async def imported_message(message: PlannedMessage, reading: Reading, ports: Ports) -> Rendered | None:
    """Write it from what the message itself says: that does not change."""
    return imported(Imported.of(message))
