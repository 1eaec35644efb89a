"""A request and its answer as values. Whatever listens makes the one and writes the other; what is between is pure."""

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, NamedTuple

from handlers.http.problem import NOT_KEPT, Problem

Header = tuple[str, str]
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


class HttpRequest(NamedTuple):
    """A request that has arrived whole.

    `headers` has the names in small letters, and of each all its values, in the order in which they came. `query` is
    what is behind the question mark. Nothing of it is decoded.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, Sequence[str]]
    body: bytes = b""

    def values(self, name: str) -> Sequence[str]:
        """Return the values of a header, given in small letters; an empty one counts as none."""
        return [value for value in self.headers.get(name, ()) if value]

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {self.path})"  # the rest may hold a secret


class HttpReply(NamedTuple):
    """An answer, but for what every answer has: its length and the date.

    `outcome`: what came of the request, in a word for our metrics; it is not sent.
    """

    status: int
    headers: Sequence[Header] = ()
    body: bytes = b""
    outcome: str = ""


Handler = Callable[[HttpRequest], Coroutine[Any, Any, HttpReply]]
"""Answers a request. It may raise Problem."""

JSON_HEADERS: Final[Sequence[Header]] = (("Content-Type", "application/json"), *NOT_KEPT.items())


def json_reply(status: int, value: Mapping[str, object]) -> HttpReply:
    """Make an answer of a JSON object, which nobody keeps."""
    return HttpReply(status, JSON_HEADERS, _encode(value).encode())


def reply_to(problem: Problem) -> HttpReply:
    """Make the answer to a request that cannot be served."""
    return HttpReply(problem.status, tuple(problem.headers.items()), problem.body, problem.outcome)
