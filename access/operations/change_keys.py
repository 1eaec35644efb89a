"""Have the audit trail tell of a change of the keys that it is chained with."""

from collections.abc import Awaitable, Callable

from access.model.audit import entry_at_command_line
from access.model.ids import WorkspaceId
from access.ports import Ports


async def change_keys(
    workspace: WorkspaceId, action: str, change: Callable[[], Awaitable[None]], ports: Ports, **keys: str
) -> None:
    """Change the keys, and record it under those that count afterwards: nobody else writes a record in between.

    `action`: KEYS_ROTATED or KEYS_RETIRED. `keys`: ids, which the record names.

    Raises: CannotKeep, and what `change` does. Then there is no record, though the keys may be changed.
    """
    async with ports.write(workspace) as uow:
        await change()
        uow.enter(entry_at_command_line(action, ports.clock.now(), **keys))
        await uow.commit()
