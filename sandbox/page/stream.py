"""The stream of events that keeps one open page fresh."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from aiohttp import web

from sandbox.messages import Message
from sandbox.page.looks import WINDOW, Looks
from sandbox.page.place import Place
from sandbox.page.regions import Regions
from sandbox.page.unread import Unread
from sandbox.workspace import Workspace

_MOST_AT_ONCE = 500
"""Who has missed more begins anew."""


class Stream:
    """What one page has been told so far.

    Messages come one by one, whenever they are new, changed or gone; the regions come as wholes, when they look
    different.
    """

    def __init__(
        self, place: Place, looks: Looks, regions: Regions, unread: Unread, response: web.StreamResponse, *, since: int
    ) -> None:
        self._place = place
        self._looks = looks
        self._regions = regions
        self._unread = unread
        self._response = response
        self._since = since
        self._shown: dict[str, str] = {}
        self._day = self._today()

    async def tell(self) -> None:
        """Send what has changed since the last time. Raises: ConnectionError when nobody listens any more."""
        if self._place.is_conversation:
            await self._tell_messages()
            self._unread.read(self._place.person.client.user, self._place.channel)
        drawn = {name: str(html) for name, html in self._regions.draw(self._place).items()}
        changed = {name: html for name, html in drawn.items() if self._shown.get(name) != html}
        self._shown = drawn
        if changed:
            await self.send("regions", changed)

    async def send(self, name: str, content: Any) -> None:
        """Send one event; its id is where a page that comes back goes on."""
        text = f"id: {self._since}\nevent: {name}\ndata: {json.dumps(content)}\n\n"
        await self._response.write(text.encode())

    async def ping(self) -> None:
        """Send nothing, to learn whether anybody listens. Raises: ConnectionError."""
        await self._response.write(b":\n\n")

    async def _tell_messages(self) -> None:
        log = self._space.messages.log
        changed = {message.ts: message for message in log[self._since :] if self._is_here(message)}
        self._since = len(log)
        if len(changed) > _MOST_AT_ONCE:
            await self.send("again", {})
            return
        shown = self._looks.shown(self._place)
        if self._today() != self._day:
            # Another day: "tomorrow" is "today" now.
            self._day = self._today()
            changed |= {message.ts: message for message in shown[-WINDOW:]}
        gone = [ts for ts, message in changed.items() if message.deleted]
        put = self._drawn(shown, [message for message in changed.values() if not message.deleted])
        if put or gone:
            await self.send("messages", {"put": put, "gone": gone})

    def _drawn(self, shown: Sequence[Message], changed: Sequence[Message]) -> list[tuple[str, str]]:
        """The changed messages, each as it stands below the one above it."""
        wanted = {message.ts for message in changed}
        drawn = []
        for place in range(len(shown) - 1, -1, -1):
            if not wanted:
                break
            if shown[place].ts in wanted:
                wanted.discard(shown[place].ts)
                above = shown[place - 1] if place else None
                drawn += [(ts, str(html)) for ts, html in self._looks.messages(self._place, [shown[place]], above)]
        return drawn[::-1]

    def _is_here(self, message: Message) -> bool:
        return message.channel == self._place.channel.id and message.visible_to in (None, self._place.person.id)

    def _today(self) -> date:
        return self._space.clock.now().astimezone(self._place.person.client.user.zone).date()

    @property
    def _space(self) -> Workspace:
        return self._place.person.client.space
