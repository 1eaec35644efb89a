"""Where the audit trail ends, as it is posted every day."""

from access.model.audit_head import Head
from access.model.rendered import Rendered
from handlers.mrkdwn import code
from handlers.views.kit import context, message, section


def audit_head(head: Head) -> Rendered:
    """Tell where the audit trail ends. It mentions nobody: there is nothing to do."""
    what_for = (
        "Whoever runs me can give that line to `thirdparty-bot audit verify --head`: "
        "if records were cut off or an older database was put back, it shows."
    )
    return message(
        section(f"*The audit trail ends with record {head.number:,}* for now.\n{code(str(head))}"), context(what_for)
    )
