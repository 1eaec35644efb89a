"""Views on people's screens: modals in stacks of at most three, and Home tabs."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.chance import digits, hexadecimal, slack_id
from sandbox.elements import Control, controls, initial_state, normalised
from sandbox.limits import check_view
from sandbox.records import JsonObject
from sandbox.refusals import SlackError

STACK_LIMIT = 3


@dataclass(slots=True)
class View:
    """A view and what a person has entered into it.

    Attributes:
        body: The app's view, blocks completed.
        stack: The views of the same window, the visible one last.
        hash: Changes with every update (docs: methods/views.update, "Avoiding race conditions").
        state: Entered values by block id and action id.
        errors: What stands under the inputs, by block id.
        trouble: What Slack says about the window as a whole.
        answered: How many acknowledgements have changed it.
    """

    id: str
    owner: str
    body: JsonObject
    stack: list["View"] = field(default_factory=list, repr=False)
    hash: str = ""
    state: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    answered: int = 0

    @property
    def blocks(self) -> list[JsonObject]:
        """The blocks, with their ids."""
        blocks: list[JsonObject] = self.body["blocks"]
        return blocks

    @property
    def on_screen(self) -> bool:
        """Whether it is the visible one of its window."""
        return bool(self.stack) and self.stack[-1] is self

    def controls(self) -> list[Control]:
        """Everything that can be pressed or filled in."""
        return controls(self.blocks)

    def show(self, body: Mapping[str, Any]) -> None:
        """Replace the content. Values stay where block id and action id are the same."""
        before = self.state
        self.body = copy.deepcopy({key: value for key, value in body.items() if value is not None})
        self.body["blocks"] = normalised(self.body["blocks"])
        self.hash = f"{digits(10)}.{hexadecimal(8)}"
        self.errors, self.trouble, self.state = {}, "", {}
        for control in self.controls():
            state = before.get(control.block_id, {}).get(control.action_id) or initial_state(control)
            if state is not None and state["type"] == control.type:
                self.state.setdefault(control.block_id, {})[control.action_id] = state

    def close(self) -> None:
        """Leave the window; the view beneath is visible again."""
        self.stack.remove(self)

    def twin(self) -> "View":
        """The same view in a window of its own, as on a second device."""
        twin = View(self.id, self.owner, copy.deepcopy(self.body), [], self.hash, copy.deepcopy(self.state))
        twin.stack.append(twin)
        return twin


class Views:
    """Every window of everybody. What is shown here has been accepted before."""

    def __init__(self) -> None:
        self._views: dict[str, View] = {}
        self._screens: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def open(self, owner: str, body: Mapping[str, Any]) -> View:
        """Open a new window in front of the others. Raises: SlackError duplicate_external_id."""
        stack: list[View] = []
        view = self._add(owner, body, stack)
        self._screens[owner] = stack
        return view

    def push(self, on: View, body: Mapping[str, Any]) -> View:
        """Put a view on top of another one. Raises: SlackError push_limit_reached."""
        if len(on.stack) >= STACK_LIMIT:
            raise SlackError("push_limit_reached")
        return self._add(on.owner, body, on.stack)

    def publish(self, owner: str, body: Mapping[str, Any], expected_hash: str | None) -> View:
        """Show a Home tab."""
        home = self._homes.get(owner)
        if home is None:
            home = self._homes[owner] = View(slack_id("V"), owner, {})
        check_hash(home, expected_hash)
        home.show(body)
        self._views[home.id] = home
        return home

    def find(self, view_id: str | None = None, external_id: str | None = None) -> View:
        """A view that is still open.

        Raises: SlackError not_found.
        """
        for view in self._views.values():
            same = view.id == view_id if view_id else view.body.get("external_id") == external_id
            if same and (view.stack or view is self.home(view.owner)):
                return view
        raise SlackError("not_found")

    def known(self, view_id: str) -> View:
        """A view that there is or was. Raises: KeyError."""
        return self._views[view_id]

    def top(self, owner: str) -> View | None:
        """What a person has in front of them."""
        screen = self._screens.get(owner)
        return screen[-1] if screen else None

    def home(self, owner: str) -> View | None:
        """A person's published Home tab."""
        return self._homes.get(owner)

    def _add(self, owner: str, body: Mapping[str, Any], stack: list[View]) -> View:
        external_id = body.get("external_id")
        if external_id and any(each.body.get("external_id") == external_id for each in self._open_views()):
            raise SlackError("duplicate_external_id")
        view = View(slack_id("V"), owner, {}, stack)
        view.show(body)
        stack.append(view)
        self._views[view.id] = view
        return view

    def _open_views(self) -> list[View]:
        return [view for view in self._views.values() if view.stack]


def accept(body: Mapping[str, Any], kind: str) -> None:
    """Let a view pass that Slack takes.

    Raises: SlackError with Slack's code and messages.
    """
    if body.get("type") != kind:
        message = f"[ERROR] must be of type {kind} [json-pointer:/view/type]"
        raise SlackError.with_messages("invalid_arguments", [message])
    refused = check_view(body)
    if refused is not None:
        raise SlackError.with_messages(*refused)


def check_hash(view: View, expected: str | None) -> None:
    """Raises: SlackError hash_conflict when the view has changed since the app read `expected`."""
    if expected and expected != view.hash:
        raise SlackError("hash_conflict")
