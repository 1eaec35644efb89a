"""What an owner of the workspace changes in it."""

from dataclasses import replace
from datetime import datetime

from sandbox.chance import slack_id
from sandbox.delivery import Delivery
from sandbox.objects import user_json
from sandbox.records import Channel, User
from sandbox.refusals import Impossible
from sandbox.workspace import Workspace


class Changes:
    """The administration of the workspace. The app hears of changed users where it has subscribed to `user_change`."""

    def __init__(self, space: Workspace, delivery: Delivery) -> None:
        self._space = space
        self._delivery = delivery

    def deactivate(self, handle: str) -> None:
        """End an account."""
        user = self._space.user(handle)
        user.deleted = True
        self._announce(user)

    def reactivate(self, handle: str) -> None:
        """Let somebody sign in again."""
        user = self._space.user(handle)
        user.deleted = False
        self._announce(user)

    def make_admin(self, handle: str, is_admin: bool = True) -> None:
        """Make a member an admin of the workspace, or no longer."""
        user = self._space.user(handle)
        user.is_admin = is_admin
        user.is_owner = user.is_owner and is_admin
        self._announce(user)

    def make_guest_expire(self, handle: str, at: datetime) -> None:
        """Let a guest's account end at an instant."""
        user = self._space.user(handle)
        if not user.guest:
            raise Impossible(f"{handle} is no guest")
        user.guest_until = at
        self._announce(user)

    def make_stranger(self, handle: str) -> None:
        """Stop sharing channels with somebody of another organisation, of whom the app is told nothing."""
        user = self._space.user(handle)
        if not self._space.is_external(user):
            raise Impossible(f"{handle} is of this workspace")
        user.stranger = True
        for channel in self._space.places_of(user):
            if channel.kind != "im":
                channel.members.remove(user.id)

    def add_channel(self, name: str, *members: str, private: bool = False) -> str:
        """Add a channel with members by handle; the bot's handle makes it one. Returns: its id."""
        ids = [self._space.user(member).id for member in members]
        channel = Channel(slack_id("C"), name, "private" if private else "public", ids)
        self._space.channels[channel.id] = channel
        return channel.id

    def archive_channel(self, place: str) -> None:
        """Archive a channel, by "#name"."""
        self._space.channel(place).archived = True

    def remove_from_channel(self, place: str, handle: str) -> None:
        """Remove somebody, or the bot, from a channel."""
        self._space.channel(place).members.remove(self._space.user(handle).id)

    def share_channel(self, place: str, handle: str) -> None:
        """Share a channel with somebody of another organisation."""
        channel, user = self._space.channel(place), self._space.user(handle)
        channel.members.append(user.id)
        channel.shared_with.append(user.team_id)
        user.stranger = False

    def invite_organisation(self, place: str, team_id: str) -> None:
        """Invite another organisation into a channel; it has not accepted yet."""
        self._space.channel(place).invited.append(team_id)

    def withdraw_scope(self, scope: str) -> None:
        """Install the app without a bot scope that its manifest asks for."""
        app = self._space.app
        self._space.app = replace(app, scopes=app.scopes - {scope})

    def limit_app_token(self, *scopes: str) -> None:
        """Let the app-level token have these scopes and no others."""
        self._space.app_token_scopes = frozenset(scopes)

    def set_user_group(self, handle: str, *members: str) -> None:
        """Replace the members of a user group, all by handle."""
        group = next(group for group in self._space.user_groups.values() if group.handle == handle.removeprefix("@"))
        group.members = [self._space.user(member).id for member in members]

    def _announce(self, user: User) -> None:
        event = {
            "type": "user_change",
            "user": user_json(self._space, user, with_email=False),
            "cache_ts": int(self._space.clock.now().timestamp()),
        }
        self._delivery.announce(event)
