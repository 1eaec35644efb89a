"""The methods views.*."""

from sandbox.objects import view_json
from sandbox.records import JsonObject
from sandbox.refusals import SlackError
from sandbox.triggers import Trigger
from sandbox.views import View, accept, check_hash
from sandbox.web_api.call import Call, Method


def _open(call: Call) -> JsonObject:
    body = _body(call)
    accept(body, "modal")
    trigger = _trigger(call)
    view = call.space.views.open(trigger.user_id, body)
    return _opened(call, trigger, view)


def _push(call: Call) -> JsonObject:
    body = _body(call)
    accept(body, "modal")
    trigger = _trigger(call)
    if trigger.view_id is None:
        raise SlackError("invalid_trigger_id")
    view = call.space.views.push(call.space.views.find(trigger.view_id), body)
    return _opened(call, trigger, view)


def _update(call: Call) -> JsonObject:
    body = _body(call)
    view = call.space.views.find(call.text("view_id"), call.text("external_id"))
    accept(body, str(view.body["type"]))
    check_hash(view, call.text("hash"))
    view.show(body)
    return {"view": view_json(call.space, view)}


def _publish(call: Call) -> JsonObject:
    user = call.space.users.get(call.required("user_id"))
    if user is None:
        raise SlackError("user_not_found")
    if not call.space.app.home_tab:
        raise SlackError("not_enabled")
    body = _body(call)
    accept(body, "home")
    view = call.space.views.publish(user.id, body, call.text("hash"))
    return {"view": view_json(call.space, view)}


def _body(call: Call) -> JsonObject:
    body = call.structure("view")
    if not isinstance(body, dict):
        raise SlackError.with_messages("invalid_arguments", ["[ERROR] missing required field: view"])
    return body


def _trigger(call: Call) -> Trigger:
    trigger = call.space.triggers.exchange(call.text("trigger_id"))
    if call.space.is_external(call.space.users[trigger.user_id]) and not call.space.external_modals:
        raise SlackError("user_not_visible")
    return trigger


def _opened(call: Call, trigger: Trigger, view: View) -> JsonObject:
    trigger.opened = view
    return {"view": view_json(call.space, view)}


METHODS = (
    Method("views.open", _open, takes_json=True),
    Method("views.push", _push, takes_json=True),
    Method("views.update", _update, takes_json=True),
    Method("views.publish", _publish, takes_json=True),
)
