"""From a queued message that brings reminders to what Slack shows."""

from access.model.messages import PlannedMessage
from access.model.reminder import is_still_in_use, is_worth_reminding
from access.model.rendered import Rendered
from access.ports import Ports, Reading
from handlers.views.reminders import ReminderShown, reminders


async def reminders_message(message: PlannedMessage, reading: Reading, ports: Ports, *, shown: bool) -> Rendered | None:
    """Write a reader's reminders from the state at this moment.

    `shown`: the message is in Slack already, so it says of each what has become of it; otherwise only what still
    matters is sent, and None is returned where nothing does.
    """
    now = ports.clock.now()
    brought = await reading.reminders.in_message(message)
    situations = {
        each.token.id: each
        for each in await reading.reminders.situations({each.reminder.token for each in brought}, now)
    }
    lines = []
    for each in brought:
        situation = situations[each.reminder.token]
        matters = is_worth_reminding(situation, now) or is_still_in_use(situation.token, ports.policy, now)
        if matters or shown:
            lines.append(ReminderShown(each.reminder, situation.party, situation.token, matters, now))
    return reminders(lines) if lines else None
