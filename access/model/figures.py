"""How much waits, and what comes next: what whoever runs the bot wants to see at a glance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

COUNTED_AT_MOST: Final = 10_000
"""Of each kind: more than that is much, and counting it should cost little."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one workspace at one moment.

    `to_post` and `to_update` count messages that are promised, and not in Slack or no longer true there;
    `oldest_planned_at` is when the first that is not in Slack was promised. `next_expiry_at`: of the collected tokens,
    neither revoked nor retired, the next one that expires. `offered` counts open handoffs, `unconfirmed` the collected
    ones whose token works, and of which nobody has said, and no check shown, that they work.
    """

    to_post: int
    to_update: int
    oldest_planned_at: datetime | None
    next_expiry_at: datetime | None
    offered: int
    unconfirmed: int
