"""The messages of a workspace, ephemeral ones among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.bell import Bell
from sandbox.clock import MovableClock
from sandbox.elements import normalised
from sandbox.records import JsonObject


@dataclass(slots=True)
class Message:
    """A message as Slack keeps it.

    Attributes:
        visible_to: The only user who sees it, for an ephemeral message.
        edited_ts: When it was last updated, if ever.
        deleted: True once it is gone; whoever still holds the record sees that.
    """

    ts: str
    channel: str
    author: str
    text: str
    blocks: list[JsonObject] = field(default_factory=list)
    metadata: JsonObject | None = None
    thread_ts: str | None = None
    visible_to: str | None = None
    edited_ts: str | None = None
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        """Whether only one user sees it."""
        return self.visible_to is not None


class Messages:
    """All messages, by channel, oldest first.

    Attributes:
        log: Every message in the order of what happened, once more whenever it was updated or removed.
    """

    def __init__(self, clock: MovableClock, bell: Bell) -> None:
        self.log: list[Message] = []
        self._clock = clock
        self._bell = bell
        self._by_channel: dict[str, list[Message]] = {}
        self._last_micros = 0

    def post(
        self,
        channel: str,
        author: str,
        text: str,
        blocks: list[Any] | None = None,
        *,
        metadata: JsonObject | None = None,
        thread_ts: str | None = None,
        visible_to: str | None = None,
    ) -> Message:
        """Add a message now; its blocks get ids where they have none."""
        message = Message(
            self._next_ts(), channel, author, text, normalised(blocks or []), metadata, thread_ts, visible_to
        )
        self._by_channel.setdefault(channel, []).append(message)
        self._changed(message)
        return message

    def update(self, message: Message, content: JsonObject) -> None:
        """Replace what `content` names: text, blocks, metadata. The rest stays (docs: methods/chat.update)."""
        message.text = content.get("text") or message.text
        if content.get("blocks") is not None:
            message.blocks = normalised(content["blocks"])
        if content.get("metadata") is not None:
            message.metadata = content["metadata"] or None
        message.edited_ts = self._next_ts()
        self._changed(message)

    def delete(self, message: Message) -> None:
        """Remove a message for everybody."""
        self._by_channel[message.channel].remove(message)
        message.deleted = True
        self._changed(message)

    def find(self, channel: str, ts: str) -> Message | None:
        """The message, which is not ephemeral, at that time in that channel."""
        return next((each for each in self.lasting(channel) if each.ts == ts), None)

    def lasting(self, channel: str) -> list[Message]:
        """Everything in a channel that history keeps."""
        return [each for each in self._by_channel.get(channel, []) if not each.ephemeral]

    def seen_by(self, user: str, channel: str) -> list[Message]:
        """What a member of the channel sees in it, own ephemeral messages included."""
        return [each for each in self._by_channel.get(channel, []) if each.visible_to in (None, user)]

    def everything(self) -> Iterator[Message]:
        """Every message there is, channel by channel."""
        for messages in self._by_channel.values():
            yield from messages

    def restore(self, messages: Iterable[Message]) -> None:
        """Put back messages of an earlier time, in their order."""
        for message in messages:
            self._by_channel.setdefault(message.channel, []).append(message)
            self.log.append(message)
            stamp = (message.edited_ts or message.ts).replace(".", "")
            self._last_micros = max(self._last_micros, int(stamp))

    def newest(self, channel: str) -> Message | None:
        """The last message of a channel that history keeps."""
        return next((each for each in reversed(self._by_channel.get(channel, [])) if not each.ephemeral), None)

    def unread_by(self, user: str, channel: str, since: float, most: int) -> int:
        """How many lasting messages of others stand there since a timestamp, counted up to `most`."""
        count = 0
        for message in reversed(self._by_channel.get(channel, [])):
            if count == most or float(message.ts) <= since:
                break
            count += not message.ephemeral and message.author != user
        return count

    def _changed(self, message: Message) -> None:
        self.log.append(message)
        self._bell.ring()

    def _next_ts(self) -> str:
        """The clock's time in microseconds, made unique while the clock stands still."""
        self._last_micros = max(int(self._clock.now().timestamp() * 1_000_000), self._last_micros + 1)
        seconds, micros = divmod(self._last_micros, 1_000_000)
        return f"{seconds}.{micros:06d}"
