"""Memory that is free goes back to the system."""

import ctypes
from typing import Final

_OPTIONS: Final = {"M_TRIM_THRESHOLD": (-1, 128 * 1024), "M_MMAP_THRESHOLD": (-3, 128 * 1024), "M_ARENA_MAX": (-8, 2)}
"""See mallopt(3). The sizes are what the C library begins with; the arenas are those of the loop and of all threads."""


def give_back_what_is_free() -> None:
    """Have GNU's C library keep no more for later than it does at the start of a process; others are left alone.

    By itself it keeps the more, the larger the pieces are that it was given back: after some thousand cards and lists
    a third of what it holds is free, in pieces, and lost to everybody else.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    for option, value in _OPTIONS.values():
        mallopt(option, value)
