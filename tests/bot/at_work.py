"""A folder in which a bot was at work, for commands that go on there."""

import asyncio
from pathlib import Path

from access.model.ids import WorkspaceId
from access.operations.add_resource_server import AddedResourceServer, add_resource_server
from bot.cli.workplace import at_work
from bot.settings import CommonSettings, read_settings

TEAM = WorkspaceId("T0HERE")


def settings_in(folder: Path, keyring: str = "thirdparty-keyring.json") -> CommonSettings:
    return read_settings(
        CommonSettings,
        {
            "THIRDPARTY_DATABASE_URL": f"sqlite:///{folder / 'thirdparty.db'}",
            "THIRDPARTY_KEYRING_FILE": str(folder / keyring),
        },
    )


def add(folder: Path, name: str, workspace: WorkspaceId = TEAM) -> AddedResourceServer:
    """Add a resource server of a workspace of which the database may know nothing yet."""

    async def added() -> AddedResourceServer:
        async with at_work(settings_in(folder)) as workplace:
            return await add_resource_server(workspace, name, workplace.ports)

    return asyncio.run(added())
