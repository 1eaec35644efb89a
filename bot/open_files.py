"""How many files, and so connections, the process may have open."""

import resource
from typing import Final

_ENOUGH: Final = 65_536
_MOST_CONNECTIONS: Final = 16_384
_RESERVED: Final = 512
"""For the database, for Slack, for the public port, and for what the system opens by itself."""


def allow_many_files() -> None:
    """Raise the limit of open files as far as this user may: most systems begin with 1,024 (getrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """Return how many connections may be open, so that files remain for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _ENOUGH if soft == resource.RLIM_INFINITY else soft
    return min(max(files - _RESERVED, files // 2), _MOST_CONNECTIONS)
