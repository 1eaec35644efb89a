"""One running bot a database: a second one would post every message twice. And one who changes its keys."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from storage.errors import AlreadyRunning, StorageError
from storage.sqlite import database_path

_LONGEST: Final = 1_000


class RunLock:
    """An advisory lock on the file beside the database, for as long as the `with` block and at most the process live.

    The file stays: deleting it would let two processes hold locks on two files of one name.
    """

    def __init__(self, url: str, *, ending: str = "lock", held: type[StorageError] = AlreadyRunning) -> None:
        """`url`: `sqlite:///PATH`. Raises ValueError for another one.

        Another `ending` is another lock; `held` is what there is to say where somebody has it.
        """
        self._path = lock_path(url, ending)
        self._held = held
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises AlreadyRunning, or `held`; OSError, if the file can be neither opened nor made."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise self._held from None
        self._descriptor = descriptor
        return self

    def is_news(self, text: str) -> bool:
        """Note a text in the file; tell whether it is another one than was noted last, in this process or before it.

        False as well where it cannot be noted: better silence than the same news again and again.
        """
        if self._descriptor is None:
            return False
        try:
            before = os.pread(self._descriptor, _LONGEST, 0)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode()[:_LONGEST], 0)
        except OSError:
            return False
        return before != text.encode()[:_LONGEST]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_running(url: str) -> bool:
    """Tell whether a bot runs on the database; makes nothing.

    To look, it takes the lock for an instant, shared with others who look: a bot that starts in that very instant is
    told that another one is running.

    Raises: ValueError for another URL than `sqlite:///PATH`; OSError, if there is a file that cannot be opened.
    """
    try:
        descriptor = os.open(lock_path(url), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def lock_path(url: str, ending: str = "lock") -> Path:
    """Return the file beside the database `sqlite:///PATH`. Raises ValueError for another URL."""
    path = database_path(url)
    return path.with_name(f"{path.name}.{ending}")
