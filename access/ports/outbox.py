"""The messages of one workspace that are promised, and how they are written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from access.model.ids import WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.model.rendered import Rendered


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """An outbox row whose turn has come, claimed for this attempt.

    `attempts` counts this one. `channel`, `ts` and `sent_at` are set once it was posted: then it is to be updated in
    place. `revision` is what the row asked to be shown when it was claimed. `uncertain_since` is the time of the first
    attempt whose outcome nobody knows: the message may be in Slack already.
    """

    id: str
    workspace: WorkspaceId
    message: PlannedMessage
    attempts: int
    revision: int
    channel: str | None = None
    ts: str | None = None
    sent_at: datetime | None = None
    uncertain_since: datetime | None = None


class OutboxEnd(StrEnum):
    """How a message ended that was not, or not any more, to be sent."""

    DROPPED = "dropped"
    UNDELIVERABLE = "undeliverable"
    SPREAD = "spread"


LONGEST_WAIT: Final = timedelta(hours=1)
"""No message is put off for longer; the longest is what Slack may ask for."""

TOO_LONG: Final = LONGEST_WAIT + timedelta(minutes=5)  # a clock is set a little all the time
"""A message that seems to be put off for longer than this shows that the clock was set back."""


class Outbox(Protocol):
    """The messages that are promised and not yet sent."""

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[QueuedMessage]:
        """Claim due messages, in the order of their planning.

        Without a word about them by `until`, they are due again, as uncertain. One that seems to be put off for more
        than TOO_LONG is due as well.
        """

    async def posted(self, queued: QueuedMessage, channel: str, ts: str, at: datetime) -> None:
        """Note that the message is in Slack, as it was at the claimed revision."""

    async def postpone(
        self, queued: QueuedMessage, until: datetime, *, uncertain: bool, error: str | None = None
    ) -> None:
        """Try again at `until`. `uncertain`: this attempt may have reached Slack all the same. `error`: why it failed.

        Without an `error` nothing was tried, and that of the attempt before stays.
        """

    async def close(self, queued: QueuedMessage, end: OutboxEnd, at: datetime, error: str | None = None) -> None:
        """Give the message up."""

    async def set_aside(self, but: Collection[tuple[MessageKind, str]], at: datetime) -> int:
        """Give up what waits to be posted, because it may have been posted long ago; return how many there were.

        Those of a kind about a subject are posted all the same, as messages that the reader may have read already.
        """


class Renderer(Protocol):
    """From a queued message to what Slack shows."""

    async def render(
        self, workspace: WorkspaceId, message: PlannedMessage, *, sent_at: datetime | None = None
    ) -> Rendered | None:
        """Write a queued message from the state at this moment, or return None when it has become moot.

        `sent_at`: it is in Slack already, since then, so it says what has become of what it said.
        """
