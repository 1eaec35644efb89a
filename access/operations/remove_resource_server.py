"""Let an API ask no more."""

from access.model.audit import entry_at_command_line
from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.operations.at_machine import refusals_at_machine
from access.operations.find_resource_server import resource_server_named
from access.ports import Ports


async def remove_resource_server(workspace: WorkspaceId, name: str, ports: Ports) -> ResourceServer:
    """Remove a resource server: its next check is refused. Its name may be used again, its id and secret never.

    Raises: ResourceServerNotFound; CannotKeep.
    """
    async with refusals_at_machine("remove_resource_server", workspace, ports):
        now = ports.clock.now()
        async with ports.write(workspace) as uow:
            removed = (await resource_server_named(name, uow)).remove(now)
            await uow.resource_servers.save(removed)
            uow.enter(entry_at_command_line("resource_server.removed", now, resource_server=removed.id))
            await uow.commit()
    return removed
