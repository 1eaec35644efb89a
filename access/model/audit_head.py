"""Where the audit trail ends: noted every day outside of the database, so that a trail that was cut shows.

Whoever can write to the database file can cut off the newest records, or put an older file back. What is left fits
itself. It does not fit what the admin channel was told before.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.working_hours import local_day, opening, zone_of

_KEY_ID_LENGTH: Final = 8
_MAC_LENGTH: Final = 32
_WRITTEN: Final = re.compile(
    rf"([1-9][0-9]{{0,17}}):([a-z0-9]{{{_KEY_ID_LENGTH}}}):([0-9a-f]{{{2 * _MAC_LENGTH}}})", re.ASCII
)
_AROUND: Final = "` \t\r\n"
"""What comes along when somebody copies it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last record at some time: its number and its MAC.

    It is no secret: it says nothing of what the records hold, and nobody can make a MAC from it.
    """

    number: int
    mac: bytes

    def __str__(self) -> str:
        """Write it as it is posted and read again: number, id of the key, the rest of the MAC in hex."""
        return f"{self.number}:{self.mac[:_KEY_ID_LENGTH].decode('ascii', 'replace')}:{self.mac[_KEY_ID_LENGTH:].hex()}"

    @classmethod
    def noted(cls, number: int, mac: bytes) -> "Head | None":
        """Return the head that a database has noted; None if it is none, because somebody else has written it."""
        head = cls(number, mac)
        return head if cls.parse(str(head)) == head else None

    @classmethod
    def parse(cls, text: str) -> "Head | None":
        """Read what was posted; None if it is anything else, or only a part of it."""
        written = _WRITTEN.fullmatch(text.strip(_AROUND).lower())
        if written is None:
            return None
        number, key_id, mac = written.groups()
        return cls(int(number), key_id.encode() + bytes.fromhex(mac))


@dataclass(frozen=True, slots=True)
class Morning:
    """A day on which the head is posted: its name, and the instant from which on it is."""

    day: str
    begins_at: datetime


def morning(now: datetime, time_zone: str) -> Morning | None:
    """Return today's morning, as soon as it is nine o'clock there, of any day of the week; None before.

    Records are made on weekends too, and who wants to cut some off does not wait for Monday.
    Source: product.md, Audit trail (the head is posted daily).
    """
    zone = zone_of(time_zone)
    day = local_day(now, zone)
    begins_at = opening(day, zone)
    return Morning(day.isoformat(), begins_at) if now >= begins_at else None
