"""Trouble on demand: what shall go wrong next, by method."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Error:
    """Slack answers `{"ok": false, "error": code}`; nothing happened."""

    code: str


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP status instead of an answer; nothing happened."""

    http_status: int


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429 with `Retry-After`, in seconds; nothing happened."""

    retry_after: int


@dataclass(frozen=True, slots=True)
class Delay:
    """It happens, but `seconds` of real time late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """It happens; the connection is cut before the answer."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection is cut before anything happens."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing happens and nothing is ever answered."""


Fault = Error | Status | RateLimited | Delay | LostAnswer | Dropped | Silence


class Faults:
    """Faults by method: a Web API method, "socket" (the handshake), "response_url", "ack" (what the app confirms).

    Attributes:
        uses: The methods in the order in which they were used since the start, with a fault or without.
    """

    def __init__(self) -> None:
        self.uses: list[str] = []
        self._placed: dict[tuple[str, int], Fault] = {}
        self._queued: dict[str, deque[Fault]] = defaultdict(deque)
        self._standing: dict[str, Fault] = {}

    def next(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` uses of `method` meet `fault`, after what is queued already."""
        self._queued[method].extend([fault] * times)

    def at(self, method: str, number: int, fault: Fault) -> None:
        """Let one use of `method` meet `fault`: the `number`th since the start, counted from 1."""
        self._placed[method, number] = fault

    def always(self, method: str, fault: Fault) -> None:
        """Let every use of `method` meet `fault` once its queue is empty, until `clear`."""
        self._standing[method] = fault

    def clear(self) -> None:
        """Forget all faults."""
        self._placed.clear()
        self._queued.clear()
        self._standing.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that this use of `method` meets."""
        self.uses.append(method)
        placed = self._placed.get((method, self.uses.count(method)))
        if placed is not None:
            return placed
        queue = self._queued.get(method)
        return queue.popleft() if queue else self._standing.get(method)


async def answer_under(
    fault: Fault | None,
    request: web.Request,
    effect: Callable[[], Awaitable[web.Response]],
    refusal: Callable[[str], web.Response],
) -> web.Response:
    """Answer a request as the fault demands: with its `effect`, with the `refusal` for a code, or not at all."""
    match fault:
        case Error(code):
            return refusal(code)
        case Status(http_status):
            return web.Response(status=http_status, text="sandbox fault")
        case RateLimited(retry_after):
            limited = refusal("ratelimited")
            limited.set_status(429)
            limited.headers["Retry-After"] = str(retry_after)
            return limited
        case Delay(seconds):
            await asyncio.sleep(seconds)
        case Dropped():
            return cut(request)
        case Silence():
            await asyncio.Event().wait()
        case _:
            pass
    answer = await effect()
    return cut(request) if isinstance(fault, LostAnswer) else answer


def cut(request: web.Request) -> web.Response:
    """Close the connection of a request; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
