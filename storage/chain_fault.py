"""What was done to an audit trail that does not verify, as far as the records that are left can tell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from access.ports.machine import AuditSeal

_NEARBY: Final = 100
"""Among how many records a moved one is looked for: each is tried after each."""


class How(Enum):
    """What is wrong with a record."""

    CHANGED = auto()
    """It does not say what it said: the records after it hang on what it was."""

    FORGED = auto()
    """It is none that was written there: it was changed, or put in."""

    MISSING = auto()
    """It, and those up to `other`, are not there."""

    CLOSED_UP = auto()
    """It is not there, nor are those before the one that was `other` and has its number now."""

    INSERTED = auto()
    """It was put in before the one that belongs there, which is `other` now."""

    MOVED = auto()
    """It is the one that was `other`."""

    UNREADABLE = auto()
    """It cannot be read."""

    KEY_MISSING = auto()
    """It names a key that the keyring does not have: `key_id`."""

    CUT_OFF = auto()
    """It, and those up to `other`, are not there: the database notes that there were as many."""

    END_UNKNOWN = auto()
    """The note of where the records end is not there, or unreadable, so it may have been the next."""

    END_FALSE = auto()
    """The note of where the records end does not fit the one before it."""

    BEFORE_POSTED = auto()
    """The trail ends, with `other`, before the head that was posted."""

    NOT_AS_POSTED = auto()
    """It is another one than the head that was posted."""

    POSTED_PRUNED = auto()
    """It was posted, and pruned since with all up to `other`, so that nobody can tell whether it is the one."""

    BEGINNING_CUT = auto()
    """It, and those up to `other`, are not there, and no checkpoint has taken their place."""

    CHECKPOINT_FALSE = auto()
    """The checkpoint is none that the program wrote: nobody can tell whether the records before it were pruned."""

    CHECKPOINT_KEY_MISSING = auto()
    """The checkpoint names a key that the keyring does not have: `key_id`."""

    CHECKPOINT_OTHER = auto()
    """The checkpoint is another one than the records announce: an older one, or of another copy of the database."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first record that is wrong, or missing, and how."""

    number: int
    how: How
    other: int | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was found. `covered` gives what its MAC covers if that is its number; None: it is unreadable."""

    number: int | None
    mac: bytes
    covered: Callable[[int], bytes | None]

    def follows(self, before: bytes, number: int, seal: AuditSeal) -> bool:
        """Tell whether it was written after the record with the MAC `before`, as the one with that number."""
        covered = self.covered(number)
        return covered is not None and seal.verify(before, covered, self.mac)


def diagnosed(before: bytes, number: int, found: Sequence[Record], seal: AuditSeal) -> Wrong:
    """Say what is wrong where the record `number` should be, after the one with the MAC `before`.

    `found` is what is there from that place on, as far as it was read: at least one.
    """
    first, later = found[0], found[1:_NEARBY]
    if first.number is not None and first.number > number:
        return Wrong(number, How.MISSING if number > 1 else How.BEGINNING_CUT, other=first.number - 1)
    if first.number is not None and first.number < number:
        return Wrong(first.number, How.FORGED)
    if first.covered(number) is None:
        return Wrong(number, How.UNREADABLE)
    if (key_id := seal.missing_key(first.mac)) is not None:
        return Wrong(number, How.KEY_MISSING, key_id=key_id)
    moved = next(_numbers_of(first, number, later, seal), None)
    return _replaced(before, number, first, later, seal) if moved is None else Wrong(number, How.MOVED, other=moved)


def _numbers_of(record: Record, number: int, others: Sequence[Record], seal: AuditSeal) -> Iterator[int]:
    """Return which numbers a record may have had, after one of the others."""
    for other in others:
        for was in range(number + 1, number + _NEARBY):
            if record.follows(other.mac, was, seal):
                yield was


def _replaced(before: bytes, number: int, first: Record, later: Sequence[Record], seal: AuditSeal) -> Wrong:
    """Say what the records after it know of one that is not the one that was written there."""
    for record in later:
        if record.follows(before, number, seal):
            return Wrong(number, How.INSERTED, other=record.number)
    for removed in range(_NEARBY if later else 0):
        if later[0].follows(first.mac, number + 1 + removed, seal):
            return Wrong(number, How.CLOSED_UP, other=number + removed) if removed else Wrong(number, How.CHANGED)
    return Wrong(number, How.FORGED)
