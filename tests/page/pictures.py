"""The pictures of the documentation: the sandbox's page, as people live through the story in it.

`python -m tests.page.pictures` takes them anew, into docs/pictures. The clock is the sandbox's, what is random is the
same each time, and a secret is covered before its picture is taken.
"""

import asyncio
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from unittest import mock

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from access.operations.next_event import next_event
from sandbox import MovableClock
from tests.fakes import CountingRandom
from tests.house import ROOT
from tests.page.browser import launched
from tests.page.small_png import smaller
from tests.page.visitor import Visitor
from tests.scenarios.stage import Stage, set_stage
from tests.scenarios.test_use import calls

PICTURES: Final = ROOT / "docs" / "pictures"
MONDAY: Final = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
ACME: Final = '"Acme Corp"'
HEIGHT: Final = 700
DESK: Final[Mapping[str, Any]] = {"viewport": {"width": 1120, "height": HEIGHT}}
PHONE: Final[Mapping[str, Any]] = {"viewport": {"width": 390, "height": 760}, "has_touch": True, "is_mobile": True}
STILL: Final[Mapping[str, Any]] = {"color_scheme": "light", "reduced_motion": "reduce", "locale": "en-GB"}
COVER: Final = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(/(tp[ts]_)[0-9A-Za-z]{20,}/g, '$1' + '•'.repeat(28));
  }
}"""
SHOWS_A_SECRET: Final = r"() => /tp[ts]_[0-9A-Za-z]{20,}/.test(document.body.innerText)"


@dataclass
class Photographer:
    """Somebody at the page who takes pictures of it."""

    visitor: Visitor
    blank: Page

    async def takes(self, name: str, what: Locator | None = None) -> None:
        """Take a picture of a part, or of what the window shows. No secret is on it."""
        page = self.visitor.page
        await page.evaluate(COVER)
        assert not await page.evaluate(SHOWS_A_SECRET)
        taken = await (what or page).screenshot(animations="disabled", caret="hide", scale="css")
        (PICTURES / f"{name}.png").write_bytes(await smaller(taken, self.blank))

    async def fits(self, height: int) -> None:
        """Make the window higher or lower."""
        size = self.visitor.page.viewport_size
        assert size is not None
        await self.visitor.page.set_viewport_size({"width": size["width"], "height": height})


async def register(stage: Stage, takes: Photographer) -> None:
    """An admin registers a third party and proposes its contact; another approves."""
    visitor = takes.visitor
    await visitor.presses("Skip the tour")
    await visitor.types(f"/thirdparty add {ACME} https://acme.example/callback")
    await takes.takes("registered", await visitor.reads("Acme Corp is registered"))
    await visitor.types(f"/thirdparty contact {ACME} @carla")
    await visitor.reads("is proposed as the contact")
    await visitor.becomes("Ben Ito")
    await visitor.goes_to("third-party-access")
    request = await visitor.reads("@Anna Berg proposes @Carla Ruiz")
    await takes.takes("approval-request")
    await visitor.presses("Approve", request)
    await visitor.reads("Approved by @Ben Ito")
    await visitor.becomes("Anna Berg")
    await visitor.goes_to("general")
    await visitor.types(f"/thirdparty enable {ACME}")
    await visitor.reads("Acme Corp is enabled")
    await visitor.types(f"/thirdparty issue {ACME}")
    await visitor.reads("A token is issued")
    await stage.settled()


async def collect(stage: Stage, takes: Photographer) -> None:
    """The contact reads the introduction and the offer, and opens the credentials; their program calls the API."""
    visitor = takes.visitor
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    offer = await visitor.reads("offers you the credentials")
    await takes.takes("offer")
    await takes.takes("messages", visitor.page.get_by_role("log", name="Messages"))
    await visitor.presses("What travelled")
    await visitor.presses("Show credentials", offer)
    await expect(visitor.window).to_contain_text("closing the window loses it")
    await takes.takes("before-the-reveal", visitor.window)
    await visitor.presses("Show them once", visitor.window)
    await expect(visitor.window).to_contain_text("tpt_")
    [token] = set(re.findall(r"tpt_\w{49}", await visitor.window.inner_text()))
    await takes.fits(1400)
    await takes.takes("reveal", visitor.window)
    await takes.fits(HEIGHT)
    await visitor.presses("Close", visitor.window)
    await expect(visitor.window).to_have_count(0)
    await takes.takes("what-travelled")
    await visitor.presses("Close What travelled")
    await stage.later(minutes=20)
    await calls(stage, token)
    await visitor.reads("they work")


async def look(stage: Stage, takes: Photographer) -> None:
    """Two more are registered, and an admin looks at what there is."""
    visitor = takes.visitor
    await visitor.becomes("Anna Berg")
    await visitor.goes_to("general")
    await visitor.types('/thirdparty add "Fjord Systems"')
    await visitor.reads("Fjord Systems is registered")
    await visitor.types('/thirdparty contact "Fjord Systems" @erik')
    await visitor.reads("is proposed as the contact")
    await visitor.types("/thirdparty add Lakeside")
    await visitor.reads("Lakeside is registered")
    await stage.settled()
    await visitor.types(f"/thirdparty show {ACME}")
    await takes.takes("card", await visitor.reads("Everything is in place"))
    await visitor.types(f"/thirdparty test {ACME}")
    await takes.takes("checklist", await visitor.reads("Used:"))
    await visitor.opens_tab("Home")
    await expect(visitor.page.get_by_role("region", name="Home")).to_contain_text("Fjord Systems")
    await takes.fits(840)
    await takes.takes("home", visitor.page.get_by_role("region", name="Home"))
    await takes.fits(HEIGHT)
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    await visitor.presses("What I hold", await visitor.reads("were opened"))
    await expect(visitor.window).to_contain_text("tpc_")
    await takes.takes("holdings", visitor.window)
    await visitor.page.keyboard.press("Escape")


async def remind(stage: Stage, takes: Photographer) -> None:
    """Half a year goes by; the owner is reminded, renews, and the contact reads it on the phone."""
    visitor = takes.visitor
    await visitor.becomes("Anna Berg")
    await visitor.opens_tab("Messages")
    for _ in range(5):
        await visitor.passes("+ 1 month")
    await visitor.passes("+ 1 week")
    await visitor.passes("+ 1 week")
    await visitor.passes("Next event")
    reminder = await visitor.reads("Nobody has offered a new one yet")
    await takes.takes("time-machine", visitor.page.get_by_role("group", name="Time machine"))
    await takes.takes("reminder")
    await visitor.goes_to("general")
    await visitor.types("/thirdparty report")
    await takes.takes("report", await visitor.reads("What there is to see to"))
    await visitor.opens_tab("Messages")
    await visitor.presses("Renew now", reminder)
    await stage.settled()


async def on_a_phone(stage: Stage, takes: Photographer) -> None:
    """The contact reads the offer of the renewal."""
    await takes.visitor.page.goto(f"{stage.slack.address}/as/carla/app/messages")
    await takes.visitor.reads("This is a renewal")
    await takes.takes("phone")


AT_THE_DESK: Final = (register, collect, look, remind)
"""What is lived through one after the other, with pictures on the way."""


async def take_all() -> None:
    """Live through it all, and take every picture anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, mock.patch("bot.app.SystemRandom", CountingRandom):
        async with set_stage(Path(folder), clock=MovableClock(MONDAY)) as stage, async_playwright() as playwright:
            stage.slack.page.knows_next_event(lambda: next_event(stage.bot.workspace, stage.bot.ports))
            browser = await launched(playwright)
            takes = await photographer(browser, stage, DESK)
            for scene in AT_THE_DESK:
                await scene(stage, takes)
            await on_a_phone(stage, await photographer(browser, stage, PHONE))
            await browser.close()


async def photographer(browser: Browser, stage: Stage, how: Mapping[str, Any]) -> Photographer:
    """Open the page."""
    context = await browser.new_context(**how, **STILL)
    context.set_default_timeout(10_000)
    page = await context.new_page()
    visitor = Visitor(page, stage.slack.address)
    await visitor.opens()
    return Photographer(visitor, await context.new_page())


if __name__ == "__main__":
    asyncio.run(take_all())
