"""Let another API of the organisation's ask whether tokens are active."""

from dataclasses import dataclass

from access.model.audit import entry_at_command_line
from access.model.credentials import CLIENT_SECRET_PREFIX, ENTROPY_BYTES, digest, mint
from access.model.ids import ResourceServerId, WorkspaceId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.model.third_party import checked_name
from access.operations.at_machine import refusals_at_machine
from access.ports import Ports


@dataclass(frozen=True, slots=True)
class AddedResourceServer:
    """A new resource server and its secret, of which nothing but the SHA-256 is kept."""

    server: ResourceServer
    secret: Secret


async def add_resource_server(workspace: WorkspaceId, name: str, ports: Ports) -> AddedResourceServer:
    """Add a resource server, which may ask about the tokens of its workspace and of no other.

    Its id is a client identifier as RFC 6749 §2.2 means it, unique and public; its secret 256 random bits.

    Raises: NameInvalid, ResourceServerNameTaken; CannotKeep.
    """
    async with refusals_at_machine("add_resource_server", workspace, ports):
        now = ports.clock.now()
        secret = mint(CLIENT_SECRET_PREFIX, ports.random.entropy(ENTROPY_BYTES))
        server = ResourceServer(
            ResourceServerId(f"tpr_{ports.random.identifier()}"), checked_name(name), digest(secret), added_at=now
        )
        async with ports.write(workspace) as uow:
            await uow.resource_servers.add(server)
            uow.enter(entry_at_command_line("resource_server.added", now, resource_server=server.id))
            await uow.commit()
    return AddedResourceServer(server, secret)
