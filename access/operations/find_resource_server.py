"""Which resource server is meant."""

from access.model.errors import ResourceServerNotFound
from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.ports import Ports, Reading


async def find_resource_server(workspace: WorkspaceId, name: str, ports: Ports) -> ResourceServer:
    """Return the resource server of that name. Raises ResourceServerNotFound; CannotKeep."""
    async with ports.read(workspace) as reading:
        return await resource_server_named(name, reading)


async def resource_server_named(name: str, reading: Reading) -> ResourceServer:
    """Return it, within the caller's transaction. Raises ResourceServerNotFound."""
    server = await reading.resource_servers.by_name(name)
    if server is None:
        raise ResourceServerNotFound
    return server
