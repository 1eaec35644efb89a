"""Telling that the bot cannot work with its database, and that it can again.

In the log, and in the admin channel, which is written to directly: the outbox is in the database. A start that fails is
told there too, but once, however often something starts the program again and again; where it cannot be noted that it
was told, it is not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from access.ports import CannotKeep
from bot.slack_faults import CALL_ERRORS, fault_of

LOOK_EVERY: Final = timedelta(seconds=15)
QUIET: Final = timedelta(minutes=15)
"""So soon after it was told, the same fault is in the log alone: a disk that is nearly full comes and goes."""

_AT_START_SECONDS: Final = 5

MENDED: Final = "My database works again. Everything that waited is on its way."
_log = structlog.get_logger()


class Trouble:
    """One outage at a time, told once.

    `channel` is the admin channel's id, or None. `probe` tries the database; it raises CannotKeep. After an outage was
    told in the channel, another one for the same reason within `quiet` is not.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        channel: str | None,
        probe: Callable[[], Awaitable[None]],
        *,
        quiet: timedelta = QUIET,
    ) -> None:
        self._client = client
        self._channel = channel
        self._probe = probe
        self._quiet = quiet.total_seconds()
        self._quiet_until: dict[str, float] = {}
        self._outage: CannotKeep | None = None
        self._to_say: str | None = None
        self._told = False

    def met(self, error: CannotKeep) -> None:
        """Take note that something failed, in the running event loop; the next look tells the channel."""
        if self._outage is None:
            self._outage = error
            self._told = False
            _log.error("database_unusable", problem=str(error))
            now = asyncio.get_running_loop().time()
            if now >= self._quiet_until.get(str(error), now):
                self._quiet_until[str(error)] = now + self._quiet
                self._to_say = _unusable(error)

    async def look(self) -> None:
        """Say what is to be said; in an outage, see whether it is over."""
        await self._say()
        if self._outage is None:
            return
        try:
            await self._probe()
        except CannotKeep:
            return
        self._outage = None
        _log.info("database_usable")
        self._to_say = MENDED if self._told else None
        await self._say()

    async def _say(self) -> None:
        """Post what is to be said. What Slack does not take waits for the next look, or until it is no longer true."""
        text = self._to_say
        if text is None or self._channel is None:
            return
        try:
            await self._client.chat_postMessage(channel=self._channel, text=text, parse="none")
        except CALL_ERRORS as error:
            _log.warning("admin_channel_unusable", code=fault_of(error).code)
            return
        self._told = True
        if self._to_say == text:
            self._to_say = None


async def tell_not_started(client: AsyncWebClient, channel: str | None, why: str) -> None:
    """Say in the admin channel that the bot cannot start, within seconds or not at all. Raises nothing."""
    if channel is None:
        return
    text = f"I can't start: {why}. Until that is mended `/thirdparty` does not answer. Nothing was changed."
    try:
        async with asyncio.timeout(_AT_START_SECONDS):
            await client.chat_postMessage(channel=channel, text=text, parse="none")
    except CALL_ERRORS as error:
        _log.warning("admin_channel_unusable", code=fault_of(error).code)


def _unusable(error: CannotKeep) -> str:
    return (
        f"I can't use my database: {error}. Until that is mended I answer, but I do nothing. "
        "What was done before stays done, and what waits is not lost."
    )
