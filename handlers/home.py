"""From who somebody is at this moment to the Home tab that they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from access.model.errors import DirectoryUnavailable
from access.model.home import Look
from access.model.ids import WorkspaceId
from access.model.people import Caller, SlackUser
from access.operations.make_home import MakeHome, make_home
from access.ports import Ports
from handlers.views.answers import whom_to_ask
from handlers.views.home import home_tab, home_unavailable
from handlers.views.kit import View

UNAVAILABLE = home_unavailable()
"""What is shown to whoever opens the tab while nothing can be looked up."""


@dataclass(frozen=True, slots=True)
class HomeRenderer:
    """Writes Home tabs. `channel` is the admin channel's id, if there is one."""

    ports: Ports
    workspace: WorkspaceId
    channel: str | None

    async def render(self, user_id: str, look: Look) -> View | None:
        """Return the Home tab of somebody, with the role that the directory gives them now.

        None for whom Slack does not know, or who is of another organisation: they are shown nothing.

        Raises: DirectoryUnavailable, CannotKeep.
        """
        person = await self.ports.directory.look_up(user_id)
        if person is None or person.is_foreign or person.is_bot or person.is_deactivated:
            return None
        caller = Caller(self.workspace, person.slack, person.role)
        shown = await make_home(MakeHome(caller=caller, look=look), self.ports)
        admins = await self._admins() if shown.register is None else []
        return home_tab(shown, whom_to_ask(admins, self.channel))

    async def newest_record(self) -> int:
        """Return the number of the newest audit record, which grows with what happens. Raises CannotKeep."""
        async with self.ports.read(self.workspace) as reading:
            return await reading.last_record()

    async def _admins(self) -> Sequence[SlackUser]:
        try:
            return await self.ports.directory.admins()
        except DirectoryUnavailable:
            return []
