"""The sandbox: a Slack workspace in a box."""

import asyncio
import socket
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox import cast
from sandbox.answer import Answer
from sandbox.changes import Changes
from sandbox.client import Client
from sandbox.clock import MovableClock
from sandbox.delivery import Delivery
from sandbox.faults import Faults
from sandbox.http_delivery import HttpDelivery
from sandbox.keeping import Keeper
from sandbox.page import Page
from sandbox.payloads import Parcel, Payloads
from sandbox.people import Person
from sandbox.records import Team
from sandbox.responses import Responses
from sandbox.server import Server, listen
from sandbox.socket_mode import SocketMode
from sandbox.timing import Timing
from sandbox.traffic import Traffic
from sandbox.web_api import WebApi
from sandbox.workspace import Workspace


class Sandbox:
    """A workspace on loopback with one app installed; see `start`.

    Attributes:
        clock: The workspace's time, which the bot shares.
        faults: What shall go wrong.
        traffic: Everything that travelled between workspace and bot.
        people: The cast by handle, the app's own bot left out.
        changes: What an owner of the workspace can change in it.
        page: The workspace in the browser.
        address: Where both answer.
        api_url: For SLACK_API_URL.
        admin_channel: The id of #third-party-access, of which the bot is a member.
    """

    def __init__(
        self, manifest: Mapping[str, Any], clock: MovableClock, timing: Timing, address: str, team: Team
    ) -> None:
        """Wire the parts; `start` is what makes it answer."""
        self.clock = clock
        self.faults = Faults()
        self.address = address
        self.api_url = f"{address}/api/"
        self._space = space = Workspace(manifest, clock, timing, team)
        self.traffic = Traffic(clock, space.bell)
        self._socket_mode = SocketMode(timing, self.faults, self.traffic)
        responses = Responses(space, address)
        payloads = Payloads(space, responses)
        self._delivery = Delivery(space, payloads, self._socket_mode)
        self.changes = Changes(space, self._delivery)
        self.people: Mapping[str, Person] = {
            user.handle: Person(Client(user, space, payloads, responses, self._delivery))
            for user in space.users.values()
            if user is not space.bot
        }
        api = WebApi(space, self.faults, self.traffic, self._connection_url)
        self.page = Page(self.people, space, self.traffic, address)
        self._server = Server(api, responses, self._socket_mode, self.faults, self.traffic, page=self.page.routes())
        self._keeper: Keeper | None = None
        self.bot_token = space.bot_token
        self.app_token = space.app_token
        self.signing_secret = space.signing_secret
        self.team_id = space.team.id
        self.bot_user_id = space.bot.id
        self.app_id = cast.APP_ID
        self.admin_channel = space.channel("#third-party-access").id

    @classmethod
    async def start(
        cls,
        *,
        manifest: Mapping[str, Any],
        clock: MovableClock | None = None,
        port: int = 0,
        timing: Timing | None = None,
        folder: Path | None = None,
        team: Team = cast.HOME,
    ) -> "Sandbox":
        """Start a workspace in which the app of this manifest is installed.

        Args:
            manifest: The structure of manifest.yml.
            clock: Real time when None.
            port: On loopback; 0 takes a free one.
            timing: Slack's own durations when None.
            team: That has the workspace.
            folder: Keeps messages, people and time, and brings them back at the next start; None keeps nothing.

        Raises: OSError; Unreadable for a folder that holds something else.
        """
        taken, address = listen(port)
        sandbox = cls(manifest, clock or MovableClock(), timing or Timing(), address, team)
        try:
            if folder:
                sandbox._keep_in(folder)
        except BaseException:
            taken.close()
            raise
        await sandbox._serve(taken)
        return sandbox

    async def stop(self) -> None:
        """Cut all connections and free the port."""
        await self._delivery.stop()
        await self._socket_mode.drop()
        await self._server.stop()
        if self._keeper:
            self._keeper.write()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def external_modals(self) -> bool:
        """Whether people of other organisations may open modals (true at first; no document settles it)."""
        return self._space.external_modals

    @external_modals.setter
    def external_modals(self, allowed: bool) -> None:
        self._space.external_modals = allowed

    def person(self, name: str) -> Person:
        """Somebody of the cast by handle. Raises: KeyError."""
        return self.people[name]

    async def connected(self, timeout: float = 10) -> None:
        """Wait until a bot is connected by Socket Mode; in HTTP mode there is nothing to wait for.

        Args:
            timeout: Real seconds.
        Raises: TimeoutError.
        """
        if self._delivery.carrier is self._socket_mode:
            async with asyncio.timeout(timeout):
                await self._socket_mode.connected()

    def deliver_by_http(self, url: str | None) -> None:
        """Send payloads to this Request URL, signed and stamped by the sandbox's clock; None: by Socket Mode again."""
        http = HttpDelivery(url, self._space, self.faults, self.traffic) if url else None
        self._delivery.carrier = http or self._socket_mode

    async def refresh_connections(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to be renewed; "warning" is what Slack sends some seconds before."""
        await self._socket_mode.refresh(reason)

    async def drop_connections(self) -> None:
        """Cut every connection without a word."""
        await self._socket_mode.drop()

    async def redeliver(self, kind: str = "view_submission") -> Answer:
        """Deliver the newest payload of a kind once more: a command, an interaction's or an event's type.

        Raises: Impossible when there has been none.
        """
        return await self._again(self._delivery.newest(kind))

    async def redeliver_all(self) -> list[Answer]:
        """Deliver every payload so far once more, oldest first; return what came back."""
        return [await self._again(parcel) for parcel in list(self._delivery.sent)]

    async def _again(self, parcel: Parcel) -> Answer:
        acted = parcel.payload.get("user_id") or parcel.payload.get("user", {}).get("id")
        # Nobody waits for the answer to an event, so anybody may have it.
        person = next((person for person in self.people.values() if person.id == acted), self.people["anna"])
        return person.answer(await person.client.repeat(parcel))

    def deactivate(self, person: Person | str) -> None:
        """End somebody's account."""
        self.changes.deactivate(person if isinstance(person, str) else person.handle)

    def make_guest_expire(self, person: Person | str, at: datetime) -> None:
        """Let a guest's account end at an aware instant."""
        self.changes.make_guest_expire(person if isinstance(person, str) else person.handle, at)

    def _keep_in(self, folder: Path) -> None:
        self._keeper = Keeper(folder, self._space, self.page.unread)
        self._keeper.restore()
        self._delivery.in_background(self._keeper.run())

    async def _serve(self, taken: socket.socket) -> None:
        await self._server.start(taken, self.clock)

    def _connection_url(self) -> str:
        ticket = self._socket_mode.issue_ticket()
        return f"{self.address.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id={cast.APP_ID}"
