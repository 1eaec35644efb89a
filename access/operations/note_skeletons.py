"""Note what names look like, of third parties that an older version registered or renamed."""

from access.model.ids import WorkspaceId
from access.ports import Ports

_BATCH = 500


async def note_skeletons(workspace: WorkspaceId, ports: Ports) -> int:
    """Note it of every name of which it is not known; return of how many. Each batch is a transaction of its own."""
    noted = 0
    while True:
        async with ports.read(workspace) as reading:
            unknown = await reading.third_parties.without_skeleton(_BATCH)
        if not unknown:
            return noted
        async with ports.write(workspace) as uow:
            for third_party, name in unknown:
                await uow.third_parties.note_skeleton(third_party, name, ports.lookalikes.skeleton(name))
            await uow.commit()
        noted += len(unknown)
