"""The guided tour, followed step by step."""

from playwright.async_api import expect

from tests.page.visitor import Visitor


async def test_the_tour_leads_through_the_whole_life_of_a_token(visitor: Visitor) -> None:
    tour = visitor.page.get_by_role("region", name="Guided tour")
    box = visitor.page.get_by_role("combobox", name="Message")

    async def is_at(step: str) -> None:
        await expect(tour.get_by_role("heading")).to_contain_text(step)

    async def writes(words: str) -> None:
        await tour.get_by_role("button", name=words).click()
        await box.press("Enter")

    await is_at("Step 1 of 6")
    await writes("/thirdparty add")
    await is_at("Step 2 of 6")
    await writes("/thirdparty contact")
    await is_at("Step 3 of 6")
    await tour.get_by_role("link", name="Be Ben Ito").click()
    await visitor.presses("Approve", await visitor.reads("proposes"))
    await is_at("Step 4 of 6")
    await tour.get_by_role("link", name="Be Anna Berg").click()
    await writes("/thirdparty enable")
    await visitor.reads("is enabled")
    await writes("/thirdparty issue")
    await is_at("Step 5 of 6")
    await tour.get_by_role("link", name="Be Carla Ruiz").click()
    await visitor.presses("Show credentials", await visitor.reads("offers you the credentials"))
    await visitor.presses("Show them once", visitor.window)
    await expect(visitor.window).to_contain_text("tpt_")
    await visitor.presses("Close", visitor.window)
    await is_at("Step 6 of 6")
    await tour.get_by_role("link", name="Be Anna Berg").click()
    for _ in range(5):
        await visitor.passes("+ 1 month")
    await visitor.passes("Next event")
    await visitor.presses("Renew now", await visitor.reads("Nobody has offered a new one yet"))
    await is_at("That is the whole life of a token")
    await visitor.presses("Close the tour")
    await expect(tour).to_have_count(0)


async def test_the_tour_can_be_skipped_and_taken_up_again(guest: Visitor) -> None:
    tour = guest.page.get_by_role("region", name="Guided tour")
    await guest.presses("Skip the tour")
    await expect(tour).to_have_count(0)
    await guest.becomes("Ben Ito")
    await expect(tour).to_have_count(0)
    await guest.presses("Guided tour")
    await expect(tour).to_contain_text("Step 1 of 6")
