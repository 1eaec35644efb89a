"""What a person types, read without ever making the event loop wait for the keyboard."""

import asyncio
import contextlib
import importlib
import sys
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TextIO

_Asked = tuple[str, "asyncio.Future[str | None]"]


class Typed:
    """Lines from a terminal or a pipe, one whenever it is asked for.

    A thread of its own reads them: a read from a terminal cannot be cancelled, and the thread does not keep the
    process alive.
    """

    def __init__(self, stdin: TextIO, stdout: TextIO) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._asked: SimpleQueue[_Asked] = SimpleQueue()
        self._at_keyboard = stdin is sys.stdin and stdin.isatty()
        Thread(target=self._read, name="typed", daemon=True).start()

    async def ask(self, prompt: str) -> str | None:
        """Show a prompt and wait for a line. Gives it without its end, or None when there is no more input."""
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._asked.put((prompt, answer))
        return await answer

    def _read(self) -> None:
        while True:
            prompt, answer = self._asked.get()
            line = self._line(prompt)
            # The loop may be gone, and the question taken back, by the time somebody presses Enter.
            with contextlib.suppress(RuntimeError):
                answer.get_loop().call_soon_threadsafe(_resolve, answer, line)

    def _line(self, prompt: str) -> str | None:
        if self._at_keyboard:
            try:
                return input(prompt)
            except EOFError:
                return None
        line = self._stdin.readline()
        # A pipe shows nothing of what it carries; repeated here, the output reads as a transcript.
        self._stdout.write(f"{prompt}{line}" if line else f"{prompt}\n")
        self._stdout.flush()
        return line.rstrip("\r\n") if line else None


@contextlib.contextmanager
def editing(stdin: TextIO) -> Iterator[None]:
    """Arrow keys and a history while it lasts, where the system has them; the terminal as it was afterwards."""
    if not stdin.isatty():
        yield
        return
    try:
        importlib.import_module("readline")  # importing it is what teaches input() to edit
        termios = importlib.import_module("termios")
    except ImportError:
        yield
        return
    before = termios.tcgetattr(stdin)
    try:
        yield
    finally:
        # A read that was interrupted leaves the terminal without echo.
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)


def _resolve(answer: "asyncio.Future[str | None]", line: str | None) -> None:
    if not answer.done():
        answer.set_result(line)
