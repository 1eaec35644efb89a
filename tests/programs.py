"""`python -m bot …` as processes of their own, forked from one that has imported everything already.

More than a second of a processor's time goes into importing the house, and most tests of a program are about what comes
afterwards. Each is a process with input, output, folder, environment, signals and exit code of its own. That it starts
from nothing is for others to show: the first of `tests/bot/test_process.py`, `test_cli.py`, the wheel's test.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.house import ROOT


@dataclass
class Forked:
    """A running program, with what tests use of `asyncio.subprocess.Process`. `stderr` is None where it is `stdout`."""

    pid: int
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader | None
    _end: asyncio.StreamReader
    returncode: int | None = None

    def send_signal(self, which: signal.Signals) -> None:
        """Send it a signal. Raises: ProcessLookupError once it has ended."""
        os.kill(self.pid, which)

    def kill(self) -> None:
        """End it. Raises: ProcessLookupError once it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        self.send_signal(signal.SIGKILL)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Read all that it still says, and wait for its end."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read() if self.stderr else _nothing())
        if self.returncode is None:
            self.returncode = int(await self._end.read())
        return out, err


async def _nothing() -> bytes:
    return b""


@dataclass
class Programs:
    """Starts them."""

    _orders: socket.socket

    async def start(
        self,
        *words: str,
        cwd: Path,
        env: Mapping[str, str],
        given: bytes = b"",
        merged: bool = False,
    ) -> Forked:
        """Start `python -m bot` with these words; `given` is all of its input, `merged` puts stderr into stdout."""
        order = json.dumps({"words": words, "cwd": str(cwd), "env": dict(env)}).encode()
        (stdin, feed), (out, stdout), (err, stderr), (end, tell) = (os.pipe() for _ in range(4))
        os.write(feed, given)  # as much as a pipe takes: tests type little
        os.close(feed)
        socket.send_fds(self._orders, [order], [stdin, stdout, stdout if merged else stderr, tell])
        for each in (stdin, stdout, stderr, tell):
            os.close(each)
        ended = await _reading(end)
        pid = int(await ended.readline())
        if merged:
            os.close(err)
        return Forked(pid, await _reading(out), None if merged else await _reading(err), ended)


async def _reading(pipe: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    file = os.fdopen(pipe, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


@contextmanager
def nursery() -> Iterator[Programs]:
    """Start the process from which programs are forked; in the end it goes."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    with ours, subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()]):
        theirs.close()
        yield Programs(ours)
        ours.close()
