"""A disk that takes nothing more, and rights that even root does not have: the faults of a machine, for real."""

import ctypes
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PR_CAPBSET_DROP: Final = 24
_MAY_IGNORE_RIGHTS: Final = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def full_disk(process: int = 0) -> Iterator[None]:
    """Let no file of a process (this one, if 0) be written to: RLIMIT_FSIZE, which Python turns into an error."""
    _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))


def obey_rights() -> None:
    """As `preexec_fn`: the program that is started has to obey the rights of files, even where it runs as root."""
    for capability in _MAY_IGNORE_RIGHTS:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # without effect for anybody else
