"""The methods users.* and usergroups.*."""

from sandbox.objects import by_id, user_group_json, user_json
from sandbox.records import JsonObject, User
from sandbox.refusals import SlackError
from sandbox.web_api.call import Call, Method


def _info(call: Call) -> JsonObject:
    user = call.space.users.get(call.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _json(call, user)}


def _list(call: Call) -> JsonObject:
    members = by_id(user for user in call.space.users.values() if not call.space.is_external(user))
    if not call.text("limit") and not call.text("cursor"):
        return {"members": [_json(call, user) for user in members], "response_metadata": {"next_cursor": ""}}
    page, metadata = call.page(members)
    return {"members": [_json(call, user) for user in page], **metadata}


def _lookup_by_email(call: Call) -> JsonObject:
    email = call.required("email").lower()
    for user in call.space.users.values():
        if user.email == email and not user.deleted:
            return {"user": _json(call, user)}
    raise SlackError("users_not_found")


def _groups(call: Call) -> JsonObject:
    groups = call.space.user_groups.values()
    team, with_users = call.space.team, call.flag("include_users")
    return {"usergroups": [user_group_json(group, team, with_users=with_users) for group in groups]}


def _group_members(call: Call) -> JsonObject:
    group = call.space.user_groups.get(call.required("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def _json(call: Call, user: User) -> JsonObject:
    answer = user_json(call.space, user, with_email="users:read.email" in call.space.app.scopes)
    if call.flag("include_locale") and not call.space.is_external(user):
        answer["locale"] = "en-US"
    return answer


METHODS = (
    Method("users.info", _info, "users:read"),
    Method("users.list", _list, "users:read"),
    Method("users.lookupByEmail", _lookup_by_email, "users:read.email"),
    Method("usergroups.list", _groups, "usergroups:read"),
    Method("usergroups.users.list", _group_members, "usergroups:read"),
)
