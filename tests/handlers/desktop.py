"""An office in which Carla has a token of Anna's third party."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from sqlite3 import connect
from typing import Self

from handlers.messages import MessageRenderer
from tests.crash.truths import complaints
from tests.handlers.office import Office
from tests.handlers.story import Story, lay_out


class Desktop(Office):
    """Where what people press is about that token."""

    story: Story

    @classmethod
    @asynccontextmanager
    async def set_up(cls, folder: Path) -> AsyncIterator[Self]:
        """Open it, and see in the end that the database holds nothing untrue."""
        about = await lay_out(folder)
        made = await Office.make(folder, seed=1)
        desktop = cls(made.world, made.app, made.replies, made.homes)
        desktop.story = Story(made.world, MessageRenderer(made.world.ports, workspace_name="Home & Co"))
        for name, value in about.items():
            setattr(desktop.story, name, value)
        yield desktop
        await desktop.world.close()
        with closing(connect(desktop.world.file)) as database:
            assert complaints(database) == []

    async def press(self, user: str, action: str, value: str | None = None, place: str = "direct") -> str:
        """Press a button about the token; return what the person reads at once."""
        before = len(self.replies.said)
        await self.presses(user, action, self.story.token if value is None else value, place)
        return plain("\n".join(each.text for each in self.replies.said[before:]))


def plain(text: str) -> str:
    return re.sub(r"<!date[^>]*>", "then", text)
