"""What every listener needs, made once by `bot.app`."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from access.model.home import Look
from access.model.ids import WorkspaceId
from access.ports import Ports, Reading
from handlers.deadline import Deadline, HurriedDirectory
from handlers.repeats import Repeats
from handlers.replies import Replies
from handlers.views.handoff import ApiGuide


class HomeTabs(Protocol):
    """People's Home tabs. Each is shown anew in the background, soon: whoever asks for it waits for nothing."""

    def opened(self, user_id: str) -> None:
        """Show somebody their tab: they have opened it."""

    def moved(self, user_id: str, look: Look) -> None:
        """Show somebody their tab at that place in the list: they have pressed something in it."""


class _NoHomeTabs:
    def opened(self, user_id: str) -> None:
        """Show nothing."""

    def moved(self, user_id: str, look: Look) -> None:
        """Show nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests from one workspace are received. `channel` is the admin channel's id, if there is one.

    `count` is told of each request which kind and name it had, and what came of it.
    """

    ports: Ports
    api: ApiGuide
    workspace: WorkspaceId
    channel: str | None
    replies: Replies
    repeats: Repeats = field(default_factory=Repeats)
    count: Callable[[str, str, str], None] = lambda kind, name, outcome: None
    homes: HomeTabs = field(default_factory=_NoHomeTabs)

    def for_one_request(self) -> "Desk":
        """Return the desk at which a request that arrives now is received: all its waits for Slack end in time."""
        deadline = Deadline()
        ports = replace(self.ports, directory=HurriedDirectory(self.ports.directory, deadline))
        return replace(self, ports=ports, replies=self.replies.until(deadline))

    @asynccontextmanager
    async def at_one_moment(self) -> AsyncIterator["Desk"]:
        """Let everything that is read within the block be read in one transaction. Nobody may wait for Slack in it."""
        ports = self.ports
        async with ports.read(self.workspace) as reading:

            def read(workspace: WorkspaceId) -> AbstractAsyncContextManager[Reading]:
                return nullcontext(reading) if workspace == self.workspace else ports.read(workspace)

            yield replace(self, ports=replace(ports, read=read))
