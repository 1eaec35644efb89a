"""What is done at the command line: nobody in Slack asks for it, and its refusals are recorded all the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from access.model.audit import entry_at_command_line
from access.model.errors import AccessError
from access.model.ids import WorkspaceId
from access.ports import Ports


@asynccontextmanager
async def refusals_at_machine(name: str, workspace: WorkspaceId, ports: Ports) -> AsyncIterator[None]:
    """Give a refusal within the block an audit record under `name`, in a transaction of its own."""
    try:
        yield
    except AccessError as refusal:
        async with ports.write(workspace) as uow:
            uow.enter(entry_at_command_line(name, ports.clock.now(), outcome=refusal.code, **refusal.fields))
            await uow.commit()
        raise
