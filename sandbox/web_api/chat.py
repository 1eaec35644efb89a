"""The methods chat.*."""

from sandbox import cast
from sandbox.limits import check_message
from sandbox.messages import Message
from sandbox.objects import message_json
from sandbox.records import Channel, JsonObject
from sandbox.refusals import SlackError
from sandbox.web_api.call import Call, Method


def _post_message(call: Call) -> JsonObject:
    channel = _target(call)
    content = _content(call)
    message = call.space.post_as_bot(channel, content)
    return {"channel": channel.id, "ts": message.ts, "message": _posted(call, message)}


def _post_ephemeral(call: Call) -> JsonObject:
    channel = _target(call)
    user_id = call.required("user")
    if user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(call)
    return {"message_ts": call.space.post_as_bot(channel, content, visible_to=user_id).ts}


def _update(call: Call) -> JsonObject:
    message = _own_message(call, "cant_update_message")
    content = _content(call, updated=message)
    call.space.messages.update(message, content)
    posted = _posted(call, message)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": posted}


def _delete(call: Call) -> JsonObject:
    message = _own_message(call, "cant_delete_message")
    call.space.messages.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def _target(call: Call) -> Channel:
    """Where to post: a channel, or a user, which means the direct messages with them."""
    name = call.text("channel")
    space = call.space
    user = space.users.get(name)
    if user is not None and not user.is_bot and space.is_visible(user) and not user.deleted:
        channel = space.open_direct_messages(user)
    else:
        channel = space.reach_as_member(name)
    if channel.kind == "im":
        if not space.app.messages_tab:
            raise SlackError("messages_tab_disabled")
        if any(space.users[member].deleted or space.users[member].stranger for member in channel.members):
            raise SlackError("channel_not_found")
    return channel


def _content(call: Call, updated: Message | None = None) -> JsonObject:
    """The message's text, blocks and metadata, checked.

    Raises: SlackError for what Slack refuses.
    """
    content = {name: call.structure(name) for name in ("blocks", "metadata") if call.text(name)}
    content |= {name: call.text(name) for name in ("text", "thread_ts") if call.text(name)}
    kept = {"blocks": updated.blocks} if updated else {}
    refused = check_message(kept | content, updates=updated is not None)
    if refused is not None:
        raise SlackError.with_messages(*refused)
    return content


def _own_message(call: Call, otherwise: str) -> Message:
    channel = call.space.reach_as_member(call.required("channel"))
    message = call.space.messages.find(channel.id, call.required("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.author != call.space.bot.id:
        raise SlackError(otherwise)
    return message


def _posted(call: Call, message: Message) -> JsonObject:
    profile = {
        "id": cast.BOT_ID,
        "app_id": cast.APP_ID,
        "name": call.space.app.name,
        "deleted": False,
        "team_id": call.space.team.id,
    }
    return message_json(call.space, message, with_metadata=True) | {"bot_profile": profile}


METHODS = (
    Method("chat.postMessage", _post_message, "chat:write", takes_json=True),
    Method("chat.postEphemeral", _post_ephemeral, "chat:write", takes_json=True),
    Method("chat.update", _update, "chat:write", takes_json=True),
    Method("chat.delete", _delete, "chat:write", takes_json=True),
)
