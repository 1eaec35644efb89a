"""Stand-ins for the clock, the system's generator and the seal of the audit trail: the only fakes of the tests."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

from access.model.ids import ReasonHash, WorkspaceId

MONDAY_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FrozenClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def set(self, now: datetime) -> None:
        self._now = now


class CountingRandom:
    """Values that look random, never repeat, and are the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._drawn = 0

    def identifier(self) -> str:
        return base64.b32encode(self.entropy(16)).decode().rstrip("=").lower()

    def entropy(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed}:{self._drawn}".encode()).digest(size)


class PlainSeal:
    """A chain like the real one, with a key that everybody knows."""

    def mac(self, previous: bytes, record: bytes) -> bytes:
        return b"key:" + hashlib.sha256(previous + b"|" + record).digest()

    def verify(self, previous: bytes, record: bytes, mac: bytes) -> bool:
        return mac == self.mac(previous, record)

    def missing_key(self, mac: bytes) -> str | None:
        return None


def plain_reason_hash(workspace: WorkspaceId, text: str) -> ReasonHash:
    """What a vault's `hash_reason` does, without a key."""
    return ReasonHash(hashlib.sha256(f"{workspace}|{text}".encode()).hexdigest())
