"""What the admins read after an import."""

from access.model.imported import Imported
from access.model.rendered import Rendered
from handlers.views.kit import message, section


def imported(what: Imported) -> Rendered:
    """Tell the admins of everything that was imported at once, and where it is to be found."""
    counts = (
        f"*Imported on the bot's machine:* {what.third_parties:,} new third parties, {what.tokens:,} tokens, "
        f"{what.contacts:,} contacts proposed."
    )
    parts = [section(counts)]
    if what.contacts:
        parts.append(
            section(
                "I introduce myself to each of these contacts first. Whoever I have reached awaits an admin's "
                "approval: `/thirdparty report` and my Home tab list them, and `/thirdparty show NAME` has the "
                "button. Nobody gets credentials before that."
            )
        )
    parts.append(section("`/thirdparty list` shows them all, `/thirdparty show NAME` what was imported of one."))
    return message(*parts)
