"""Every command that stands in the documentation."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.not_run import OF_ROOT
from tests.house import ROOT
from tests.house.markdown import code_blocks, inline_code

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/reference").glob("*.md")),
]
SLACK = "/thirdparty"
_BEGINNINGS = (SLACK, "thirdparty-bot ", "make ", "python -m ", ".venv/bin/")
"""By which a command is known in a sentence."""


def commands(pages: list[Path] = PAGES) -> set[str]:
    """Return them without the folder of the program and without comments."""
    found = {each for page in pages for each in (*_in_blocks(page), *_in_sentences(page))}
    return {each.replace("~/thirdparty/bin/thirdparty-bot", "thirdparty-bot") for each in found}


def _in_blocks(page: Path) -> Iterator[str]:
    for language, block in code_blocks(page):
        for line in block.splitlines():
            if language == "text":
                yield from re.findall(r"(?:^|(?<=  ))(/thirdparty\b.*?)(?:  .*)?$", line)
            elif language in ("", "sh") and line.strip() and page.name not in OF_ROOT:
                yield re.sub(r" +# .*$", "", line.strip())


def _in_sentences(page: Path) -> Iterator[str]:
    for code in inline_code(page):
        if code.startswith(_BEGINNINGS) and "…" not in code:
            yield code
