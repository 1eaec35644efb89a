"""auth.test, api.test, apps.connections.open."""

from sandbox import cast
from sandbox.records import JsonObject
from sandbox.refusals import SlackError
from sandbox.web_api.call import Call, Method


def _auth_test(call: Call) -> JsonObject:
    space = call.space
    return {
        "url": f"https://{space.team.domain}.slack.com/",
        "team": space.team.name,
        "user": space.bot.handle,
        "team_id": space.team.id,
        "user_id": space.bot.id,
        "bot_id": cast.BOT_ID,
        "is_enterprise_install": False,
    }


def _api_test(call: Call) -> JsonObject:
    if call.text("error"):
        raise SlackError(call.text("error"), args=dict(call.arguments))
    return {"args": dict(call.arguments)}


def _connections_open(call: Call) -> JsonObject:
    call.need_scope("connections:write", of_app_token=True)
    return {"url": call.ticket()}


METHODS = (
    Method("auth.test", _auth_test, token="any"),
    Method("api.test", _api_test, token="any", takes_json=True),
    Method("apps.connections.open", _connections_open, token="app"),
)
