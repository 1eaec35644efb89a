"""The methods conversations.*."""

from sandbox.objects import channel_json, message_json
from sandbox.records import Channel, JsonObject, User
from sandbox.refusals import SlackError
from sandbox.web_api.call import Call, Method

_FAMILY = {"public": "channels", "private": "groups", "im": "im"}


def _open(call: Call) -> JsonObject:
    space = call.space
    if call.text("channel"):
        channel = space.reach(call.text("channel"))
        return {"no_op": True, "already_open": True, "channel": {"id": channel.id}}
    wanted = [user_id for user_id in call.text("users").split(",") if user_id]
    if not wanted:
        raise SlackError("users_list_not_supplied")
    if len(wanted) > 1:
        call.need_scope("mpim:write")
        raise SlackError("method_not_supported_for_channel_type")
    user = _partner(call, wanted[0])
    before = space.direct_messages(user)
    channel = before or space.open_direct_messages(user)
    shown = channel_json(space, channel) if call.flag("return_im") else {"id": channel.id}
    return {"no_op": before is not None, "already_open": before is not None, "channel": shown}


def _partner(call: Call, user_id: str) -> User:
    """Raises: SlackError for somebody whom the bot cannot write to."""
    user = call.space.users.get(user_id)
    if user is None:
        raise SlackError("user_not_found")
    if user.id == call.space.bot.id:
        raise SlackError("invalid_user_combination")
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    if not call.space.is_visible(user):
        raise SlackError("user_not_visible")
    if user.deleted:
        raise SlackError("user_disabled")
    return user


def _info(call: Call) -> JsonObject:
    channel = _found(call, "read")
    answer = channel_json(call.space, channel)
    if call.flag("include_num_members"):
        answer["num_members"] = len(channel.members)
    return {"channel": answer}


def _members(call: Call) -> JsonObject:
    page, metadata = call.page(_found(call, "read").members)
    return {"members": page, **metadata}


def _history(call: Call) -> JsonObject:
    channel = _found(call, "history")
    if call.space.bot.id not in channel.members:
        raise SlackError("not_in_channel")
    oldest, latest = _instant(call, "oldest", "ts_oldest"), _instant(call, "latest", "ts_latest")
    inclusive = call.flag("inclusive")
    kept = []
    for message in reversed(call.space.messages.lasting(channel.id)):
        ts = float(message.ts)
        on_edge = ts in (oldest, latest)
        if (inclusive and on_edge) or (not on_edge and (oldest or 0) < ts < (latest or float("inf"))):
            kept.append(message)
    page, metadata = call.page(kept)
    with_metadata = call.flag("include_all_metadata")
    return {
        "messages": [message_json(call.space, message, with_metadata=with_metadata) for message in page],
        "has_more": bool(metadata["response_metadata"]["next_cursor"]),
        "pin_count": 0,
        **metadata,
    }


def _found(call: Call, right: str) -> Channel:
    channel = call.space.reach(call.required("channel"))
    call.need_scope(f"{_FAMILY[channel.kind]}:{right}")
    return channel


def _instant(call: Call, name: str, error: str) -> float | None:
    try:
        return float(call.text(name)) if call.text(name) else None
    except ValueError:
        raise SlackError(f"invalid_{error}") from None


METHODS = (
    Method("conversations.open", _open, "im:write", takes_json=True),
    Method("conversations.info", _info),
    Method("conversations.members", _members),
    Method("conversations.history", _history),
)
