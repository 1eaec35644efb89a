"""The relay: sends what the outbox promises, at Slack's pace, and never gives up silently."""

import asyncio
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from access.model.errors import AccessError
from access.model.ids import PersonId, WorkspaceId
from access.operations.deliver_messages import claim_messages, note_postponed, note_undeliverable
from access.ports import CannotKeep, Ports
from access.ports.outbox import QueuedMessage, Renderer
from bot.slack_faults import CALL_ERRORS, Fault, Meaning, fault_of
from bot.slack_poster import Attempt, Poster

LEASE: Final = timedelta(minutes=2)
"""How long a claimed message may take; after that its outcome counts as unknown."""

BATCH: Final = 50
"""How many messages are claimed at a time. All to one reader, they take less than the lease."""

IDLE: Final = timedelta(seconds=20)
"""How often the outbox is looked at when nothing happens."""

_SHORTEST_WAIT: Final = timedelta(milliseconds=50)
_LONGEST_WAIT: Final = timedelta(minutes=15)
_LONGEST_PAUSE: Final = timedelta(minutes=1)
_AFTER_FAILURE: Final = timedelta(seconds=5)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
log = structlog.get_logger()


@dataclass(slots=True)
class _Line:
    """The messages to one reader, one after the other. `free_at` is in seconds of the event loop's time."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pause:
    """A time in which nothing is sent. A clock that was set back ends it too."""

    since: datetime
    until: datetime

    def left(self, now: datetime) -> timedelta:
        return self.until - now if self.since <= now < self.until else timedelta(0)


class Relay:
    """Sends queued messages from `start` to `stop`.

    `channel` is the admin channel's id, or None. `pace` is the time between two messages to one reader: Slack takes
    about one a second in a conversation. `failures` counts what becomes of those that fail: `put_off`, `given_up`.
    """

    def __init__(
        self,
        ports: Ports,
        client: AsyncWebClient,
        renderer: Renderer,
        workspace: WorkspaceId,
        *,
        channel: str | None,
        pace: timedelta = timedelta(seconds=1),
        failures: Counter[str] | None = None,
    ) -> None:
        self._ports = ports
        self._failures = Counter[str]() if failures is None else failures
        self._poster = Poster(ports, client, renderer, channel)
        self._workspace = workspace
        self._pace = pace.total_seconds()
        self._lines: dict[PersonId | None, _Line] = defaultdict(_Line)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._pause = _Pause(_LONG_AGO, _LONG_AGO)
        self._awake = asyncio.Event()
        self._stopping = False
        self._running: asyncio.Task[None] | None = None

    @property
    def is_paused(self) -> bool:
        """Tell whether nothing is sent for now, because Slack takes nothing."""
        return self._pause.left(self._ports.clock.now()) > timedelta(0)

    def start(self) -> None:
        """Start relaying, in the running event loop."""
        self._running = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Look at the outbox now: something was committed, or the clock was moved."""
        self._awake.set()

    async def stop(self) -> None:
        """Finish what is being sent; everything else stays queued."""
        self._stopping = True
        self.wake()
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        while not self._stopping:
            self._awake.clear()
            try:
                wait = await self._take_up()
            except CannotKeep:  # told once for everything that needs the database (`bot.trouble`)
                wait = _AFTER_FAILURE
            except Exception:  # the last net: what is queued waits in the database
                log.exception("outbox_unusable")
                wait = _AFTER_FAILURE
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), wait.total_seconds())
        await asyncio.gather(*self._under_way.values())

    async def _take_up(self) -> timedelta:
        """Begin to send what is due; return how long to wait for more. Each message that is done wakes the relay."""
        now = self._ports.clock.now()
        room = BATCH - len(self._under_way)
        if room <= 0:
            return IDLE
        if pause := self._pause.left(now):
            return min(pause, IDLE)
        claimed, next_due = await claim_messages(self._workspace, self._ports, lease=LEASE, limit=room)
        for queued in claimed:
            if queued.id in self._under_way:
                continue  # the clock was set back, so that it looked forgotten
            task = asyncio.create_task(self._in_turn(queued))
            self._under_way[queued.id] = task
            task.add_done_callback(partial(self._done, queued.id))
        return IDLE if next_due is None else min(max(next_due - now, _SHORTEST_WAIT), IDLE)

    def _done(self, message: str, _task: "asyncio.Task[None]") -> None:
        del self._under_way[message]
        self.wake()

    async def _in_turn(self, queued: QueuedMessage) -> None:
        """Send a message after those before it to the same reader, at Slack's pace; or put it back if sending stopped.

        Raises nothing.
        """
        line = self._lines[queued.message.reader]
        clock = asyncio.get_running_loop().time
        async with line.turn:
            if self._may_send():
                await asyncio.sleep(line.free_at - clock())
            try:
                if self._may_send():
                    await self._send(Attempt(queued))
                    line.free_at = clock() + self._pace
                else:
                    wait = self._pause.left(self._ports.clock.now())
                    await note_postponed(queued, wait, self._ports, uncertain=False)
            except CannotKeep:  # nothing could be noted, so the message is due again after its lease
                log.warning("message_not_accounted_for", message=queued.message.kind.value)
            except Exception:  # the last net
                log.exception("message_not_accounted_for", message=queued.message.kind.value)

    def _may_send(self) -> bool:
        return not self._stopping and not self._pause.left(self._ports.clock.now())

    async def _send(self, attempt: Attempt) -> None:
        """Send a message and note what became of it. One that fails does not keep the others back."""
        try:
            await self._poster.send(attempt)
        except CannotKeep:
            raise  # there is no noting that it failed, either
        except AccessError as error:
            await self._failed(attempt, Fault(Meaning.UNKNOWN, error.code))
        except CALL_ERRORS as error:
            await self._failed(attempt, fault_of(error))
        except Exception as error:
            log.exception("message_broken", message=attempt.queued.message.kind.value)
            await self._failed(attempt, Fault(Meaning.UNKNOWN, type(error).__name__))

    async def _failed(self, attempt: Attempt, fault: Fault) -> None:
        queued = attempt.queued
        log.warning("message_not_sent", message=queued.message.kind.value, code=fault.code, attempt=queued.attempts)
        if fault.meaning is Meaning.NEVER:
            self._failures["given_up"] += 1
            await note_undeliverable(queued, fault.code, self._ports)
            return
        delay = self._backoff(queued.attempts) if fault.retry_after is None else fault.retry_after
        if fault.everything:  # this message waits no longer than the others: it may be the first of its reader's
            now = self._ports.clock.now()
            pause = min(delay, _LONGEST_PAUSE) if fault.retry_after is None else delay
            if self._pause.left(now) < pause:
                self._pause = _Pause(now, now + pause)
            delay = self._pause.left(now)
        uncertain = attempt.under_way and fault.meaning is Meaning.UNKNOWN
        self._failures["put_off"] += 1
        await note_postponed(queued, delay, self._ports, uncertain=uncertain, error=fault.code)

    def _backoff(self, attempts: int) -> timedelta:
        """Twice as long each time, up to a quarter of an hour, less a random part of up to a half."""
        longest = min(timedelta(seconds=2 ** min(attempts, 10)), _LONGEST_WAIT)
        return longest * (0.5 + self._ports.random.entropy(1)[0] / 510)
