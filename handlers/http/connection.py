"""One connection of a port: what arrives is answered in its order, and whoever is slow is not waited for.

Nothing here knows what an address means. Bytes are looked at a slice at a time, so that nobody has the loop for long;
while there is more than a slice, or somebody does not read the answers, nothing more is taken from the socket.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final, Protocol

from handlers.http.exchange import Handler, HttpReply
from handlers.http.reading import CONTINUE, TOO_LATE, Arrived, RequestReader, Stage
from handlers.http.writing import written

_SLICE: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds somebody is waited for.

    `head`, `body`: until that part of a request is there, from its begin on; of a new connection's first request, from
    the connection on. `idle`: between two requests. `answer`: until somebody reads what they were answered. `leave`:
    until somebody who was refused closes. `look`: how often it is looked at.
    """

    head: float = 10
    body: float = 10
    idle: float = 75
    answer: float = 10
    leave: float = 2
    look: float = 1


class Port(Protocol):
    """What a connection knows of the port that it belongs to. `date` is now, as answers have it."""

    answer: Handler
    patience: Patience
    max_body: int
    date: str
    is_closing: bool

    def opened(self, connection: "Connection") -> bool:
        """Take note of a new connection; False: there is no room for it."""

    def answered(self, connection: "Connection") -> None:
        """Take note that it was of use just now."""

    def closed(self, connection: "Connection") -> None:
        """Forget it."""


class Connection(asyncio.Protocol):
    """A connection, as asyncio drives it. `deadline`: when it is given up, by the loop's clock."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(port.max_body)
        self._transport: asyncio.Transport | None = None
        self._unread = b""
        self._stage = Stage.NOTHING
        self._answering: asyncio.Task[HttpReply] | None = None
        self._may_write = True
        self._is_leaving = False
        self._has_sent_all = False
        self.deadline = self._loop.time() + port.patience.head

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing has come that is still to be answered."""
        return not (self._answering or self._unread or self._reader.arrived)

    # --- what asyncio calls ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        if isinstance(transport, asyncio.Transport) and self._port.opened(self):
            self._transport = transport
        else:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes have come. Behind the last answer they are thrown away."""
        if not self._is_leaving:
            self._unread = self._unread + data if self._unread else data
            self._go_on()

    def eof_received(self) -> bool:
        """Nothing more will come; True: there is still something to answer."""
        self._has_sent_all = True
        return not self.is_at_rest

    def connection_lost(self, error: Exception | None) -> None:
        """It is over."""
        self._transport = None
        self._reader.close()
        self._port.closed(self)

    def pause_writing(self) -> None:
        """What was answered is not read by anybody."""
        self._may_write = False
        self.deadline = self._loop.time() + self._port.patience.answer

    def resume_writing(self) -> None:
        """It is read again."""
        self._may_write = True
        self._go_on(answered=True)

    # --- what the port calls --------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Give up, since the deadline has passed."""
        if self._may_write and not self._is_leaving and self._stage in (Stage.HEAD, Stage.BODY):
            self._write(Arrived(None, TOO_LATE, is_last=True), TOO_LATE)
        else:
            self.abort()

    def finish(self) -> None:
        """Close, unless a request has begun: its answer will be the last."""
        if self._transport is not None and self.is_at_rest and self._stage is Stage.NOTHING:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # --------------------------------------------------------------------------------------------------------------

    def _go_on(self, *, answered: bool = False) -> None:
        """Answer what has arrived. `answered`: something was, so the time for the next begins now."""
        reader = self._reader
        while self._transport is not None and self._may_write and self._answering is None:
            if reader.arrived:
                self._take(reader.arrived.popleft())
                answered = True
            elif self._unread:
                piece, self._unread = self._unread[:_SLICE], self._unread[_SLICE:]
                reader.feed(piece)
                if self._unread:
                    self._loop.call_soon(self._go_on)
                    break
            else:
                break
        self._settle(answered)

    def _settle(self, answered: bool) -> None:
        """Set the deadline, and take more from the socket only when everything was looked at."""
        transport, stage = self._transport, self._reader.stage
        if transport is None or self._is_leaving:
            return
        if self._answering is not None:
            self.deadline = inf
        elif self._may_write and (answered or stage is not self._stage):
            self.deadline = self._loop.time() + self._time_for(stage)
        self._stage = stage
        if self._has_sent_all and self.is_at_rest:
            transport.close()
        elif self._unread:
            transport.pause_reading()
        elif not transport.is_reading():
            transport.resume_reading()

    def _time_for(self, stage: Stage) -> float:
        patience = self._port.patience
        return {Stage.HEAD: patience.head, Stage.BODY: patience.body}.get(stage, patience.idle)

    def _take(self, arrived: Arrived) -> None:
        if arrived.reply is not None:
            self._write(arrived, arrived.reply)
        elif arrived.request is not None:
            self._answering = self._loop.create_task(self._port.answer(arrived.request))
            self._answering.add_done_callback(partial(self._done, arrived))

    def _done(self, arrived: Arrived, answering: asyncio.Task[HttpReply]) -> None:
        self._answering = None
        if not answering.cancelled():
            self._write(arrived, answering.result())
            self._go_on(answered=True)

    def _write(self, arrived: Arrived, reply: HttpReply) -> None:
        if self._transport is None:
            return
        is_last = arrived.is_last or (self._port.is_closing and reply is not CONTINUE)
        has_body = arrived.request is None or arrived.request.method != "HEAD"
        self._transport.write(written(reply, date=self._port.date, has_body=has_body, is_last=is_last))
        self._port.answered(self)
        if is_last:
            self._leave(self._transport, in_peace=arrived.request is not None)

    def _leave(self, transport: asyncio.Transport, *, in_peace: bool) -> None:
        """Close behind the last answer.

        Where something may still come, the socket is not closed at once: the system would then tell the other side so,
        and that throws away an answer which was not read yet (RFC 9112 §9.6).
        """
        self._is_leaving = True
        self._unread = b""
        self._reader.close()
        if in_peace:
            transport.close()
        else:
            transport.write_eof()
            transport.resume_reading()
            self.deadline = self._loop.time() + self._port.patience.leave
