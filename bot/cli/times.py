"""Days and instants as somebody types them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.cli.terminal import UsedWrongly

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ONE_DAY: Final = timedelta(days=1)


def beginning(text: str | None, option: str) -> datetime | None:
    """Return the instant that is meant, or when the day that is meant begins. Raises UsedWrongly."""
    return None if text is None else _read(text, option)[0]


def end(text: str | None, option: str) -> datetime | None:
    """Return the instant that is meant, or when the day that is meant is over. Raises UsedWrongly."""
    if text is None:
        return None
    at, is_day = _read(text, option)
    return min(at, datetime.max.replace(tzinfo=UTC) - _ONE_DAY) + (_ONE_DAY if is_day else timedelta())


def _read(text: str, option: str) -> tuple[datetime, bool]:
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), UTC), True
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), False
    except (ValueError, OverflowError):
        raise UsedWrongly(
            f"{option} takes a day, as in 2026-03-31, or an instant, as in 2026-03-31T09:00+02:00; without a time "
            "zone it is UTC."
        ) from None
