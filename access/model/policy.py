"""The numbers that an organisation may set."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings decide, fixed for the life of the process.

    `token_months`: calendar months that a token is valid. `handoff_time`: how long an offer stands.
    `self_approval`: whether one admin may propose and approve a contact alone. `overlap`: how long an old token works
    on beside its collected successor. `unused_for`: how long one whose use is known must not have been accepted before.
    `reminder_days`: how long before its expiry people are reminded of a token, the longest first. `time_zone`: the
    admin channel's, and that of readers of whom none is known. `require_contact_key`: credentials are shown encrypted
    to the contact's own key, or not at all. `retention_months`: after how many months what is finished is forgotten;
    None: never.
    """

    token_months: int = 6
    handoff_time: timedelta = timedelta(hours=72)
    self_approval: bool = False
    overlap: timedelta = timedelta(days=7)
    reminder_days: tuple[int, ...] = (60, 30, 14, 7, 3, 1)
    time_zone: str = "UTC"
    require_contact_key: bool = False
    retention_months: int | None = None

    nudge_before_lapse: timedelta = timedelta(hours=24)
    unused_for: timedelta = timedelta(days=7)
