"""Memory that is free goes back to the system."""

import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Options of mallopt(3), as malloc.h numbers them."""

_AT_THE_START: Final = 128 * 1024
"""Bytes: what the C library begins with, for both thresholds. One that is set does not move any more."""


def give_back_what_is_free() -> None:
    """Have GNU's C library keep no more for later than it does at the start of a process; others are left alone.

    By itself it keeps the more, the larger the pieces are that it was given back: after some thousand cards and lists
    a third of what it holds is free, in pieces, and lost to everybody else.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(_M_TRIM_THRESHOLD, _AT_THE_START)
    mallopt(_M_MMAP_THRESHOLD, _AT_THE_START)
    mallopt(_M_ARENA_MAX, 2)  # the loop's, and one for all threads
