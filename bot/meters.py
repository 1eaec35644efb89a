"""Counting what happens, in plain numbers: a check may spend a microsecond on it, and Prometheus's counters take more.

One thread counts and reads. What is counted begins at zero with the process, as Prometheus expects.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from access.model.errors import AskerUnknown, ClientUnknown, TokenOfAnother
from access.model.token import Verdict
from access.operations.revoke_presented_token import Revocation

_OF_EVERY_REQUEST: Final = ("malformed", "cannot_keep", "failed")
CHECKS: Final = (*(each.value for each in Verdict), "no_token", AskerUnknown.code, *_OF_EVERY_REQUEST)
"""What may come of a check."""

REVOCATIONS: Final = (
    *(each.value for each in Revocation),
    *(ClientUnknown.code, TokenOfAnother.code, "over_limit"),
    *_OF_EVERY_REQUEST,
)
"""What may come of a request to revoke a token."""

FAILURES: Final = ("put_off", "given_up")
"""What may become of a message that Slack did not take."""

BOUNDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds: most checks take less than half a millisecond, and one that takes a second was kept waiting."""


class RequestMeter:
    """Counts requests by their outcome, and how long they took: a `Meter` for routes.

    `outcomes` are those there are; any other one counts too. `time`: the event loop's clock, in seconds.
    """

    def __init__(self, outcomes: Iterable[str], time: Callable[[], float]) -> None:
        self.time: Final = time
        self.outcomes = Counter(dict.fromkeys(outcomes, 0))
        self.seconds = 0.0
        self._slots = [0] * (len(BOUNDS) + 1)

    def count(self, outcome: str, seconds: float) -> None:
        """Count a request that took so long."""
        self.outcomes[outcome] += 1
        self.seconds += seconds
        self._slots[bisect_left(BOUNDS, seconds)] += 1

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Yield how many took at most so long, for each bound and in all."""
        yield from zip((*map(str, BOUNDS), "+Inf"), accumulate(self._slots), strict=True)


class CommandMeter:
    """Counts what people type, press and submit."""

    def __init__(self) -> None:
        self.counted = Counter[tuple[str, str, str]]()

    def count(self, kind: str, name: str, outcome: str) -> None:
        """Count one. All three are words of our own tables."""
        self.counted[kind, name, outcome] += 1


@dataclass(frozen=True, slots=True)
class Meters:
    """All of one process."""

    checks: RequestMeter
    revocations: RequestMeter
    commands: CommandMeter
    messages: Counter[str]

    @classmethod
    def begin(cls, time: Callable[[], float]) -> "Meters":
        """Begin to count."""
        messages = Counter(dict.fromkeys(FAILURES, 0))
        return cls(RequestMeter(CHECKS, time), RequestMeter(REVOCATIONS, time), CommandMeter(), messages)
