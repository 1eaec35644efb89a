"""What the process holds in its memory stays there."""

import ctypes
import os
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_SUID_DUMP_DISABLE: Final = 0


def keep_to_ourselves() -> None:
    """Make files for this user alone, and let nobody have the memory, which holds keys and credentials.

    A core dump of size 0 is none, but for a kernel that pipes dumps to a program, which ignores that limit (core(5)).
    So on Linux the process is not dumpable besides. That also keeps other programs of the same user from attaching to
    it and from reading its environment in /proc (prctl(2), ptrace(2)).
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, _SUID_DUMP_DISABLE, 0, 0, 0)
