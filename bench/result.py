"""One figure of a measurement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A measured value. `goal` is the most it may be, or None where there is no goal."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met."""
        return None if self.goal is None else self.value <= self.goal

    def as_json(self) -> dict[str, str | float | bool | None]:
        """Return the entry of `build/bench.json`."""
        return {"name": self.name, "value": self.value, "unit": self.unit, "goal": self.goal, "met": self.met}
