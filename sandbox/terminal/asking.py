"""Questions that several parts of the terminal put to the person."""

from collections.abc import Awaitable, Callable

from sandbox.elements import Control
from sandbox.people import Person
from sandbox.terminal.display import Display

Ask = Callable[[str], Awaitable[str | None]]
"""Shows a prompt and gives the line that was typed, None at the end of input."""


async def confirmed(control: Control, person: Person, ask: Ask, display: Display) -> bool:
    """Show the confirmation dialog of a button, if it has one, and ask; only a clear yes is one."""
    dialog = person.screen.confirmation(control)
    if not dialog:
        return True
    display.head("┌ Are you sure?")
    display.reading(dialog)
    answer = await ask("  yes or no: ")
    return (answer or "").strip().casefold() in ("y", "yes")


def options(control: Control) -> list[str]:
    """The labels of what a menu offers; nothing for an element that offers nothing of its own."""
    groups = control.element.get("option_groups", [control.element])
    return [option["text"]["text"] for group in groups for option in group.get("options", [])]


def option_meant(typed: str, choices: list[str]) -> str:
    """The choice of that number, else what was typed."""
    return choices[int(typed) - 1] if typed.isdecimal() and 0 < int(typed) <= len(choices) else typed


async def chosen(control: Control, prompt: str, ask: Ask, display: Display) -> str | None:
    """Show what a menu offers and ask for one of it: by number, by label, or freely where it offers nothing itself."""
    choices = options(control)
    for number, choice in enumerate(choices, 1):
        display.say(f"    {number} = {choice}")
    line = await ask(prompt)
    return None if line is None else option_meant(line.strip(), choices)
