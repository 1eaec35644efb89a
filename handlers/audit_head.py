"""From the queued head of a day to what Slack shows."""

from access.model.rendered import Rendered
from access.ports import Reading
from handlers.views.audit_head import audit_head


async def head_message(reading: Reading) -> Rendered | None:
    """Write where the audit trail ends at this moment; None where that cannot be told."""
    head = await reading.audit_head()
    return None if head is None else audit_head(head)
