"""The Home tab, as people see it in the browser."""

from playwright.async_api import Locator, expect

from tests.page.visitor import Visitor
from tests.scenarios.stage import Stage


def home(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("region", name="Home of")


async def test_an_admin_approves_searches_and_goes_on_to_the_next_page(stage: Stage, visitor: Visitor) -> None:
    await stage.registered_many(20)
    await stage.proposed()
    await visitor.becomes("Ben Ito")
    await visitor.opens_tab("Home")
    tab = home(visitor)
    await expect(tab).to_contain_text("@Carla Ruiz as the contact of Acme Corp")
    await visitor.presses("Approve for Acme Corp", tab)
    await expect(visitor.window).to_contain_text("The contact is approved.")
    await visitor.presses("Close", visitor.window)
    await expect(tab).to_contain_text("Nothing needs you now.")
    await expect(tab).not_to_contain_text("Party-019")
    await visitor.presses("Next page", tab)
    await expect(tab).to_contain_text("Party-019")
    await expect(tab).not_to_contain_text("Acme Corp")
    search = tab.get_by_role("textbox", name="Search by name")
    await search.fill("acme")
    await search.press("Enter")
    await expect(tab).to_contain_text("Shown are those whose name contains acme.")
    await visitor.presses("Show Acme Corp", tab)
    await expect(visitor.window).to_contain_text("Next step:")
    await visitor.presses("Close", visitor.window)
    await tab.get_by_role("combobox", name="Which third parties").select_option(label="Enabled")
    await expect(tab).to_contain_text("None was found.")
    await visitor.presses("Show all", tab)
    await expect(search).to_have_value("")
    await expect(tab).to_contain_text("Party-000")


async def test_a_contact_finds_what_waits_there_and_anybody_else_whom_to_ask(stage: Stage, visitor: Visitor) -> None:
    await visitor.becomes("Mia Costa")
    await visitor.opens_tab("Home")
    await expect(home(visitor)).to_contain_text("Please ask @Anna Berg, @Ben Ito or write in #third-party-access.")
    await stage.issued()
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Home")
    await expect(home(visitor)).to_contain_text("New credentials wait for you until")
    await visitor.presses("Show credentials", home(visitor))
    await visitor.presses("Show them once", visitor.window)
    await expect(visitor.window).to_contain_text("tpt_")
    await visitor.presses("Close", visitor.window)
    await expect(home(visitor)).to_contain_text("active. It works until")
    await expect(home(visitor)).not_to_contain_text("tpt_")
    await expect(home(visitor).get_by_role("button", name="Test my access")).to_be_visible()
