"""The documentation as it stands in the repository: its pages, and what they link to, show, and tell to type."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house import ROOT

TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [*TOP, *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^(?: {4}| {7}).*\n)+", re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Link:
    """A link, or a picture, on a page."""

    page: Path
    words: str
    to: str
    is_picture: bool

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: [{self.words}]({self.to})"

    @property
    def is_outside(self) -> bool:
        return "://" in self.to or self.to.startswith("mailto:")

    @property
    def file(self) -> Path:
        """What a relative link leads to."""
        place = self.to.partition("#")[0]
        return (self.page.parent / place).resolve() if place else self.page


def links(page: Path) -> Iterator[Link]:
    """All links and pictures of a page, in prose."""
    for sign, words, to in _LINK.findall(prose(page)):
        yield Link(page, words, to, is_picture=bool(sign))


def prose(page: Path) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]+`", "`code`", _FENCE.sub("", page.read_text()))


def anchors(page: Path) -> set[str]:
    """What can be linked to in a page, by the rule of repositories' hosts."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each block of code; an indented one has no language."""
    text = page.read_text()
    yield from ((language, block) for _, language, block in _FENCE.findall(text))
    for block in _INDENTED.findall(_FENCE.sub("", text)):
        yield "", block


def inline_code(page: Path) -> list[str]:
    """Code within sentences."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", _FENCE.sub("", page.read_text()))
