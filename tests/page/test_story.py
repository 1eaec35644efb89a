"""The whole story as people live it in the browser: they see a page and nothing else."""

from playwright.async_api import expect

from tests.page.visitor import Visitor

ACME = '"Acme Corp"'


async def proposed(visitor: Visitor, contact: str = "@carla") -> None:
    await visitor.types(f"/thirdparty add {ACME} https://acme.example/callback")
    await visitor.reads("Acme Corp is registered")
    await visitor.types(f"/thirdparty contact {ACME} {contact}")
    await visitor.reads("is proposed as the contact")


async def approved(visitor: Visitor) -> None:
    await proposed(visitor)
    await visitor.becomes("Ben Ito")
    await visitor.goes_to("third-party-access")
    request = await visitor.reads("@Anna Berg proposes @Carla Ruiz")
    await visitor.presses("Approve", request)
    await visitor.reads("Approved by @Ben Ito")


async def offered(visitor: Visitor) -> None:
    await approved(visitor)
    await visitor.becomes("Anna Berg")
    await visitor.goes_to("general")
    await visitor.types(f"/thirdparty enable {ACME}")
    await visitor.reads("Acme Corp is enabled")
    await visitor.types(f"/thirdparty issue {ACME}")
    await visitor.reads("A token is issued")


async def collected(visitor: Visitor) -> None:
    await offered(visitor)
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    await visitor.presses("Show credentials", await visitor.reads("offers you the credentials"))
    await visitor.presses("Show them once", visitor.window)
    await expect(visitor.window).to_contain_text("tpt_")


async def test_from_add_to_collected_credentials(visitor: Visitor) -> None:
    await offered(visitor)
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    await visitor.presses("Show credentials", await visitor.reads("offers you the credentials"))
    await expect(visitor.window).to_contain_text("closing the window loses it")
    await visitor.presses("Show them once", visitor.window)
    await expect(visitor.window).to_contain_text("tps_")
    await expect(visitor.window.get_by_role("textbox")).to_have_count(0)
    await visitor.presses("Close", visitor.window)
    await expect(visitor.window).to_have_count(0)
    await visitor.presses("It works", await visitor.reads("were opened"))
    await visitor.becomes("Anna Berg")
    await visitor.opens_tab("Messages")
    await visitor.reads("opened the credentials of Acme Corp")


async def test_credentials_show_in_one_exchange_and_the_panel_says_in_which(visitor: Visitor) -> None:
    await offered(visitor)
    await visitor.presses("What travelled")
    panel = visitor.page.get_by_role("complementary", name="What travelled")
    await expect(panel).to_contain_text("Nowhere yet.")
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    await visitor.presses("Show credentials", await visitor.reads("offers you the credentials"))
    await visitor.presses("Show them once", visitor.window)
    await expect(visitor.window).to_contain_text("tpt_")
    await visitor.presses("Close", visitor.window)
    await expect(panel).to_contain_text("In this exchange, and in no other.")
    await panel.get_by_text("confirms view_submission").first.click()
    await expect(panel.get_by_text("tpt_").first).to_be_visible()


async def test_a_wrong_contact_is_refused_with_the_reason(visitor: Visitor) -> None:
    await visitor.types(f"/thirdparty add {ACME}")
    await visitor.reads("is registered")
    await visitor.types(f"/thirdparty contact {ACME} @ben")
    await visitor.reads("an admin never sees credentials")


async def test_whoever_is_not_the_right_person_says_so_and_the_offer_ends(visitor: Visitor) -> None:
    await offered(visitor)
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    offer = await visitor.reads("offers you the credentials")
    await visitor.presses("I'm not the right person", offer)
    question = visitor.page.get_by_role("alertdialog")
    await question.get_by_role("button").first.click()
    await expect(question).to_be_hidden()
    await visitor.presses("I'm not the right person", offer)
    await question.get_by_role("button").last.click()
    await visitor.reads("Thank you")
    await visitor.becomes("Anna Berg")
    await visitor.opens_tab("Messages")
    await visitor.reads("not the right person")


async def test_the_time_machine_brings_the_reminder_that_is_due(visitor: Visitor) -> None:
    await collected(visitor)
    await visitor.presses("Close", visitor.window)
    await visitor.becomes("Anna Berg")
    await visitor.opens_tab("Messages")
    for _ in range(4):
        await visitor.passes("+ 1 month")
    await visitor.passes("Next event")
    reminder = await visitor.reads("Nobody has offered a new one yet")
    await visitor.presses("Renew now", reminder)
    await visitor.becomes("Carla Ruiz")
    await visitor.opens_tab("Messages")
    await visitor.reads("This is a renewal")
