"""Interactive elements of Block Kit: where they are, what a person can enter, the state Slack makes of it."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.chance import word
from sandbox.records import JsonObject
from sandbox.refusals import Impossible

TEXT_INPUTS = ("plain_text_input", "url_text_input", "email_text_input", "number_input")
_CHOICES = ("static_select", "radio_buttons")
_PICKED = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One interactive element in a list of blocks.

    Attributes:
        label: What a person calls it: a button's text, an input's label, a placeholder.
        is_input: It stands in an input block, so its value travels with a submission.
        dispatches: A change of it is reported to the app at once.
    """

    block_id: str
    element: JsonObject
    label: str
    is_input: bool = False
    optional: bool = False
    dispatches: bool = True

    @property
    def type(self) -> str:
        """Block Kit's name for the kind of element."""
        return str(self.element["type"])

    @property
    def action_id(self) -> str:
        """The app's name for it, or Slack's where the app gave none."""
        return str(self.element["action_id"])

    def is_called(self, name: str) -> bool:
        """Whether a person, or a test, means this element by `name`."""
        return name in (self.label, self.action_id) or self.label.casefold() == name.replace("_", " ").casefold()


def normalised(blocks: Sequence[Mapping[str, Any]]) -> list[JsonObject]:
    """A copy of blocks as Slack gives them back: with block ids, action ids and the defaults of text objects."""
    copies = [copy.deepcopy(dict(block)) for block in blocks]
    for block in copies:
        block.setdefault("block_id", word(5))
        for element in _elements(block):
            element.setdefault("action_id", word(5))
        _complete_texts(block)
    return copies


def controls(blocks: Sequence[JsonObject]) -> list[Control]:
    """Every interactive element of normalised blocks, in reading order."""
    return [_control(block, element) for block in blocks for element in _elements(block) if element["type"] != "image"]


def initial_state(control: Control) -> JsonObject | None:
    """The state of an element that nobody has touched; None for buttons and overflow menus, which have none."""
    element, kind = control.element, control.type
    if kind in TEXT_INPUTS:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in _CHOICES:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind in _PICKED:
        key = _PICKED[kind]
        return {"type": kind, key: element.get(key.replace("selected", "initial"))}
    return None


def entered_state(control: Control, value: str | list[str], resolve: Callable[[str], str]) -> JsonObject:
    """The state of an element after a person has entered `value`; an empty one clears it.

    `resolve` turns "@omar" or "#general" into an id.

    Raises: Impossible when the element does not offer the value.
    """
    kind = control.type
    if kind in TEXT_INPUTS:
        return {"type": kind, "value": str(value) or None}
    if kind == "checkboxes":
        wanted = [value] if isinstance(value, str) else value
        return {"type": kind, "selected_options": [_option(control, each) for each in wanted if each]}
    entered = str(value)
    if kind in _CHOICES or kind == "overflow":
        return {"type": kind, "selected_option": _option(control, entered) if value else None}
    if kind not in _PICKED:
        raise Impossible(f"a person cannot enter anything into a {kind}")
    picked = entered if kind == "datepicker" else resolve(entered) if value else None
    return {"type": kind, _PICKED[kind]: picked or None}


def is_empty(state: JsonObject) -> bool:
    """Whether nothing has been entered."""
    return not any(value for key, value in state.items() if key != "type")


def _elements(block: JsonObject) -> Iterator[JsonObject]:
    match block.get("type"):
        case "actions":
            yield from block["elements"]
        case "section" if "accessory" in block and block["accessory"]["type"] != "image":
            yield block["accessory"]
        case "input":
            yield block["element"]


def _control(block: JsonObject, element: JsonObject) -> Control:
    if block["type"] == "input":
        return Control(
            block["block_id"],
            element,
            block["label"]["text"],
            is_input=True,
            optional=bool(block.get("optional")),
            dispatches=bool(block.get("dispatch_action")),
        )
    named = element.get("text") or element.get("placeholder") or block.get("text") or {"text": element["type"]}
    return Control(block["block_id"], element, str(named["text"]))


def _option(control: Control, wanted: str) -> JsonObject:
    groups = control.element.get("option_groups", [])
    options = control.element.get("options") or [option for group in groups for option in group["options"]]
    found = [option for option in options if wanted in (option["text"]["text"], option.get("value"))]
    offered = [option["text"]["text"] for option in options]
    if len(found) != 1:
        raise Impossible(f"{control.label!r} does not offer {wanted!r}, but {offered}")
    return dict(found[0])


def _complete_texts(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _complete_texts(each)
    elif isinstance(node, dict):
        if node.get("type") == "plain_text":
            node.setdefault("emoji", True)
        elif node.get("type") == "mrkdwn":
            node.setdefault("verbatim", False)
        for each in node.values():
            _complete_texts(each)
