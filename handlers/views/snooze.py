"""*Snooze*: the form that asks when somebody is to be reminded again, and the parsing of what it sends back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from access.model.token import Token
from access.model.working_hours import local_day, zone_of
from handlers import ids
from handlers.mrkdwn import code, instant, strong
from handlers.views.forms import NotOurForm
from handlers.views.kit import View, choice_input, modal, section

_FROM_NOW: Final[Mapping[int, str]] = {1: "Tomorrow", 3: "In 3 days", 7: "In a week", 14: "In two weeks"}
_SECONDS: Final = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class SnoozeShown:
    """When somebody may be reminded again of a token of the third party `name`. `next_at`: when they are anyway."""

    name: str
    token: Token
    choices: Sequence[datetime]
    next_at: datetime
    time_zone: str
    now: datetime


def snooze_form(shown: SnoozeShown) -> View:
    """Return the form. Its options are written in the time zone of whoever asked."""
    return modal(
        "Remind me again",
        [
            section(
                f"When shall I remind you again of the token {code(shown.token.fingerprint)} of {strong(shown.name)}? "
                "Everybody else's reminders go out as planned, and the next one comes, at the latest, "
                f"{instant(shown.next_at)}."
            ),
            choice_input(ids.WHEN_FIELD, "Remind me", [(_label(at, shown), _value(at)) for at in shown.choices]),
        ],
        callback=ids.SNOOZE_FORM,
        about=shown.token.id,
        submit="Remind me",
        close="Cancel",
    )


def parse_snooze_form(state: Mapping[str, Any]) -> datetime:
    """Return the time that was chosen. Raises NotOurForm."""
    match state.get(ids.WHEN_FIELD):
        case {ids.WHEN_FIELD: {"selected_option": {"value": str(value)}}} if _SECONDS.fullmatch(value):
            return datetime.fromtimestamp(int(value), UTC)
    raise NotOurForm


def _label(at: datetime, shown: SnoozeShown) -> str:
    zone = zone_of(shown.time_zone)
    local = at.astimezone(zone)
    distance = (local_day(at, zone) - local_day(shown.now, zone)).days
    from_now = f"{_FROM_NOW[distance]}, on " if distance in _FROM_NOW else "On "
    return f"{from_now}{local:%A} {local.day} {local:%B}, {local:%H:%M}"


def _value(at: datetime) -> str:
    return str(int(at.timestamp()))
