"""The numbers that an organisation may set."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings decide, fixed for the life of the process.

    `token_months`: calendar months that a token is valid. `handoff_time`: how long an offer stands.
    `self_approval`: whether one admin may propose and approve a contact alone.
    """

    token_months: int = 6
    handoff_time: timedelta = timedelta(hours=72)
    self_approval: bool = False

    nudge_before_lapse: timedelta = timedelta(hours=24)
