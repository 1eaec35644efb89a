"""Slack says that an account has changed."""

from access.model.ids import WorkspaceId
from access.ports import Ports


async def note_person_changed(workspace: WorkspaceId, user_id: str, ports: Ports) -> None:
    """Have somebody looked at at once, if they are looked at daily; what has changed is not taken from anybody's word.

    Slack tells of every change of every profile, so that nothing is written for all the others.
    """
    async with ports.read(workspace) as reading:
        concerned = await reading.people.looked_after(user_id)
    if concerned:
        async with ports.write(workspace) as uow:
            await uow.people.look_at_once(concerned, ports.clock.now())
            await uow.commit()
