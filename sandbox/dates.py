"""Slack's `<!date^…>`: an instant as each reader sees it, in their own time zone.

Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HALF_A_YEAR = timedelta(days=183)
_TOKEN = re.compile(r"\{(\w+)\}")


def read_date(timestamp: str, form: str, fallback: str, *, now: datetime, tz: tzinfo) -> str:
    """Write an instant the way Slack's own clients do, in English.

    `timestamp` is in seconds since 1970 UTC, `form` holds tokens such as `{date_short_pretty} at {time}`, `fallback`
    is the answer for a timestamp that is none; `now` is aware, `tz` is the reader's zone.
    """
    try:
        at = datetime.fromtimestamp(int(timestamp), UTC).astimezone(tz)
    except (ValueError, OverflowError, OSError):
        return fallback
    today = now.astimezone(tz)

    def written(token: re.Match[str]) -> str:
        writer = _WRITERS.get(token[1])
        return writer(at, today) if writer else token[0]

    return _TOKEN.sub(written, form)


def _ordinal(day: int) -> str:
    return f"{day}{'th' if day in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _with_year(text: str, at: datetime, now: datetime) -> str:
    """The year is left out of a date within six months."""
    return text if abs(at - now) < _HALF_A_YEAR else f"{text}, {at.year}"


def _date(at: datetime, now: datetime) -> str:
    return _with_year(f"{_MONTHS[at.month - 1]} {_ordinal(at.day)}", at, now)


def _date_short(at: datetime, now: datetime) -> str:
    return _with_year(f"{_MONTHS[at.month - 1][:3]} {at.day}", at, now)


def _date_long(at: datetime, now: datetime) -> str:
    return f"{_DAYS[at.weekday()]}, {_date(at, now)}"


def _time(at: datetime, now: datetime) -> str:
    return f"{(at.hour + 11) % 12 + 1}:{at.minute:02} {'AM' if at.hour < 12 else 'PM'}"


def _time_secs(at: datetime, now: datetime) -> str:
    return _time(at, now).replace(" ", f":{at.second:02} ")


def _ago(at: datetime, now: datetime) -> str:
    seconds = int(abs(now - at).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count = seconds // length
        if count:
            span = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{span} ago" if at < now else f"in {span}"
    return "now"


def _pretty(plain: Callable[[datetime, datetime], str]) -> Callable[[datetime, datetime], str]:
    def writer(at: datetime, now: datetime) -> str:
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
        return near.get((at.date() - now.date()).days) or plain(at, now)

    return writer


_WRITERS: Mapping[str, Callable[[datetime, datetime], str]] = {
    "date_num": lambda at, now: f"{at:%Y-%m-%d}",
    "date_slash": lambda at, now: f"{at:%m/%d/%Y}",
    "date": _date,
    "date_short": _date_short,
    "date_long": _date_long,
    "date_pretty": _pretty(_date),
    "date_short_pretty": _pretty(_date_short),
    "date_long_pretty": _pretty(_date_long),
    "time": _time,
    "time_secs": _time_secs,
    "ago": _ago,
}
