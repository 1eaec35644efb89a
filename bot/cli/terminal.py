"""How commands speak with whoever types them."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

import typer
from rich.cells import cell_len

from access.model.credentials import contains_secret
from access.model.errors import AccessError
from bot.errors import CommandError
from handlers.error_text import explain


class Refused(CommandError):
    """An operation was refused. The message says what is so, and what to do next."""

    def __init__(self, refusal: AccessError) -> None:
        super().__init__(explain(refusal))


class UsedWrongly(CommandError):
    """A command was typed in a way that cannot be meant."""

    exit_code: ClassVar[int] = 2


def must_be_no_secret(text: str, what: str) -> None:
    """Raises UsedWrongly, where somebody typed something that looks like a secret in the place of `what`."""
    if contains_secret(text):
        raise UsedWrongly(
            f"That is no {what}: it looks like a token or a secret. Nothing of it was kept here, but perhaps your "
            "shell's history has it: delete it there. `thirdparty-bot identify` says whose it is, and can revoke it."
        )


def as_text(typed: str | None) -> str | None:
    """Return what was typed with a ? for each byte that is no text: no database can look for half a character."""
    return None if typed is None else typed.encode(errors="replace").decode()


def confirmed(question: str, *, otherwise: str) -> bool:
    """Ask on the terminal; no answer is a no.

    Raises: UsedWrongly, where there is nobody to ask; it names the option that makes the question unnecessary.
    """
    if not sys.stdin.isatty():
        raise UsedWrongly(f"There is no terminal to ask on. If it is to be done all the same, add {otherwise}.")
    return typer.confirm(question)


def instant(at: datetime | None) -> str:
    """Write an instant for people, to the minute."""
    return "never" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def printable(text: str) -> str:
    """Leave out of a text what would do something to a terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """Write rows of equal length one below the other, each column as wide as its widest entry."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    return "\n".join(_line(row, widths) for row in shown)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
