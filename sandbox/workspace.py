"""One Slack workspace with one installed app: the state behind everything else in this package."""

from collections.abc import Mapping
from typing import Any

from sandbox import cast
from sandbox.bell import Bell
from sandbox.chance import digits, hexadecimal, slack_id, word
from sandbox.clock import MovableClock
from sandbox.manifest import AppManifest
from sandbox.messages import Message, Messages
from sandbox.records import Channel, Team, User
from sandbox.refusals import SlackError
from sandbox.timing import Timing
from sandbox.triggers import Triggers
from sandbox.views import Views


class Workspace:
    """Users, channels, messages and views, and who may reach whom.

    Attributes:
        bell: Rings whenever something has changed.
        app_token_scopes: What the app-level token may do; a manifest does not say.
        external_modals: Whether people of other organisations may open modals; no document of Slack's settles it.
    """

    def __init__(
        self, manifest: Mapping[str, Any], clock: MovableClock, timing: Timing, team: Team = cast.HOME
    ) -> None:
        self.app = AppManifest.read(manifest)
        self.clock = clock
        self.timing = timing
        self.team = team
        self.teams = cast.teams(team)
        self.users = {user.id: user for user in cast.users(self.app.name, team)}
        self.channels = {channel.id: channel for channel in cast.channels()}
        self.user_groups = {group.id: group for group in cast.user_groups()}
        self.bot = self.users[cast.BOT_USER]
        self.bell = bell = Bell()
        self.messages = Messages(clock, bell)
        self.views = Views()
        self.triggers = Triggers(timing.trigger_lives)
        self.external_modals = True
        self.app_token_scopes = frozenset({"connections:write"})
        self.bot_token = f"xoxb-{digits(12)}-{digits(13)}-{word(24)}"
        self.app_token = f"xapp-1-{cast.APP_ID}-{digits(13)}-{hexadecimal(64)}"
        self.signing_secret = hexadecimal(32)
        self.verification_token = word(24)

    def user(self, handle: str) -> User:
        """Somebody by handle. Raises: KeyError."""
        for user in self.users.values():
            if user.handle == handle.removeprefix("@"):
                return user
        raise KeyError(handle)

    def channel(self, place: str) -> Channel:
        """A channel by "#name". Raises: KeyError."""
        for channel in self.channels.values():
            if channel.kind != "im" and channel.place == place:
                return channel
        raise KeyError(place)

    def direct_messages(self, user: User) -> Channel | None:
        """The direct messages of the bot with a user, if either has opened them."""
        members = {user.id, self.bot.id}
        direct = (channel for channel in self.channels.values() if channel.kind == "im")
        return next((channel for channel in direct if set(channel.members) == members), None)

    def open_direct_messages(self, user: User) -> Channel:
        """The direct messages of the bot with a user, made when there are none."""
        channel = self.direct_messages(user)
        if channel is None:
            shared = [] if user.team_id == self.team.id else [user.team_id]
            channel = Channel(slack_id("D"), "", "im", [user.id, self.bot.id], shared)
            self.channels[channel.id] = channel
        return channel

    def is_visible(self, user: User) -> bool:
        """Whether the bot can see somebody: of this workspace, or in a channel shared with it."""
        return user.team_id == self.team.id or not user.stranger

    def is_external(self, user: User) -> bool:
        """Whether somebody is of another organisation."""
        return user.team_id != self.team.id

    def places_of(self, user: User) -> list[Channel]:
        """Every conversation that somebody is a member of."""
        return [channel for channel in self.channels.values() if user.id in channel.members]

    def reach(self, name: str) -> Channel:
        """The channel that the bot means by an id or "#name", for posting and reading.

        Raises: SlackError channel_not_found for what does not exist or is hidden from the bot, not_in_channel.
        """
        channel = self.channels.get(name) or self._by_name(name)
        if channel is None or (channel.kind != "public" and self.bot.id not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def reach_as_member(self, name: str) -> Channel:
        """Like `reach`, for what only members may do. Raises: also not_in_channel, is_archived."""
        channel = self.reach(name)
        if self.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        if channel.archived:
            raise SlackError("is_archived")
        return channel

    def post_as_bot(self, channel: Channel, content: Mapping[str, Any], visible_to: str | None = None) -> Message:
        """Post what the app sends, checked already."""
        return self.messages.post(
            channel.id,
            self.bot.id,
            content.get("text") or "",
            content.get("blocks"),
            metadata=content.get("metadata"),
            thread_ts=content.get("thread_ts"),
            visible_to=visible_to,
        )

    def name_of(self, object_id: str) -> str:
        """What a person reads for an id in a mention: a display name, a channel's or a user group's name."""
        if object_id in self.users:
            return self.users[object_id].real_name
        if object_id in self.channels:
            return self.channels[object_id].name
        if object_id in self.user_groups:
            return self.user_groups[object_id].handle
        return object_id

    def _by_name(self, name: str) -> Channel | None:
        try:
            return self.channel(f"#{name.removeprefix('#')}")
        except KeyError:
            return None
