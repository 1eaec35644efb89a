"""What the terminal shows."""

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console

from sandbox.mrkdwn import visible


class Display:
    """Lines on a terminal, in colour where it has any. What the bot wrote is text: never markup, never a control."""

    def __init__(self, stdout: TextIO) -> None:
        self._console = Console(file=stdout, markup=False, highlight=False, soft_wrap=True)

    def say(self, text: str = "", style: str = "") -> None:
        """Show the sandbox's own words."""
        self._console.print(visible(text), style=style)

    def head(self, text: str) -> None:
        """Show what the next lines belong to."""
        self.say()
        self.say(text, "bold")

    def note(self, text: str) -> None:
        """Show something by the way."""
        self.say(text, "dim")

    def problem(self, text: str) -> None:
        """Show what did not work."""
        self.say(text, "red")

    def reading(self, text: str) -> None:
        """Show what a person reads in Slack."""
        for line in text.split("\n"):
            self.say(f"│ {line}")

    def buttons(self, offered: Iterable[tuple[str, str]]) -> None:
        """Show what to type for which button."""
        row = "   ".join(f"{typed} = [{label}]" for typed, label in offered)
        if row:
            self.say(f"└ {row}", "cyan")

    def prompt(self, text: str) -> None:
        """Show a prompt once more, below what came in between."""
        self._console.print(text, end="")
        self._console.file.flush()
