"""Requests, read from the bytes of one connection as they come. Pure: it neither waits nor writes.

llhttp, Node's parser, finds out where a request begins and ends, and is strict: two lengths, a length beside chunks,
folded lines, bare line feeds or spaces before a colon are errors, so nobody hides a request within another one. What it
leaves to us is how much may come, and what to make of HTTP's optional parts. Behind the first thing that is wrong
nothing is read, since it is no longer certain where the next request begins. Source: RFC 9112.
"""

import re
from collections import deque
from enum import Enum, auto
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from handlers.http.exchange import HttpReply, HttpRequest, reply_to
from handlers.http.problem import Problem

MAX_HEAD: Final = 16 * 1024
"""Bytes of a request before its body, as nearly as they come."""

MAX_HEADERS: Final = 100

CONTINUE: Final = HttpReply(100)
"""For a sender that holds the body back until it is wanted (RFC 9110 §10.1.1)."""


def _refusal(status: int, description: str) -> HttpReply:
    return reply_to(Problem(status, "invalid_request", description))


TOO_LATE: Final = _refusal(408, "The request has not arrived in time. Please send it faster.")
_MALFORMED: Final = _refusal(400, "This is no request that can be understood. Please send HTTP/1.1.")
_HOSTS: Final = _refusal(400, "Please send the header Host, once.")
_LARGE_BODY: Final = _refusal(413, "The body is too large. Please send the parameters alone.")
_EXPECTATION: Final = _refusal(417, "Please expect nothing but 100-continue.")
_LARGE_HEAD: Final = _refusal(431, "The address and the headers are too long. Please send fewer.")
_CODING: Final = _refusal(501, "Please send the body as it is, or in chunks.")
_VERSION: Final = _refusal(505, "Please send HTTP/1.1.")

_AUTHORITY: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)


class Stage(Enum):
    """How far the next request has come."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()
    OVER = auto()


class Arrived(NamedTuple):
    """What is to be answered next, in the order in which it came.

    One of `request` and `reply` is there; a reply needs no asking. `is_last`: nothing behind it is read.
    """

    request: HttpRequest | None
    reply: HttpReply | None
    is_last: bool


class RequestReader:
    """Takes bytes, and puts what they are into `arrived`. `max_body`: bytes of a body."""

    def __init__(self, max_body: int) -> None:
        self.arrived: deque[Arrived] = deque()
        self.stage = Stage.NOTHING
        self._max_body = max_body
        self._parser: HttpRequestParser | None = HttpRequestParser(self)
        self._begin()

    def feed(self, data: bytes) -> None:
        """Read more bytes. Raises nothing."""
        if self._parser is None:
            return
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # it was answered as if nobody had asked for another protocol (RFC 9110 §7.8), and as the last
        except HttpParserError:
            self._refuse(_MALFORMED)
        if self.stage is Stage.HEAD:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                self._refuse(_LARGE_HEAD)
        if self.stage is Stage.OVER:
            self.close()

    def close(self) -> None:
        """Read nothing more. It and its parser hold each other, until then."""
        self.stage = Stage.OVER
        self._parser = None

    # --- what the parser calls ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        if self.stage is Stage.NOTHING:
            self.stage = Stage.HEAD
            self._begin()

    def on_url(self, part: bytes) -> None:
        """Its target, or a part of it."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which is not taken for one (RFC 9110 §6.5.1)."""
        if self.stage is Stage.HEAD:
            self._headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip(" \t"))
            self._header_count += 1

    def on_headers_complete(self) -> None:
        """All headers have come."""
        if self.stage is Stage.HEAD and self._parser is not None:
            version = self._parser.get_http_version()
            self._is_last = version != "1.1" or self._parser.should_upgrade() or not self._parser.should_keep_alive()
            wrong = self._what_is_wrong(version)
            if wrong is not None:
                self._refuse(wrong)
                return
            self.stage = Stage.BODY
            if "expect" in self._headers and version == "1.1":
                self.arrived.append(Arrived(None, CONTINUE, is_last=False))

    def on_body(self, part: bytes) -> None:
        """A part of its body."""
        if self.stage is Stage.BODY:
            self._body.append(part)
            self._body_size += len(part)
            if self._body_size > self._max_body:
                self._refuse(_LARGE_BODY)

    def on_message_complete(self) -> None:
        """The request has arrived whole."""
        if self.stage is Stage.BODY and self._parser is not None:
            path, _, query = self._path_and_query().partition("?")
            method = self._parser.get_method().decode()
            request = HttpRequest(method, path, query, self._headers, b"".join(self._body))
            self.arrived.append(Arrived(request, None, self._is_last))
            self.stage = Stage.OVER if self._is_last else Stage.NOTHING

    # --------------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._target = b""
        self._headers: dict[str, list[str]] = {}
        self._header_count = self._head_size = self._body_size = 0
        self._body: list[bytes] = []
        self._is_last = False

    def _refuse(self, reply: HttpReply) -> None:
        if self.stage is not Stage.OVER:
            self.stage = Stage.OVER
            self.arrived.append(Arrived(None, reply, is_last=True))

    def _what_is_wrong(self, version: str) -> HttpReply | None:
        headers = self._headers
        if version not in ("1.1", "1.0"):
            return _VERSION
        hosts = len(headers.get("host", ()))
        if hosts != 1 and (hosts or version == "1.1"):
            return _HOSTS  # RFC 9112 §3.2
        if self._header_count > MAX_HEADERS:
            return _LARGE_HEAD
        if "expect" in headers and [each.lower() for each in headers["expect"]] != ["100-continue"]:
            return _EXPECTATION  # RFC 9110 §10.1.1
        return self._what_is_wrong_with_the_body(version)

    def _what_is_wrong_with_the_body(self, version: str) -> HttpReply | None:
        codings = self._headers.get("transfer-encoding")
        if codings and version == "1.0":
            return _MALFORMED  # RFC 9112 §6.1
        if codings and [each.lower() for each in codings] != ["chunked"]:
            return _CODING  # RFC 9112 §6.1
        lengths = self._headers.get("content-length")
        return _LARGE_BODY if lengths and int(lengths[0]) > self._max_body else None

    def _path_and_query(self) -> str:
        """Return the target without what a request through a proxy has in front (RFC 9112 §3.2.2)."""
        target = self._target.decode("latin-1")
        if not target.startswith("/") and (authority := _AUTHORITY.match(target)):
            target = target[authority.end() :]
            return target if target.startswith("/") else f"/{target}"
        return target
