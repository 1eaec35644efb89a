"""Messages and views in words, as one person reads them."""

from sandbox.elements import Control
from sandbox.messages import Message
from sandbox.reading import read_blocks, read_mrkdwn, read_text
from sandbox.records import JsonObject, User
from sandbox.views import View
from sandbox.workspace import Workspace


class Screen:
    """What one person has before their eyes: names instead of ids, times in their own zone."""

    def __init__(self, user: User, space: Workspace) -> None:
        self._user = user
        self._space = space

    def message(self, message: Message) -> str:
        """A message; its blocks where it has some, else its text."""
        if message.blocks:
            return self._blocks(message.blocks)
        space = self._space
        return read_mrkdwn(message.text, names=space.name_of, now=space.clock.now(), tz=self._user.zone)

    def view(self, view: View) -> str:
        """A view: title, trouble, blocks, and what stands under the inputs."""
        title = view.body["title"]["text"] if "title" in view.body else ""
        errors = [f"{label}: {text}" for label, text in self.errors(view).items()]
        return "\n".join(filter(None, [title, view.trouble, self._blocks(view.blocks), *errors]))

    def errors(self, view: View) -> dict[str, str]:
        """What stands under the inputs of a view, by their labels."""
        return {
            control.label: view.errors[control.block_id]
            for control in view.controls()
            if control.is_input and control.block_id in view.errors
        }

    def confirmation(self, control: Control) -> str:
        """The dialog that asks before a button is pressed: title, text, its two buttons; "" when there is none."""
        dialog = control.element.get("confirm")
        if not dialog:
            return ""
        space = self._space
        parts = [
            read_text(dialog[part], names=space.name_of, now=space.clock.now(), tz=self._user.zone)
            for part in ("title", "text", "confirm", "deny")
        ]
        return "{}\n{}\n[{}] [{}]".format(*parts)

    def _blocks(self, blocks: list[JsonObject]) -> str:
        space = self._space
        return read_blocks(blocks, names=space.name_of, now=space.clock.now(), tz=self._user.zone)
