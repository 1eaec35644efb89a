"""Ask so many times a second, whether or not the answers keep pace.

`python -m bench.steady URL TOKENS AUTHORIZATION RATE SECONDS` prints what came of it. A time counts from the moment at
which the question was due, so a server that stops for a moment makes all wait that were due meanwhile. Questions go out
every millisecond, which is the error of a time.
"""

import asyncio
import gc
import json
import sys
import time
from collections import deque
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

CONNECTIONS: Final = 64
TICK: Final = 0.001
LAST_WITHIN: Final = 30.0
"""Seconds after the last question."""

_LENGTH: Final = b"content-length: "
_HEAD_END: Final = b"\r\n\r\n"


class Steady:
    """Asks at a constant rate. `late`: for every answer, how many seconds after it was due it was there."""

    def __init__(self, requests: list[bytes]) -> None:
        self._requests = cycle(requests)
        self.waiting = deque[float]()
        self.idle = deque[_Connection]()
        self.late = list[float]()
        self.failed = 0
        self._open = 0
        self._answered = asyncio.Event()

    async def ask(self, host: str, port: int, *, rate: float, seconds: float) -> None:
        """Ask, and wait for the last answer."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: _Connection(self), host, port)
        begun, asked, self._open = time.perf_counter(), 0, int(rate * seconds)
        count = self._open
        while asked < count:
            due = min(count, int((time.perf_counter() - begun) * rate))
            self.waiting.extend(begun + number / rate for number in range(asked, due))
            asked = due
            while self.waiting and self.idle:
                self.next(self.idle.popleft())  # all in turn: none is closed for being idle
            await asyncio.sleep(TICK)
        async with asyncio.timeout(LAST_WITHIN):
            await self._answered.wait()

    def answered(self, connection: "_Connection", due: float, *, good: bool) -> None:
        """Note an answer, and let the connection ask what is due by now."""
        self.late.append(time.perf_counter() - due)
        self.failed += not good
        self._open -= 1
        if self._open == 0:
            self._answered.set()
        self.next(connection)

    def lost(self) -> None:
        """Give up: a server that closes a connection in the middle answers nothing more over it."""
        self.failed += 1
        self._answered.set()

    def next(self, connection: "_Connection") -> None:
        """Let a connection ask what is due."""
        if self.waiting:
            connection.ask(next(self._requests), self.waiting.popleft())
        else:
            self.idle.append(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, steady: Steady) -> None:
        self._steady = steady
        self._due = 0.0
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._steady.idle.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._steady.lost()

    def ask(self, request: bytes, due: float) -> None:
        self._due, self._got = due, b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, _, body = self._got.partition(_HEAD_END)
        lower = head.lower()
        if len(body) == int(lower[lower.index(_LENGTH) + len(_LENGTH) :].split(b"\r\n", 1)[0]):
            self._steady.answered(self, self._due, good=json.loads(body)["active"])


def main(url: str, tokens: str, authorization: str, rate: str, seconds: str) -> None:
    """Ask, and print what came of it in milliseconds."""
    address = urlsplit(url)
    assert address.hostname is not None
    assert address.port is not None
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {authorization}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    )
    bodies = [f"token={token}" for token in Path(tokens).read_text().split()]
    steady = Steady([f"{head}{len(body)}\r\n\r\n{body}".encode() for body in bodies])
    gc.freeze()
    gc.disable()
    asyncio.run(steady.ask(address.hostname, address.port, rate=float(rate), seconds=float(seconds)))
    late = sorted(each * 1e3 for each in steady.late)
    figures = {"p50": median(late), "p99": late[len(late) * 99 // 100], "longest": late[-1]}
    print(json.dumps({**figures, "failed": steady.failed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
