"""Users, channels, messages and views as Slack writes them in JSON."""

import copy
from collections.abc import Iterable

from sandbox import cast
from sandbox.messages import Message
from sandbox.records import Channel, JsonObject, Team, User, UserGroup
from sandbox.views import View
from sandbox.workspace import Workspace

_CREATED = 1_700_000_000


def user_json(space: Workspace, user: User, *, with_email: bool) -> JsonObject:
    """A user (docs: reference/objects/user-object). External profiles lack e-mail address and locale."""
    external = space.is_external(user)
    offset = space.clock.now().astimezone(user.zone).utcoffset()
    member: JsonObject = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.handle,
        "deleted": user.deleted,
        "profile": _profile(user, with_email=with_email and not external),
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": _CREATED,
    }
    if external:
        member["is_stranger"] = user.stranger
    if user.deleted:
        return member
    return member | {
        "color": "9f69e7",
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_admin": user.is_admin,
        "is_owner": user.is_owner,
        "is_primary_owner": user.is_owner,
        "is_restricted": bool(user.guest),
        "is_ultra_restricted": user.guest == "single",
        "is_email_confirmed": not user.is_bot,
    }


def channel_json(space: Workspace, channel: Channel) -> JsonObject:
    """A conversation (docs: reference/objects/conversation-object)."""
    shared = bool(channel.shared_with)
    common: JsonObject = {
        "id": channel.id,
        "created": _CREATED,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": space.team.id,
    }
    if channel.kind == "im":
        partner = next(member for member in channel.members if member != space.bot.id)
        return common | {
            "user": partner,
            "is_user_deleted": space.users[partner].deleted,
            "is_ext_shared": shared,
            "priority": 0,
        }
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_general": channel.name == "general",
        "is_member": space.bot.id in channel.members,
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_pending_ext_shared": bool(channel.invited),
        "pending_shared": list(channel.invited),
        "shared_team_ids": [space.team.id, *channel.shared_with],
        "creator": channel.members[0] if channel.members else "",
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def user_group_json(group: UserGroup, team: Team, *, with_users: bool) -> JsonObject:
    """A user group (docs: reference/objects/usergroup-object)."""
    answer: JsonObject = {
        "id": group.id,
        "team_id": team.id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "is_external": False,
        "date_create": _CREATED,
        "date_update": _CREATED,
        "date_delete": 0,
        "user_count": len(group.members),
    }
    return answer | {"users": list(group.members)} if with_users else answer


def message_json(space: Workspace, message: Message, *, with_metadata: bool = False) -> JsonObject:
    """A message as in history and in payloads."""
    author = space.users[message.author]
    answer: JsonObject = {
        "user": message.author,
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "team": author.team_id,
    }
    if author.is_bot:
        answer["bot_id"] = author.bot_id
    if author.id == space.bot.id:
        answer["app_id"] = cast.APP_ID
    if message.blocks:
        answer["blocks"] = copy.deepcopy(message.blocks)
    if message.thread_ts:
        answer["thread_ts"] = message.thread_ts
    if message.edited_ts:
        answer["edited"] = {"user": author.bot_id or author.id, "ts": message.edited_ts}
    if with_metadata and message.metadata:
        answer["metadata"] = message.metadata
    return answer


def view_json(space: Workspace, view: View) -> JsonObject:
    """A view (docs: reference/views), as the API answers it and payloads carry it."""
    body, below = view.body, view.stack.index(view) if view in view.stack else 0
    return {
        "id": view.id,
        # For a person of another organisation this is theirs (slackapi/bolt-python, pull request 734).
        "team_id": space.users[view.owner].team_id,
        "type": body["type"],
        "blocks": copy.deepcopy(view.blocks),
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": copy.deepcopy(view.state)},
        "hash": view.hash,
        "title": body.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.stack[below - 1].id if below else None,
        "root_view_id": view.stack[0].id if view.stack else view.id,
        "app_id": cast.APP_ID,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": space.team.id,
        "bot_id": cast.BOT_ID,
    }


def by_id(users: Iterable[User]) -> list[User]:
    """Users in the order in which Slack pages through them."""
    return sorted(users, key=lambda user: user.id)


def _profile(user: User, *, with_email: bool) -> JsonObject:
    profile: JsonObject = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.handle,
        "display_name_normalized": user.handle,
        "title": "",
        "team": user.team_id,
    }
    if with_email and user.email:
        profile["email"] = user.email
    if user.guest and user.guest_until:
        profile["guest_expiration_ts"] = int(user.guest_until.timestamp())
    if user.is_bot:
        profile |= {"bot_id": user.bot_id, "api_app_id": cast.APP_ID if user.id == cast.BOT_USER else ""}
    return profile
