"""For everybody: with the keyboard alone, on a phone, in the dark, with a screen reader."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.test_story import ACME, offered
from tests.page.visitor import Visitor

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
PHONE = {"viewport": {"width": 360, "height": 720}, "has_touch": True, "is_mobile": True}
DARK = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}


async def barriers(visitor: Visitor) -> list[str]:
    """What axe-core holds against the page as it is now."""
    await visitor.page.evaluate(AXE)
    found = (await visitor.page.evaluate("axe.run()"))["violations"]
    return [f"{each['impact']} {each['id']}: {[node['html'][:90] for node in each['nodes']]}" for each in found]


@pytest.fixture(params=["light", "dark", "phone"])
def how(request: pytest.FixtureRequest) -> dict[str, Any]:
    ways: dict[str, dict[str, Any]] = {"light": DARK | {"color_scheme": "light"}, "dark": DARK, "phone": PHONE}
    return ways[request.param]


async def test_axe_finds_nothing(guest: Visitor) -> None:
    page = guest.page
    await guest.types("/thirdparty hello @omar")
    await guest.reads("You typed: hello")
    assert await barriers(guest) == []
    if page.viewport_size and page.viewport_size["width"] < 500:
        await guest.presses("People and channels")
        assert await barriers(guest) == []
    await guest.goes_to("third-party-access")
    await guest.types("/thirdparty blocks")
    blocks = await guest.reads("Sections have a menu")
    await guest.page.get_by_role("combobox", name="Message").press_sequentially("/th")
    await expect(page.get_by_role("listbox")).to_be_visible()
    assert await barriers(guest) == []
    await guest.presses("Remove", blocks)
    assert await barriers(guest) == []
    await guest.presses("Keep", page.get_by_role("alertdialog"))
    await guest.types("/thirdparty form")
    await guest.presses("Save", guest.window)
    await expect(guest.window.get_by_label("Name")).to_be_focused()
    assert await barriers(guest) == []
    await page.keyboard.press("Escape")
    await guest.presses("What travelled")
    assert await barriers(guest) == []
    await guest.presses("Close What travelled")
    await page.goto(f"{guest.address}/as/anna/app/home")
    await expect(page.get_by_role("region", name="Home")).to_contain_text("Hello")
    assert await barriers(guest) == []


@pytest.mark.parametrize("how", [PHONE])
async def test_on_a_phone_the_story_goes_the_same_way(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.types(f"/thirdparty add {ACME}")
    await visitor.reads("is registered")
    await visitor.types(f"/thirdparty contact {ACME} @carla")
    await visitor.reads("is proposed as the contact")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await visitor.presses("People and channels")
    await page.get_by_role("navigation", name="You are").get_by_role("link", name="Ben Ito").click()
    await visitor.presses("People and channels")
    await visitor.goes_to("third-party-access")
    await visitor.presses("Approve", await visitor.reads("proposes"))
    await visitor.reads("Approved by @Ben Ito")
    await visitor.passes("+ 1 week")
    await visitor.presses("What travelled")
    await expect(page.get_by_role("complementary", name="What travelled")).to_be_visible()
    await visitor.presses("Close What travelled")
    await expect(page.get_by_role("button", name="What travelled")).to_be_focused()


@pytest.mark.parametrize("how", [DARK])
async def test_everything_is_done_with_the_keyboard_alone(visitor: Visitor) -> None:
    keyboard, page = visitor.page.keyboard, visitor.page
    box = page.get_by_role("combobox", name="Message")
    await expect(box).to_be_focused()
    await keyboard.type("/th")
    await keyboard.press("Tab")
    await keyboard.type("ad")
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await expect(box).to_have_value("/thirdparty add ")
    await keyboard.press("Enter")
    await expect(visitor.window.get_by_label("Name")).to_be_focused()
    await keyboard.press("Escape")
    await expect(visitor.window).to_have_count(0)
    await expect(box).to_be_focused()
    await keyboard.type(f"/thirdparty add {ACME}")
    await keyboard.press("Enter")
    await visitor.reads("is registered")
    await keyboard.type(f"/thirdparty contact {ACME} @ca")
    await keyboard.press("Tab")
    await expect(box).to_have_value(f"/thirdparty contact {ACME} @carla ")
    await keyboard.press("Enter")
    await visitor.reads("is proposed as the contact")
    await reaches(visitor, "Edit", backwards=True)
    await keyboard.press("Enter")
    await expect(visitor.window.get_by_label("Name")).to_be_focused()
    await keyboard.press("ControlOrMeta+a")
    await keyboard.type("Acme Works")
    await keyboard.press("Enter")
    await expect(visitor.window).to_contain_text("Acme Works is saved")


async def reaches(visitor: Visitor, words: str, *, backwards: bool = False) -> None:
    """Press Tab until something with these words has the focus."""
    for _ in range(60):
        await visitor.page.keyboard.press("Shift+Tab" if backwards else "Tab")
        focused = visitor.page.locator(":focus")
        if await focused.count() and words in (await focused.inner_text()):
            return
    raise AssertionError(f"{words} is not reached")


@pytest.mark.parametrize("how", [DARK])
async def test_the_focus_stays_in_a_window_and_returns_to_where_it_was(visitor: Visitor) -> None:
    await offered(visitor)
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    show = (await visitor.reads("offers you the credentials")).get_by_role("button", name="Show credentials")
    await show.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.window).to_contain_text("closing the window loses it")
    for _ in range(8):
        await visitor.page.keyboard.press("Tab")
        outside = "!document.activeElement.closest('dialog') && document.activeElement !== document.body"
        assert not await visitor.page.evaluate(outside)
    await visitor.page.keyboard.press("Escape")
    await expect(show).to_be_focused()
