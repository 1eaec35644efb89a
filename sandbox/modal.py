"""A modal in front of a person, or their Home tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.client import NOT_SENT, Outcome
from sandbox.elements import Control
from sandbox.refusals import Impossible
from sandbox.seen import pick
from sandbox.views import View

if TYPE_CHECKING:
    from sandbox.answer import Answer
    from sandbox.people import Person


class Modal:
    """A view on the screen; it changes in place when the app updates it."""

    def __init__(self, person: Person, view: View) -> None:
        self._person = person
        self._view = view

    @property
    def title(self) -> str:
        """What stands at the top of the window."""
        return str(self._view.body.get("title", {"text": ""})["text"])

    @property
    def reading(self) -> str:
        """Title, what Slack complains about, the blocks in words, the errors under inputs."""
        return self._person.screen.view(self._view)

    @property
    def errors(self) -> dict[str, str]:
        """What stands under the inputs, by their labels; under "" what Slack says about the whole modal."""
        trouble = {"": self._view.trouble} if self._view.trouble else {}
        return trouble | self._person.screen.errors(self._view)

    @property
    def controls(self) -> list[Control]:
        """Everything that can be pressed or filled in, in reading order."""
        return self._view.controls()

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons inside, in reading order, without submit and close."""
        return [control.label for control in self._buttons()]

    @property
    def inputs(self) -> list[str]:
        """The labels of what can be filled in."""
        return [control.label for control in self._fields()]

    @property
    def submit_label(self) -> str | None:
        """The submit button, if there is one."""
        submit = self._view.body.get("submit")
        return str(submit["text"]) if submit else None

    @property
    def close_label(self) -> str:
        """The close button, Slack's own where the app named none."""
        close = self._view.body.get("close")
        return str(close["text"]) if close else "Cancel"

    @property
    def values(self) -> dict[str, object]:
        """What is entered at the moment, by label: text, an id, an option, None."""
        return {control.label: self._value(control) for control in self._fields()}

    def set(self, label: str, value: str | list[str]) -> Modal:
        """Enter something, by label or action id; people as "@omar", "" clears."""
        control = pick(self._fields(), label)
        state = self._person.client.entered(control, value)
        self._view.state.setdefault(control.block_id, {})[control.action_id] = state
        return self

    def fill(self, **values: str) -> Modal:
        """Enter several things; underscores in a name stand for spaces in a label."""
        for label, value in values.items():
            self.set(label, value)
        return self

    async def choose(self, label: str, value: str) -> Answer:
        """Choose from a menu that reports at once, or type into a field that does."""
        control = pick(self._fields(), label)
        return self._person.answer(await self._person.client.act_in_view(self._view, control, value))

    async def press(self, label: str | int, *, confirm: bool = True) -> Answer:
        """Press a button inside, by label or by its place in `buttons`."""
        control = pick(self._buttons(), label)
        if "confirm" in control.element and not confirm:
            return self._person.answer(Outcome(NOT_SENT))
        return self._person.answer(await self._person.client.act_in_view(self._view, control))

    async def act(self, control: Control, value: str = "") -> Answer:
        """Press or choose one of `controls`. Raises: Impossible where it has changed meanwhile."""
        if control not in self.controls:
            raise Impossible("this has changed meanwhile")
        return self._person.answer(await self._person.client.act_in_view(self._view, control, value))

    async def submit(self) -> Answer:
        """Press the submit button. What the form refuses is not sent: see `errors`."""
        if self.submit_label is None:
            raise Impossible(f"this modal has no submit button: {self.reading!r}")
        return self._person.answer(await self._person.client.submit(self._view))

    async def close(self) -> None:
        """Press the close button; the app hears of it only when the view asked for that."""
        await self._person.client.close(self._view)

    def _buttons(self) -> list[Control]:
        return [control for control in self._view.controls() if control.type == "button"]

    def _fields(self) -> list[Control]:
        return [control for control in self._view.controls() if control.type != "button"]

    def _value(self, control: Control) -> object:
        state = self._view.state.get(control.block_id, {}).get(control.action_id, {})
        return next((value for key, value in state.items() if key != "type"), None)

    def __repr__(self) -> str:
        return f"<modal: {self.reading!r}>"
