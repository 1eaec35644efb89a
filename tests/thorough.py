"""How much is tried: a little in every run, everything under `HYPOTHESIS_PROFILE=thorough` (`tests/conftest.py`)."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

_T = TypeVar("_T")


def is_thorough() -> bool:
    return settings().max_examples >= 2_000


def attack(examples: int) -> settings:
    """So many examples, the same in every run; twenty times as many, each time others, where it is thorough."""
    return settings(
        max_examples=examples * (20 if is_thorough() else 1),
        derandomize=not is_thorough(),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def some(every: int, things: Sequence[_T]) -> Sequence[_T]:
    """Every so many-th thing, and all of them where it is thorough."""
    return things if is_thorough() else things[::every]
