"""Somebody at the page, who finds everything by its role and its label, as people do."""

import re
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass
class Visitor:
    """A person before a browser; `page` is what Playwright calls it.

    Where they expect trouble, what the browser complains about in its console is no failure.
    """

    page: Page
    address: str
    expects_trouble: bool = False

    async def opens(self) -> None:
        await self.page.goto(self.address)

    async def becomes(self, name: str) -> None:
        await self.page.get_by_role("navigation", name="You are").get_by_role("link", name=name).click()
        await expect(self.current("You are")).to_contain_text(name)

    async def goes_to(self, channel: str) -> None:
        await self.page.get_by_role("navigation", name="Channels").get_by_role("link", name=channel).click()
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(f"#{channel}")

    async def opens_tab(self, tab: str) -> None:
        await self.page.get_by_role("navigation", name="thirdparty").get_by_role("link", name=tab).click()
        await expect(self.current("thirdparty")).to_contain_text(tab)

    async def types(self, text: str) -> None:
        box = self.page.get_by_role("combobox", name="Message")
        await box.fill(text)
        await box.press("Enter")
        await expect(box).to_have_value("")

    async def reads(self, text: str | re.Pattern[str]) -> Locator:
        """The newest message that contains a text, once there is one."""
        found = self.messages.filter(has_text=text).last
        await expect(found).to_be_visible()
        return found

    async def presses(self, label: str, inside: Locator | None = None) -> None:
        """Press a button by the words on it, or by what a screen reader says, which may be something else."""
        where, words = inside or self.page, re.compile(rf"^\s*{re.escape(label)}\s*$")
        buttons = where.get_by_role("button")
        await buttons.filter(has_text=words).or_(where.get_by_role("button", name=words)).last.click()

    async def passes(self, step: str) -> None:
        """Let the time machine go on."""
        machine = self.page.get_by_role("group", name="Time machine")
        before = await machine.get_by_role("time").inner_text()
        await machine.get_by_role("button", name=step).click()
        await expect(machine.get_by_role("time")).not_to_have_text(before)
        await expect(machine.get_by_role("button", name=step)).to_be_enabled()

    def current(self, navigation: str) -> Locator:
        """Where the visitor is, or who, by a navigation."""
        links = self.page.get_by_role("navigation", name=navigation).get_by_role("link")
        return links.and_(self.page.locator("[aria-current]"))

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("log", name="Messages").get_by_role("article")

    @property
    def window(self) -> Locator:
        """The modal."""
        return self.page.get_by_role("dialog")

    @property
    def notice(self) -> Locator:
        return self.page.get_by_role("alert")
