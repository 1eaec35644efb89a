"""How much waits, and what comes next."""

from access.model.figures import Figures
from access.model.ids import WorkspaceId
from access.ports import Ports


async def take_figures(workspace: WorkspaceId, ports: Ports) -> Figures:
    """Return the figures of a workspace, at a cost that does not grow with it. Raises CannotKeep."""
    async with ports.read(workspace) as reading:
        return await reading.figures(ports.clock.now())
