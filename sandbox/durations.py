"""How long somebody wants to wait: "1 day", "72 hours", "6 months"."""

import re
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

_WRITTEN = re.compile(r"(\d{1,5}|an?)\s*(minute|hour|day|week|month|year)s?", re.IGNORECASE | re.ASCII)
_UNITS = {
    "minute": relativedelta(minutes=1),
    "hour": relativedelta(hours=1),
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "year": relativedelta(years=1),
}


def duration(written: str, now: datetime) -> timedelta:
    """How long "6 months" is from `now`: months and years are calendar ones.

    Raises: ValueError for anything that is no duration, or that leads beyond the calendar's end.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError("no duration")
    count = int(found[1]) if found[1].isdigit() else 1
    try:
        return now + _UNITS[found[2].lower()] * count - now
    except OverflowError as error:
        raise ValueError("beyond the calendar's end") from error
