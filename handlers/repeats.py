"""What Slack sends a second time, long after the first.

A repetition within moments is Slack's answer to a lost acknowledgement: it is received anew, and every operation says
how things are. Much later, things may have changed: a switch turned back by then must not be turned again.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

AT_ONCE: Final = timedelta(minutes=1)
REMEMBERED: Final = 5_000
"""Requests: those of more than an hour, at one a second. The oldest are forgotten first."""


class Repeats:
    """Remembers when each request arrived first, by its trigger id, which Slack never uses again."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, datetime] = OrderedDict()

    def comes_late(self, trigger_id: object, now: datetime) -> bool:
        """Tell whether a request that arrives `now` did so before, more than a minute ago. Without an id: no."""
        if not isinstance(trigger_id, str) or not trigger_id:
            return False
        first = self._first.setdefault(trigger_id, now)
        if len(self._first) > REMEMBERED:
            self._first.popitem(last=False)
        return now - first > AT_ONCE
