"""Gather the pages of the documentation site, for MkDocs to build.

`python -m docs.site` gathers them in build/pages, where mkdocs.yml looks for them. Most pages are the files of docs/ as
they are. The files that have to lie at the top of the repository are pages too: they are carried over, and links
between the two places are changed, so that each link works in the repository and in the site.
"""

import posixpath
import re
import shutil
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
TOP: Final = {
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "manifest.yml": "manifest.yml",
}
"""Files at the top of the repository, and what they are called in the site."""

_SHOWN: Final = (".md", ".png", ".svg", ".yaml", ".json", ".css", ".js")
_LINK: Final = re.compile(r"(\]\()(?!https?://|#)([^)#\s]+)")


def gather(pages: Path) -> None:
    """Write every page, and what pages show or link to, into a folder of its own."""
    if pages.exists():
        shutil.rmtree(pages)
    for file in sorted((ROOT / "docs").rglob("*")):
        if file.suffix in _SHOWN:
            _carry(file.relative_to(ROOT).as_posix(), file.relative_to(ROOT / "docs").as_posix(), pages)
    for source, page in TOP.items():
        _carry(source, page, pages)


def _carry(source: str, page: str, pages: Path) -> None:
    target = pages / page
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".md":
        target.write_text(linked(source, page, (ROOT / source).read_text("utf-8")), "utf-8")
    else:
        shutil.copyfile(ROOT / source, target)


def linked(source: str, page: str, text: str) -> str:
    """Change the relative links of a file in the repository into those that the page needs which is made of it."""
    above, below = posixpath.dirname(source), posixpath.dirname(page)

    def change(link: re.Match[str]) -> str:
        meant = posixpath.normpath(posixpath.join(above, link[2]))
        place = TOP.get(meant) or meant.removeprefix("docs/")
        return link[1] + posixpath.relpath(place, below or ".")

    return _LINK.sub(change, text)


if __name__ == "__main__":
    gather(ROOT / "build" / "pages")
