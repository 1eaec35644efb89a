"""One figure of a measurement."""

from dataclasses import dataclass
from typing import Final

_SAID: Final = {None: "", True: "goal met", False: "GOAL MISSED"}


@dataclass(frozen=True, slots=True)
class Result:
    """A measured value. `goal` is the most it may be, or the least, or None where there is no goal.

    `spread`: the least and the most that was measured, where the value is their median.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    spread: tuple[float, float] | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_json(self) -> dict[str, object]:
        """Return the entry of `build/bench.json`."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "spread": self.spread,
            "goal": self.goal,
            "goal_is": None if self.goal is None else "the least" if self.at_least else "the most",
            "met": self.met,
        }


def show(results: list[Result]) -> list[Result]:
    """Print them, a line each, and return them."""
    for result in results:
        spread = "" if result.spread is None else "{:.4g} to {:.4g}".format(*result.spread)
        goal = "" if result.goal is None else f"at {'least' if result.at_least else 'most'} {result.goal:g}"
        line = f"{result.name:44} {result.value:12.3f} {result.unit:6} {spread:20} {goal:12} {_SAID[result.met]}"
        print(line.rstrip(), flush=True)
    return results
