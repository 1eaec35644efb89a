"""What there is at which address, and what is answered where there is nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from access.ports import CannotKeep
from handlers.http.exchange import Handler, HttpReply, HttpRequest, reply_to
from handlers.http.problem import Problem

ANY: Final = "*"
_NOTHING_HERE: Final = reply_to(Problem(404, "not_found", "There is nothing at this address."))
_CANNOT: Final = reply_to(
    Problem(
        503,
        "temporarily_unavailable",
        "This cannot be answered now. Please try again.",
        {"Retry-After": "5"},
        outcome="cannot_keep",
    )
)
_FAILED: Final = reply_to(
    Problem(500, "server_error", "This is a fault of the server, which has logged it.", outcome="failed")
)
log = structlog.get_logger()


class Meter(Protocol):
    """Counts what came of requests."""

    def time(self) -> float:
        """Return the present, in seconds."""

    def count(self, outcome: str, seconds: float) -> None:
        """Count a request that took so long."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `methods`: those it has, or ANY. `below`: whether longer paths that begin with it are it, too.

    `meter` counts the requests of these methods.
    """

    path: str
    methods: Sequence[str]
    handler: Handler
    below: bool = False
    meter: Meter | None = None


class Routes:
    """The endpoints of one port."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact = {route.path: route for route in self.routes}
        self._below = [route for route in self.routes if route.below]

    async def answer(self, request: HttpRequest) -> HttpReply:
        """Answer a request. Raises nothing."""
        route = self._exact.get(request.path) or self._around(request.path)
        if route is None:
            return _NOTHING_HERE
        if request.method not in route.methods and ANY not in route.methods:
            return _other_method(route)
        if route.meter is None:
            return await _served(route, request)
        begun = route.meter.time()
        reply = await _served(route, request)
        route.meter.count(reply.outcome, route.meter.time() - begun)
        return reply

    def _around(self, path: str) -> Route | None:
        return next((route for route in self._below if path.startswith(f"{route.path}/")), None)


async def _served(route: Route, request: HttpRequest) -> HttpReply:
    try:
        return await route.handler(request)
    except Problem as problem:
        return reply_to(problem)
    except CannotKeep:
        return _CANNOT  # told once for everything that needs the database
    except Exception:  # whatever it was, who asked gets an answer, and the next one does too
        log.exception("request_failed", method=request.method)
        return _FAILED


def _other_method(route: Route) -> HttpReply:
    allowed = ", ".join(route.methods)
    return reply_to(Problem(405, "invalid_request", f"Please use {allowed} at this address.", {"Allow": allowed}))
