"""A table in preformatted text: columns of one width, whatever stands in them.

Nothing in preformatted rich text is a mention, a link or an emoji, so foreign text needs no escaping there. Source:
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from access.model.rendered import Block
from handlers.mrkdwn import isolated

_GAP: Final = "  "
_WIDE: Final = frozenset("WF")
_WITHOUT_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column. What is wider than `most` is cut; `right`: set flush right, like a number."""

    title: str
    most: int = 40
    right: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Block:
    """Return a table with a line of titles; every row has a cell for each column."""
    cells = [[column.title for column in columns], *rows]
    cut = [[_cut(cell, column.most) for cell, column in zip(row, columns, strict=True)] for row in cells]
    widths = [max(width(row[place]) for row in cut) for place in range(len(columns))]
    lines = [_GAP.join(_padded(*cell) for cell in zip(row, widths, columns, strict=True)).rstrip() for row in cut]
    text = {"type": "text", "text": "\n".join(lines)}
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [text]}]}


def width(text: str) -> int:
    """Return how many columns a text takes: two for a wide character, none for one that goes on top of another."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in _WITHOUT_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _cut(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    kept, taken = "", 0
    for character in text:
        taken += _width(character)
        if taken >= most:
            break
        kept += character
    return f"{kept}…"


def _padded(text: str, wide: int, column: Column) -> str:
    space, shown = " " * (wide - width(text)), isolated(text)
    return f"{space}{shown}" if column.right else f"{shown}{space}"
