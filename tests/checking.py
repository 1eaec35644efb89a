"""Checks as a resource server makes them, without its HTTP, and what they show, written down at once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from access.model.check import CheckNotes, Noted, Use
from access.model.credentials import CLIENT_SECRET_PREFIX, digest, mint
from access.model.ids import ResourceServerId, TokenId, WorkspaceId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.model.token import Verdict
from access.operations.check_token import Asker, check_token
from access.operations.record_checks import record_checks
from access.ports import Ports

ASKER = ResourceServerId("tpr_api")
ASKERS_SECRET = mint(CLIENT_SECRET_PREFIX, bytes(32))


async def add_resource_server(workspace: WorkspaceId, ports: Ports, secret: Secret = ASKERS_SECRET) -> None:
    """Let the API of a workspace ask, if it may not yet. `secret`: one workspace's alone."""
    async with ports.read(workspace) as reading:
        if await reading.resource_servers.by_name("API") is not None:
            return
    async with ports.write(workspace) as uow:
        await uow.resource_servers.add(ResourceServer(ASKER, "API", digest(secret), ports.clock.now()))
        await uow.commit()


async def check(workspace: WorkspaceId, presented: Secret, ports: Ports) -> Verdict:
    """Return what a check answers. It counts as no use: a test that asks is none."""
    return await call(workspace, presented, replace(ports, notes=CheckNotes()))


async def call(workspace: WorkspaceId, presented: Secret, ports: Ports) -> Verdict:
    """Return what a check answers that a program's call of the API has caused. It is noted, and not written down."""
    await add_resource_server(workspace, ports)
    return (await check_token(Asker(ASKERS_SECRET), presented, ports)).verdict


async def note_accepted(workspace: WorkspaceId, tokens: Iterable[TokenId], at: datetime, ports: Ports) -> None:
    """Write down that these tokens were accepted then."""
    await add_resource_server(workspace, ports)
    noted = Noted(accepted={token: Use(at, ASKER) for token in tokens}, asked={ASKER: at})
    await record_checks(workspace, noted, ports)


async def write_down(ports: Ports) -> None:
    """Write down what checks have shown by now, as the bot does every few seconds."""
    for workspace, noted in ports.notes.take().items():
        await record_checks(workspace, noted, ports)
