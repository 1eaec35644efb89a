"""A connection of uvicorn's, of which nobody can make more than it is worth.

uvicorn reads HTTP with llhttp, Node's parser, which is strict about what hides one request within another, and it
closes connections that rest after an answer. What it leaves to us: whoever sends nothing at first, or sends slowly, or
sends headers without end.
"""

from typing import Any, Final, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from handlers.http.asgi import refuse_long_head

MAX_HEAD: Final = 16 * 1024
"""Bytes of a request before its body, as nearly as they come."""

MAX_HEADERS: Final = 100

_CLOSE: Final = b"content-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\n" + _CLOSE
_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _CLOSE
"""Without a body, as nothing of ours has seen the request."""


class Register(Protocol):
    """Where connections are counted and watched."""

    request_within: float

    def opened(self, connection: "Connection") -> bool:
        """Take note of a new connection; False: there is no room for it."""

    def asked(self, connection: "Connection") -> None:
        """Take note that a request has come over it."""

    def closed(self, connection: "Connection") -> None:
        """Forget it."""


class Connection(HttpToolsProtocol):
    """One connection. `deadline`: until then the request under way has to be there, by the loop's clock; None: none is.

    The first request is under way from the connection on.
    """

    def __init__(self, register: Register, **given: Any) -> None:
        super().__init__(**given)
        self._register = register
        self._head_size = 0
        self._in_head = True
        self.deadline: float | None = None
        self._hurry()

    @property
    def rests(self) -> bool:
        """Whether nobody waits for an answer."""
        cycle: RequestResponseCycle | None = self.cycle  # which is None at first, whatever uvicorn says of its type
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        """Somebody has connected."""
        super().connection_made(transport)
        if not self._register.opened(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._register.closed(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self.transport.is_closing():
            return
        self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > MAX_HEAD and not self.transport.is_closing():
            self._give_up(_TOO_LONG, awaited=self.rests)
        elif self.deadline is None and self.rests and self.timeout_keep_alive_task is None:
            self._hurry()  # bytes that begin no request have ended uvicorn's patience with a connection that rests

    def pause_writing(self) -> None:
        """Nobody reads what was answered."""
        super().pause_writing()
        self._hurry()

    def resume_writing(self) -> None:
        """It is read again."""
        super().resume_writing()
        self.deadline = None

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head_size = True, 0  # what came with its begin is counted when the head has come
        if self.deadline is None:
            self._hurry()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which is not to be taken for one (RFC 9110 §6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """All headers have come, and the time of the body begins."""
        is_long = len(self.headers) > MAX_HEADERS or len(self.url) + sum(map(_size, self.headers)) > MAX_HEAD
        self.app = refuse_long_head if is_long else self.config.loaded_app
        super().on_headers_complete()
        self._in_head = False
        self._hurry()

    def on_message_complete(self) -> None:
        """The request has arrived whole."""
        super().on_message_complete()
        self.deadline = None
        self._register.asked(self)

    def expire(self) -> None:
        """Give up, since the deadline has passed."""
        awaited = self.rests if self._in_head else self.cycle.more_body and not self.cycle.response_started
        self._give_up(_TOO_LATE, awaited=awaited)

    def _hurry(self) -> None:
        self.deadline = self.loop.time() + self._register.request_within

    def _give_up(self, answer: bytes, *, awaited: bool) -> None:
        """Close. Whoever awaits another answer first, was given theirs, or does not read, is told nothing."""
        if awaited and not self.flow.write_paused:
            self.transport.write(answer)
            self.transport.close()
        else:
            self.transport.abort()


def _size(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])
