"""Which APIs may ask whether tokens are active."""

from collections.abc import Sequence

from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.ports import Ports


async def list_resource_servers(workspace: WorkspaceId, ports: Ports) -> Sequence[ResourceServer]:
    """Return the resource servers of a workspace that were not removed, by name. Raises CannotKeep."""
    async with ports.read(workspace) as reading:
        return await reading.resource_servers.all()
