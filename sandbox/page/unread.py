"""What everybody has read on the page."""

from sandbox.records import Channel, User
from sandbox.workspace import Workspace

MOST = 99


class Unread:
    """The newest message that each person has had before their eyes, by channel.

    Attributes:
        marks: User id and channel id → its timestamp.
    """

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self.marks: dict[tuple[str, str], str] = {}

    def read(self, user: User, channel: Channel) -> None:
        """Everything in a channel has been before somebody's eyes."""
        newest = self._space.messages.newest(channel.id)
        if newest is not None and self.marks.get((user.id, channel.id)) != newest.ts:
            self.marks[user.id, channel.id] = newest.ts
            self._space.bell.ring()

    def count(self, user: User, channel: Channel) -> int:
        """How many messages of others somebody has not read, `MOST` at most."""
        since = float(self.marks.get((user.id, channel.id), "0"))
        return self._space.messages.unread_by(user.id, channel.id, since, MOST)

    def anywhere(self, user: User) -> int:
        """The same over all of somebody's channels."""
        return min(MOST, sum(self.count(user, channel) for channel in self._space.places_of(user)))
