"""What people are reminded of: a reader's reminders of one day in one message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.reminder import Reminder
from access.model.rendered import Rendered
from access.model.third_party import ThirdParty
from access.model.token import Token
from handlers.mrkdwn import code, instant, strong
from handlers.views.kit import message, section


@dataclass(frozen=True, slots=True)
class ReminderShown:
    """One reminder, and how it is with its token now. `matters`: there is something to be done about it still."""

    reminder: Reminder
    party: ThirdParty
    token: Token
    matters: bool
    now: datetime


def reminders(lines: Sequence[ReminderShown]) -> Rendered:
    """Say what expires when."""
    return message(*(section(_line(line)) for line in lines[:20]))


def _line(line: ReminderShown) -> str:
    expires = "expired" if line.token.expires_at <= line.now else "expires"
    which = f"The token {code(line.token.fingerprint)} of {strong(line.party.name)}"
    return f"{which} {expires} {instant(line.token.expires_at)}."
