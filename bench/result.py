"""One figure of a measurement."""

from dataclasses import dataclass


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
