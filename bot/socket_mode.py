"""The Socket Mode connection: watched, so that it cannot hang, and closed without losing what was taken on."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.model.secret import Secret
from bot.errors import CommandError
from bot.patience import answered
from bot.slack_client import slack_logger
from bot.slack_faults import CALL_ERRORS, fault_of

RETRY_EVERY: Final = timedelta(seconds=5)
CONNECT_WITHIN: Final = timedelta(seconds=30)
GRACE: Final = timedelta(seconds=60)
"""Slack asks for a new connection every few hours; so long without one is no reason to take the bot for broken."""

FINISH_WITHIN: Final = timedelta(seconds=5)
"""Slack waits three seconds for an acknowledgement."""

_log = structlog.get_logger()


class NoConnection(CommandError):
    """Slack did not open a Socket Mode connection."""


class SocketConnection:
    """One connection of the running bot.

    `understands`: whether a payload has the shape that Bolt counts on; what has not is left alone, as Bolt would fail.
    `retry_every`: how often it is looked at, and tried again where it is lost. `connect_within`: how long the first
    one may take. `grace`: how long it may be lost before that is worth telling.
    """

    def __init__(
        self,
        app: AsyncApp,
        app_token: Secret,
        *,
        understands: Callable[[object], bool] = bool,
        retry_every: timedelta = RETRY_EVERY,
        connect_within: timedelta = CONNECT_WITHIN,
        grace: timedelta = GRACE,
    ) -> None:
        self._understands = understands
        self._retry_seconds = retry_every.total_seconds()
        self._grace_seconds = grace.total_seconds()
        self._connect_seconds = connect_within.total_seconds()
        self._bolt = AsyncSocketModeHandler(
            app, app_token.reveal(), slack_logger(), app.client, ping_interval=self._retry_seconds
        )
        self._client = self._bolt.client
        self._client.socket_mode_request_listeners = [self._handle]
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._last_up: float | None = None
        self._watch = asyncio.create_task(self._keep_fresh())

    async def open(self) -> None:
        """Connect, and keep connected until `close()`, which has to be called even if this fails.

        While Slack does not answer it is asked again. slack_sdk repeats a refused handshake for ever, so a wrong
        app-level token is found out first.

        Raises: NoConnection.
        """
        try:
            answer = await answered(self._ask_for_address)
            self._client.wss_uri = str(answer["url"])
            async with asyncio.timeout(self._connect_seconds):
                await self._client.connect()
            await self._is_connected()
        except CALL_ERRORS as error:
            raise NoConnection(
                f"Slack did not open a Socket Mode connection ({fault_of(error).code}). Check that SLACK_APP_TOKEN is "
                "an app-level token (xapp-…) with the scope connections:write, and that Slack can be reached, by "
                "WebSocket too."
            ) from None

    async def _ask_for_address(self) -> AsyncSlackResponse:
        return await self._client.web_client.apps_connections_open(app_token=self._client.app_token)

    async def is_up(self) -> bool:
        """Tell whether Slack can reach the bot, or could until a short while ago."""
        if await self._is_connected():
            return True
        now = asyncio.get_running_loop().time()
        return self._last_up is not None and now - self._last_up <= self._grace_seconds

    async def close(self) -> None:
        """Take nothing more on, finish and acknowledge what was taken on, then disconnect."""
        self._closing = True
        self._watch.cancel()
        if self._in_flight:
            _, unfinished = await asyncio.wait(self._in_flight, timeout=FINISH_WITHIN.total_seconds())
            if unfinished:
                _log.warning("stopped_with_unfinished", count=len(unfinished))
            for task in unfinished:
                task.cancel()
        await self._client.close()

    async def _handle(self, client: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        """Take an envelope on; none while closing, so that Slack delivers it again elsewhere."""
        if self._closing:
            return
        if not self._understands(envelope.payload):
            _log.warning("payload_not_understood", kind=envelope.type)
            return
        task: asyncio.Task[Any] = asyncio.create_task(self._bolt.handle(self._client, envelope))
        self._in_flight.add(task)
        try:
            await task
        finally:
            self._in_flight.discard(task)

    async def _keep_fresh(self) -> None:
        """While disconnected, forget the address: after a failed handshake slack_sdk would try a stale one for ever."""
        while True:
            await asyncio.sleep(self._retry_seconds)
            if not await self._is_connected():
                self._client.wss_uri = None

    async def _is_connected(self) -> bool:
        connected = await self._client.is_connected()
        if connected:
            self._last_up = asyncio.get_running_loop().time()
        return connected
