"""Links and pictures of the documentation, as a repository host shows it; of the site: test_site.py."""

from urllib.parse import urlsplit

import pytest

from tests.house import ROOT
from tests.house.markdown import PAGES, Link, anchors, links

EVERY = [link for page in PAGES for link in links(page)]
PICTURES = [link for link in EVERY if link.is_picture]


def test_there_are_links_to_check() -> None:
    assert len(EVERY) > 60


def leads_nowhere(link: Link) -> bool:
    anchor = link.to.partition("#")[2]
    return not link.file.is_file() or bool(anchor and anchor not in anchors(link.file))


def test_every_link_inside_leads_somewhere() -> None:
    assert [str(link) for link in EVERY if not link.is_outside and leads_nowhere(link)] == []


@pytest.mark.parametrize("to", ["nowhere.md", "SECURITY.md#nowhere"])
def test_a_link_to_nowhere_would_be_found(to: str) -> None:
    assert leads_nowhere(Link(ROOT / "README.md", "", to, is_picture=False))


def test_every_link_outside_is_well_formed_and_encrypted() -> None:
    """Whether anybody answers there is not asked: CI has no network."""
    outside = [link for link in EVERY if link.is_outside]
    assert outside
    for link in outside:
        parts = urlsplit(link.to)
        assert (parts.scheme, bool(parts.username)) == ("https", False), link
        assert "." in (parts.hostname or ""), link


def test_every_picture_is_shown_and_every_shown_picture_is_there() -> None:
    shown = {link.file for link in PICTURES}
    there = {*(ROOT / "docs/pictures").iterdir(), ROOT / "docs/token-life.svg"}
    assert shown == there


def test_every_picture_says_in_words_what_is_seen() -> None:
    assert [str(link) for link in PICTURES if len(link.words.split()) < 8] == []


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").iterdir()}
    assert max(sizes.values()) < 120_000
    assert sum(sizes.values()) < 1_000_000
