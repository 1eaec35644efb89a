"""From the queued message about a restored database to what Slack shows."""

from access.model.messages import PlannedMessage
from access.model.rendered import Rendered
from access.model.restored import told_by
from access.operations.confirm_restored import PAGE, restored_line
from access.ports import Ports, Reading
from handlers.views.restored import RestoredShown, restored_for_admins, restored_for_owner


async def restored_message(message: PlannedMessage, reading: Reading, ports: Ports) -> Rendered | None:
    """Write it from the state at this moment: to the admins about everything, to an owner about what is theirs.

    Return None where nothing of it is an owner's any more.
    """
    now = ports.clock.now()
    restored_at, end = told_by(message)
    parties = await reading.third_parties.restored(restored_at)
    if not message.is_for_admins:
        theirs = [party for party in parties if party.owner == message.reader]
        all_lines = [await restored_line(party, reading, now) for party in theirs]
        lines = [line for line in all_lines if line.party.was_enabled_at_backup or line.withdrawn]
        return restored_for_owner(end, lines) if lines else None
    waiting = [party for party in parties if party.awaits_confirmation]
    return restored_for_admins(
        RestoredShown(
            end=end,
            count=sum(party.was_enabled_at_backup for party in parties),
            waiting=len(waiting),
            lines=[await restored_line(party, reading, now) for party in waiting[:PAGE]],
            following=waiting[PAGE].id if len(waiting) > PAGE else None,
            servers=[server.name for server in await reading.resource_servers.all()],
            now=now,
        )
    )
