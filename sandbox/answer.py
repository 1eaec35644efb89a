"""What comes back to a person for one payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.records import JsonObject

if TYPE_CHECKING:
    from sandbox.modal import Modal
    from sandbox.seen import Seen


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person, and a test, knows after acting once.

    Attributes:
        acknowledged: The app confirmed the payload in time. False, too, when nothing was sent.
        timed_out: It did not within Slack's limit.
        status: The HTTP status of the acknowledgement, in HTTP mode.
        body: What the acknowledgement carried.
        ephemeral: The message that the acknowledgement of a command put before the caller.
        modal: The modal that came of it: opened with its trigger id, or left after a submission.
        reading: What the person reads at once: that message, that modal, or what went wrong.
    """

    acknowledged: bool = False
    timed_out: bool = False
    status: int | None = None
    body: JsonObject = field(default_factory=dict)
    ephemeral: Seen | None = None
    modal: Modal | None = None
    reading: str = ""
