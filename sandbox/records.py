"""What a workspace holds: teams, users, user groups, channels. Plain records, no behaviour of Slack's."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Team:
    """An organisation's workspace."""

    id: str
    name: str
    domain: str


@dataclass(slots=True)
class User:
    """An account as Slack keeps it.

    Attributes:
        guest: "multi" and "single" are multi-channel and single-channel guests.
        guest_until: When a guest's account ends, UTC.
        stranger: Of another organisation, in no channel shared with ours.
    """

    id: str
    handle: str
    real_name: str
    team_id: str
    tz: str
    email: str = ""
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    bot_id: str = ""
    deleted: bool = False
    stranger: bool = False
    guest: Literal["", "multi", "single"] = ""
    guest_until: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of `tz`; UTC where there is none."""
        return ZoneInfo(self.tz or "UTC")


@dataclass(slots=True)
class UserGroup:
    """A user group such as `@access-admins`."""

    id: str
    handle: str
    name: str
    members: list[str]


@dataclass(slots=True)
class Channel:
    """A conversation.

    Attributes:
        members: User ids, the bot's among them where it is a member.
        shared_with: Ids of the other organisations in it.
        invited: Ids of those that were invited and have not accepted yet.
    """

    id: str
    name: str
    kind: Literal["public", "private", "im"]
    members: list[str] = field(default_factory=list)
    shared_with: list[str] = field(default_factory=list)
    invited: list[str] = field(default_factory=list)
    archived: bool = False

    @property
    def place(self) -> str:
        """What the people's interface calls it: "#name", or "bot" for the direct messages with the bot."""
        return "bot" if self.kind == "im" else f"#{self.name}"
