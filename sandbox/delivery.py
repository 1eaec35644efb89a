"""Bringing payloads to the app: by whichever way is switched on, events repeatedly until they are acknowledged."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.payloads import Parcel, Payloads
from sandbox.records import JsonObject
from sandbox.refusals import Impossible
from sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a payload.

    Attributes:
        acknowledged: The app confirmed it in time.
        error: Slack's word for what went wrong, such as operation_timeout; empty when acknowledged.
        status: The HTTP status, in HTTP mode.
        body: What the acknowledgement carried.
    """

    acknowledged: bool
    error: str = ""
    status: int | None = None
    body: JsonObject = field(default_factory=dict)

    @property
    def timed_out(self) -> bool:
        """Whether Slack gave up waiting."""
        return self.error == "operation_timeout"


TIMED_OUT = Reply(acknowledged=False, error="operation_timeout")
UNREACHABLE = Reply(acknowledged=False, error="dispatch_failed")


class Carrier(Protocol):
    """One way to the app."""

    async def carry(self, parcel: Parcel, attempt: int, reason: str) -> Reply:
        """Deliver once and wait for the acknowledgement, as long as Slack waits."""


class Delivery:
    """Delivers payloads and remembers them.

    Attributes:
        sent: Every payload so far, oldest first.
    """

    def __init__(self, space: Workspace, payloads: Payloads, carrier: Carrier) -> None:
        self._space = space
        self._payloads = payloads
        self.carrier = carrier
        self.sent: list[Parcel] = []
        self._running: set[asyncio.Task[None]] = set()

    async def send(self, parcel: Parcel) -> Reply:
        """Deliver a command or an interaction. Slack does not repeat those by itself."""
        self.sent.append(parcel)
        return await self._carry(parcel, 0, "")

    async def send_again(self, parcel: Parcel) -> Reply:
        """Deliver a payload once more, as it was."""
        return await self._carry(parcel, 1, "timeout")

    def newest(self, name: str) -> Parcel:
        """The newest payload of a kind. Raises: Impossible when there has been none."""
        found = [parcel for parcel in self.sent if parcel.name == name]
        if not found:
            raise Impossible(f"no {name} has been delivered, only {sorted({parcel.name for parcel in self.sent})}")
        return found[-1]

    def announce(self, event: JsonObject, subscription: str = "") -> None:
        """Tell the app of an event, if it has subscribed to it, in the background and with Slack's retries."""
        if (subscription or event["type"]) in self._space.app.events:
            parcel = self._payloads.event(event)
            self.sent.append(parcel)
            self.in_background(self._deliver_event(parcel))

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something until it ends or the sandbox stops."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Abandon everything in the background."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _carry(self, parcel: Parcel, attempt: int, reason: str) -> Reply:
        """Deliver once. What the person's client makes of the reply is done before anybody hears the bell."""
        reply = await self.carrier.carry(parcel, attempt, reason)
        self._space.bell.ring()
        return reply

    async def _deliver_event(self, parcel: Parcel) -> None:
        reply = await self.carrier.carry(parcel, 0, "")
        for attempt, pause in enumerate(self._space.timing.retry_events_after, start=1):
            if reply.acknowledged:
                return
            await asyncio.sleep(pause)
            reply = await self.carrier.carry(parcel, attempt, "timeout" if reply.timed_out else "error")
