"""A modal on a terminal: one field after the other, then submit, close or a button inside."""

from sandbox.elements import Control
from sandbox.modal import Modal
from sandbox.people import Person
from sandbox.refusals import Impossible
from sandbox.terminal.asking import Ask, chosen, confirmed, option_meant, options
from sandbox.terminal.display import Display

_SEVERAL = ("checkboxes", "multi_static_select", "multi_users_select")


class Form:
    """Whatever modal is in front of a person, until none is."""

    def __init__(self, person: Person, ask: Ask, display: Display) -> None:
        self._person = person
        self._ask = ask
        self._display = display

    async def fill_in(self) -> None:
        """Go through the open modal and those that come of it. At the end of input they are closed."""
        while (modal := self._person.modal) is not None:
            self._display.head(f"┌ {modal.title}")
            self._display.reading(modal.reading.removeprefix(modal.title).strip("\n"))
            if not (await self._fill_fields(modal) and await self._finish(modal)):
                await modal.close()

    async def _fill_fields(self, modal: Modal) -> bool:
        """Ask for every field. False at the end of input."""
        for control in self._controls(button=False):
            if not await self._fill(modal, control):
                return False
        return True

    async def _fill(self, modal: Modal, control: Control) -> bool:
        now = self._shown(modal.values.get(control.label))
        hint = f" [{now}]" if now else " (optional)" if control.optional else ""
        while (value := await chosen(control, f"  {control.label}{hint}: ", self._ask, self._display)) is not None:
            try:
                if value:
                    await self._enter(modal, control, value)
            except Impossible as error:
                self._display.problem(f"  {error}")
            else:
                return True
        return False

    async def _enter(self, modal: Modal, control: Control, value: str) -> None:
        if control.dispatches:
            await modal.choose(control.action_id, value)
        elif control.type in _SEVERAL:
            modal.set(control.action_id, [option_meant(part.strip(), options(control)) for part in value.split(",")])
        else:
            modal.set(control.action_id, value)

    async def _finish(self, modal: Modal) -> bool:
        """Submit, close, or press a button inside. False at the end of input."""
        self._display.buttons(_offered(modal))
        while (line := await self._ask("  > ")) is not None:
            typed = line.strip().casefold()
            if typed.isdecimal() and 0 < int(typed) <= len(modal.buttons):
                await self._press(modal, int(typed) - 1)
            elif modal.submit_label and typed in ("", "submit"):
                await modal.submit()
            elif typed in ("", "close"):
                await modal.close()
            else:
                self._display.problem("  Press Enter, or type one of the words or numbers above.")
                continue
            return True
        return False

    async def _press(self, modal: Modal, place: int) -> None:
        control = self._controls(button=True)[place]
        if await confirmed(control, self._person, self._ask, self._display):
            answer = await modal.press(place)
            if not answer.acknowledged:
                self._display.problem(f"  {answer.reading}")

    def _controls(self, *, button: bool) -> list[Control]:
        view = self._person.client.space.views.top(self._person.id)
        return [control for control in view.controls() if (control.type == "button") is button] if view else []

    def _shown(self, value: object) -> str:
        """A value as the person would type it: text, people as @handle, options by their labels."""
        if isinstance(value, list):
            return ", ".join(self._shown(each) for each in value)
        if isinstance(value, dict):
            return str(value["text"]["text"])
        user = self._person.client.space.users.get(str(value))
        return f"@{user.handle}" if user else str(value or "")


def _offered(modal: Modal) -> list[tuple[str, str]]:
    """What to type, and the button that it presses."""
    numbered = [(str(number), label) for number, label in enumerate(modal.buttons, 1)]
    if modal.submit_label:
        return [("Enter", modal.submit_label), ("close", modal.close_label), *numbered]
    return [("Enter", modal.close_label), *numbered]
