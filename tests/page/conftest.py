"""The real bot in the sandbox, and a browser before its page: one for each process that runs tests, one page a test."""

import re
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from access.operations.next_event import next_event
from sandbox import Sandbox
from tests.house import ROOT
from tests.page.browser import launched
from tests.page.lab import lab
from tests.page.visitor import Visitor
from tests.scenarios.stage import Stage, set_stage

TRACES = ROOT / "build" / "traces"
_FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser outlives a test, and lives in one loop."""
    here = f"{Path(__file__).parent}/"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(tmp_path) as stage:
        stage.slack.page.knows_next_event(lambda: next_event(stage.bot.workspace, stage.bot.ports))
        yield stage


@pytest.fixture
def how() -> dict[str, Any]:
    """How the browser is: a phone, a dark one. A module says otherwise."""
    return {"viewport": {"width": 1280, "height": 800}}


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(
    stage: Stage, browser: Browser, how: dict[str, Any], request: pytest.FixtureRequest
) -> AsyncIterator[Visitor]:
    async with visiting(browser, stage.slack.address, how, request) as visitor:
        yield visitor


@pytest_asyncio.fixture(loop_scope="session")
async def slack() -> AsyncIterator[Sandbox]:
    """The sandbox with a bot in it that shows what the page can draw."""
    async with lab() as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def guest(
    slack: Sandbox, browser: Browser, how: dict[str, Any], request: pytest.FixtureRequest
) -> AsyncIterator[Visitor]:
    """Somebody at the page of that sandbox."""
    async with visiting(browser, slack.address, how, request) as visitor:
        yield visitor


@asynccontextmanager
async def visiting(
    browser: Browser, address: str, how: dict[str, Any], request: pytest.FixtureRequest, *, traced: bool = True
) -> AsyncIterator[Visitor]:
    """A page at an address. Nothing may go wrong in it unseen, and where a test fails its trace is kept.

    Without a trace for what is measured: it is taken in the page, and costs more than the page does.
    """
    context = await browser.new_context(**how)
    context.set_default_timeout(10_000)
    await context.tracing.start(snapshots=traced)
    page = await context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    visitor = Visitor(page, address)
    await visitor.opens()
    try:
        yield visitor
    finally:
        failed = request.node.stash.get(_FAILED, False)
        name = re.sub(r"[^\w]+", "-", request.node.nodeid)
        await context.tracing.stop(**({"path": TRACES / f"{name}.zip"} if failed else {}))
        await context.close()
    assert visitor.expects_trouble or not trouble
