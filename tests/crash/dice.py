"""Chance that comes out the same in every run with the same seed."""

from collections.abc import Sequence
from typing import TypeVar

from tests.fakes import CountingRandom

_T = TypeVar("_T")


class Dice:
    """A seeded source of decisions."""

    def __init__(self, seed: int) -> None:
        self._random = CountingRandom(seed)

    def below(self, limit: int) -> int:
        """An integer from 0 to `limit` - 1; the bias of the remainder is below one in 2**40."""
        return int.from_bytes(self._random.entropy(8)) % limit

    def share(self) -> float:
        """A number from 0 up to 1."""
        return self.below(2**24) / 2**24

    def chance(self, share: float) -> bool:
        return self.share() < share

    def pick(self, among: Sequence[_T]) -> _T:
        return among[self.below(len(among))]
