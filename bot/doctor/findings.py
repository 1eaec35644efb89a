"""What the doctor says."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is with the one thing that was looked at."""

    OK = "ok"
    NOTE = "note"
    """It works; something about it is worth knowing."""

    PROBLEM = "problem"
    NOT_LOOKED_AT = "not looked at"
    """It depends on something that failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence or two about one thing.

    Attributes:
        name: What was looked at. Scripts may rely on it; there may be several findings of one name.
        found: What is the case, never with a secret in it; of a thing not looked at, why not.
        mend: What to do; of a problem always there.
    """

    name: str
    state: State
    found: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order in which a person should mend them."""

    findings: Sequence[Finding]
    settings_are_wrong: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything was looked at and no problem found."""
        return all(finding.state in (State.OK, State.NOTE) for finding in self.findings)

    @property
    def exit_status(self) -> int:
        """Return 0 where all is well, 2 where settings are wrong, 1 for everything else."""
        if self.settings_are_wrong:
            return 2
        return 0 if self.ok else 1

    def count(self, state: State) -> int:
        """Return how many findings are of a state."""
        return sum(finding.state is state for finding in self.findings)


def ok(name: str, found: str) -> Finding:
    """Say that a thing is as it should be."""
    return Finding(name, State.OK, found)


def note(name: str, found: str, mend: str) -> Finding:
    """Say what is worth knowing, and what could be done about it."""
    return Finding(name, State.NOTE, found, mend)


def problem(name: str, found: str, mend: str) -> Finding:
    """Say what is wrong, and how to mend it."""
    return Finding(name, State.PROBLEM, found, mend)


def not_looked_at(name: str, why: str) -> Finding:
    """Say why a thing could not be looked at."""
    return Finding(name, State.NOT_LOOKED_AT, why)
