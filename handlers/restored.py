"""From the queued message about a restored database to what Slack shows."""

from access.model.messages import PlannedMessage
from access.model.rendered import Rendered
from access.operations.confirm_restored import PAGE, restored_line
from access.operations.take_up_backup import told_by
from access.ports import Ports, Reading
from handlers.views.restored import RestoredShown, for_admins, for_owner


async def restored_message(message: PlannedMessage, reading: Reading, ports: Ports) -> Rendered | None:
    """Write it from the state at this moment, or return None when it has become moot.

    To the admins it is about everything; to an owner, about what they own that was enabled or offered.
    """
    now = ports.clock.now()
    restored_at, end = told_by(message)
    parties = await reading.third_parties.restored(restored_at)
    if message.is_for_admins:
        concerned = [party for party in parties if party.was_enabled_at_backup]
        waiting = [party for party in concerned if party.awaits_confirmation]
        lines = [await restored_line(party, reading, now) for party in waiting[:PAGE]]
        offers = [await restored_line(party, reading, now) for party in parties if not party.awaits_confirmation]
    else:
        concerned = [party for party in parties if party.owner == message.reader]
        waiting = [party for party in concerned if party.awaits_confirmation]
        lines = [await restored_line(party, reading, now) for party in concerned]
        offers = []
    shown = RestoredShown(
        backup_at=end.at,
        backup_number=end.number,
        count=len(concerned),
        waiting=len(waiting),
        lines=lines,
        following=waiting[PAGE].id if len(waiting) > PAGE else None,
        offers=[line for line in offers if line.withdrawn is not None],
        servers=[server.name for server in await reading.resource_servers.all()],
        now=now,
    )
    return for_admins(shown) if message.is_for_admins else for_owner(shown)
