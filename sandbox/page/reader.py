"""Who looks at the page."""

from dataclasses import dataclass

from sandbox.mrkdwn import Reader
from sandbox.records import User
from sandbox.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class PageReader(Reader):
    """Somebody of the cast before the page: `me` is their user id."""

    me: str

    @classmethod
    def of(cls, user: User, space: Workspace) -> "PageReader":
        """The reader that this user is at this moment."""
        return cls(names=space.name_of, now=space.clock.now(), tz=user.zone, me=user.id)
