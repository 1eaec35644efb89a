"""What an acknowledged submission does to a modal (docs: surfaces/modals, "Updating modals" and "Closing modals")."""

from sandbox.delivery import Reply
from sandbox.forms import REQUIRED, TROUBLE, complaint
from sandbox.records import JsonObject
from sandbox.refusals import SlackError
from sandbox.views import View, Views, accept


def complaints(view: View) -> dict[str, str]:
    """What the client refuses in the inputs of a view, by block id."""
    found = {}
    for control in view.controls():
        if control.is_input:
            state = view.state.get(control.block_id, {}).get(control.action_id)
            said = complaint(control, state) if state else REQUIRED
            if said:
                found[control.block_id] = said
    return found


def apply(view: View, reply: Reply, views: Views) -> View | None:
    """Do what the app answered to a submission.

    What Slack refuses, such as a view over its limits, is not reported to the app: the person reads of it in the modal.

    Returns: the view that the person has in front of them then, None when the window closes.
    """
    view.answered += 1
    if reply.acknowledged:
        try:
            return _apply(view, reply.body, views)
        except SlackError:
            pass
    view.trouble = TROUBLE
    return view


def _apply(view: View, body: JsonObject, views: Views) -> View | None:
    match body.get("response_action"):
        case None if not body:
            view.close()
            return view.stack[-1] if view.stack else None
        case "clear":
            view.stack.clear()
            return None
        case "update":
            view.show(_next_view(body))
            return view
        case "push":
            return views.push(view, _next_view(body))
        case "errors":
            view.errors = _errors(view, body)
            return view
        case _:
            raise SlackError("invalid_response_action")


def _next_view(body: JsonObject) -> JsonObject:
    view = body.get("view")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    accept(view, "modal")
    return view


def _errors(view: View, body: JsonObject) -> dict[str, str]:
    errors = body.get("errors")
    inputs = {control.block_id for control in view.controls() if control.is_input}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_arguments")
    return errors
