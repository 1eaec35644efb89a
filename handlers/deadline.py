"""Until when one request may wait for Slack, however many calls it makes.

Slack waits three seconds for an acknowledgement. A look at the directory and a reply each have a limit of their own;
three of them, each just within it, would be too late all the same.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar

import structlog

from access.model.errors import DirectoryUnavailable
from access.model.people import SlackPerson, SlackUser
from access.ports.machine import Directory

SECONDS: Final = 2.4
"""For all waits of one request together: the rest of Slack's three seconds is for the work between them."""

_T = TypeVar("_T")
_log = structlog.get_logger()


class Deadline:
    """The last moment of one request that has just arrived."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._at = self._clock() + SECONDS

    @property
    def seconds_left(self) -> float:
        """How long may be waited still."""
        return max(0.0, self._at - self._clock())


class HurriedDirectory:
    """The port `Directory` for one request: after its deadline, nobody is anybody any more."""

    def __init__(self, directory: Directory, deadline: Deadline) -> None:
        self._directory = directory
        self._deadline = deadline

    async def look_up(self, user_id: str) -> SlackPerson | None:
        """Return what Slack says of an account, or None if it knows no such user. Raises DirectoryUnavailable."""
        return await self._in_time("look_up", self._directory.look_up(user_id))

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        """Return what Slack says of an account at this moment. Raises DirectoryUnavailable."""
        return await self._in_time("look_anew", self._directory.look_anew(user_id))

    async def admins(self) -> Sequence[SlackUser]:
        """Return everybody who is an admin here. Raises DirectoryUnavailable."""
        return await self._in_time("admins", self._directory.admins())

    async def _in_time(self, question: str, answer: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._deadline.seconds_left):
                return await answer
        except TimeoutError:
            _log.warning("directory_late", operation=question)
            raise DirectoryUnavailable from None
