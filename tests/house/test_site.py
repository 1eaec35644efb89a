"""The documentation site: it is built without a warning, loads nothing from elsewhere, and can be used by everybody."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, Route, async_playwright

from docs.site import TOP, gather, linked
from tests.house import ROOT
from tests.house.markdown import PAGES
from tests.page.browser import launched

pytestmark = pytest.mark.xdist_group("site")  # so that it is built once
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
SITE = "http://site.invalid/"
SEEN: dict[Literal["light", "dark"], str] = {"light": "index.html", "dark": "reference/commands.html"}
LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


def build(folder: Path) -> tuple[int, str]:
    """Build the site of gathered pages; how MkDocs ends, and its warnings."""
    shutil.copy(ROOT / "mkdocs.yml", folder)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"],
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, "\n".join(line for line in done.stdout.splitlines() if not line.startswith("INFO"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation")
    gather(folder / "build/pages")
    assert build(folder) == (0, "")
    return folder / "build/site"


class Loads(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == LOADED.get(tag)]


def test_every_page_is_in_it_and_no_python(site: Path) -> None:
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix()
        if name != "README.md":
            html = TOP.get(name) or name.removeprefix("docs/")
            assert (site / html).with_suffix(".html").is_file(), name
    assert (site / "manifest.yml").read_bytes() == (ROOT / "manifest.yml").read_bytes()
    assert [path.name for path in site.rglob("*.py*")] == []


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = {each for page in site.rglob("*.html") for each in Loads(page).found}
    assert len(loaded) > 20
    assert [each for each in loaded if re.match(r"(https?:)?//", each)] == []
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert re.findall(r"url\(\W?(?:https?:)?//|@import", styles) == []


async def test_in_a_browser_it_asks_nobody_else_and_axe_finds_nothing_serious(site: Path) -> None:
    elsewhere: list[str] = []

    async def answer(route: Route) -> None:
        url = route.request.url
        if url.startswith(SITE):
            await route.fulfill(path=site / url.removeprefix(SITE).partition("?")[0])
        else:
            elsewhere.append(url)
            await route.abort()

    async with async_playwright() as playwright:
        browser = await launched(playwright)
        for scheme, name in SEEN.items():
            context = await browser.new_context(color_scheme=scheme)
            await context.route(re.compile("^(?!data:|blob:)"), answer)
            page = await context.new_page()
            await page.goto(SITE + name)
            assert await barriers(page) == []
        await browser.close()
    assert elsewhere == []


async def barriers(page: Page) -> list[str]:
    """What axe-core finds that keeps people out."""
    await page.evaluate(AXE)
    found = (await page.evaluate("axe.run()"))["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {[node['html'][:90] for node in each['nodes']]}" for each in serious]


def test_a_link_to_nowhere_would_be_said(tmp_path: Path) -> None:
    assert linked("SECURITY.md", "security.md", "[x](docs/install.md#a)") == "[x](install.md#a)"
    assert linked("docs/adr/0001.md", "adr/0001.md", "[x](../../SECURITY.md)") == "[x](../security.md)"
    gather(tmp_path / "build/pages")
    for page in (tmp_path / "build/pages").rglob("*.md"):
        page.write_text("# Nothing\n")
    (tmp_path / "build/pages/index.md").write_text("# Start\n[x](nowhere.md) [y](install.md#nowhere)\n")
    code, said = build(tmp_path)
    assert code == 1
    assert "nowhere.md" in said
    assert "#nowhere" in said
