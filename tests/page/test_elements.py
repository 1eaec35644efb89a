"""Everything that can be pressed, chosen and filled in, in messages, in windows and on the Home tab."""

import re

import pytest
from playwright.async_api import expect

from sandbox import Sandbox
from tests.page.visitor import Visitor

CHANNEL = "third-party-access"


class Echoes:
    """What the bot says has reached it."""

    def __init__(self, guest: Visitor) -> None:
        self._guest = guest

    async def say(self, text: str) -> None:
        await self._guest.reads(re.compile(rf"{re.escape(text)}\s*$"))


@pytest.fixture
def echoes(guest: Visitor) -> Echoes:
    return Echoes(guest)


async def test_what_stands_in_a_message_reports_to_the_bot(guest: Visitor, echoes: Echoes) -> None:
    await guest.goes_to(CHANNEL)
    await guest.types("/thirdparty blocks")
    blocks = await guest.reads("Sections have a menu")
    await guest.presses("Plain", blocks)
    await echoes.say("Pressed plain 1")
    await blocks.get_by_label("How long").select_option("Two days")
    await echoes.say("Pressed static_select 2")
    await blocks.get_by_label("Who").select_option("Omar Haddad (@omar)")
    await echoes.say("Pressed users_select U04OMARHADD")
    await blocks.get_by_label("When").fill("2026-05-04")
    await echoes.say("Pressed datepicker 2026-05-04")
    await blocks.get_by_role("radio", name="A week").check()
    await echoes.say("Pressed radio_buttons 7")
    await blocks.get_by_role("checkbox", name="One day").check()
    await echoes.say("Pressed checkboxes 1")
    await blocks.get_by_role("checkbox", name="Two days").check()
    await echoes.say("Pressed checkboxes 1+2")
    await blocks.get_by_label("More actions").click()
    await guest.presses("Move", blocks)
    await echoes.say("Pressed overflow m")


async def test_a_confirmation_is_asked_and_only_yes_presses(guest: Visitor, echoes: Echoes) -> None:
    await guest.goes_to(CHANNEL)
    await guest.types("/thirdparty blocks")
    blocks = await guest.reads("Sections have a menu")
    question = guest.page.get_by_role("alertdialog", name="Really?")
    await guest.presses("Remove", blocks)
    await expect(question).to_contain_text("It is gone then.")
    await guest.presses("Keep", question)
    await expect(question).to_be_hidden()
    await guest.presses("Remove", blocks)
    await guest.page.keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await guest.presses("Plain", blocks)
    await echoes.say("Pressed plain 1")
    await expect(guest.messages.filter(has_text="Pressed remove")).to_have_count(0)
    await guest.presses("Remove", blocks)
    await guest.presses("Do it", question)
    await echoes.say("Pressed remove 1")


async def test_a_form_brings_all_that_was_entered(guest: Visitor, echoes: Echoes) -> None:
    await guest.goes_to(CHANNEL)
    await guest.types("/thirdparty form")
    form = guest.window
    await expect(form.get_by_label("Name")).to_be_focused()
    await form.get_by_label("Name").fill("Acme")
    await form.get_by_label("Notes").fill("First\nSecond")
    await form.get_by_label("Address").fill("https://acme.example")
    await form.get_by_label("Mail").fill("a@acme.example")
    await form.get_by_label("Count").fill("12")
    await form.get_by_label("Person").select_option("Omar Haddad (@omar)")
    await form.get_by_label("Length").select_option("A week")
    await form.get_by_label("Date").fill("2026-05-04")
    await form.get_by_role("group", name="Boxes").get_by_label("One day").check()
    await form.get_by_role("group", name="Choice").get_by_label("Two days").check()
    await guest.presses("Look inside", form)
    await expect(form.get_by_label("Notes")).to_have_value("First\nSecond")
    await guest.presses("Save", form)
    await expect(form).to_contain_text("That is all.")
    await guest.presses("Cancel", form)
    await expect(form).to_have_count(0)
    await echoes.say("Pressed inside 1")
    expected = "Acme · First Second · https://acme.example · a@acme.example · 12 · U04OMARHADD · 7 · 2026-05-04 · 1 · 2"
    await expect(guest.messages.filter(has_text=expected)).to_have_count(1)


async def test_what_is_wrong_stands_under_the_field_and_has_the_focus(guest: Visitor) -> None:
    await guest.types("/thirdparty form")
    form = guest.window
    await guest.presses("Save", form)
    name = form.get_by_label("Name")
    await expect(name).to_have_accessible_description("Please complete this required field.")
    await expect(name).to_be_focused()
    await name.fill("Acme")
    await form.get_by_label("Address").fill("nowhere")
    await guest.presses("Save", form)
    await expect(form.get_by_label("Address")).to_have_accessible_description("With https Please enter a valid URL.")
    await form.get_by_label("Address").fill("")
    await name.fill("taken")
    await guest.presses("Save", form)
    await expect(name).to_have_accessible_description("That name is taken.")
    await expect(name).to_have_value("taken")


async def test_windows_lie_on_each_other_and_are_cleared(guest: Visitor, echoes: Echoes) -> None:
    await guest.goes_to(CHANNEL)
    await guest.types("/thirdparty form")
    await guest.window.get_by_label("Name").fill("more")
    await guest.presses("Save", guest.window)
    await expect(guest.window).to_contain_text("On top")
    await guest.page.keyboard.press("Escape")
    await expect(guest.window.get_by_label("Name")).to_have_value("more")
    await guest.presses("Save", guest.window)
    await guest.presses("Go on", guest.window)
    await expect(guest.window).to_have_count(0)
    await guest.types("/thirdparty form")
    await guest.presses("Never mind", guest.window)
    await echoes.say("The form was closed")


async def test_the_home_tab_is_told_when_it_is_opened_and_its_buttons_work(guest: Visitor, echoes: Echoes) -> None:
    await guest.opens_tab("Home")
    home = guest.page.get_by_role("region", name="Home of thirdparty")
    await expect(home).to_contain_text("Hello @Anna Berg")
    await guest.presses("Refresh", home)
    await expect(home).to_contain_text("Thank you")
    await guest.goes_to(CHANNEL)
    await echoes.say("Pressed refresh 1")


async def test_what_slack_itself_says_is_shown(guest: Visitor) -> None:
    await guest.becomes("Carla Ruiz")
    await guest.page.get_by_role("combobox", name="Message").fill("/thirdparty list")
    await guest.page.keyboard.press("Enter")
    await expect(guest.notice).to_have_text("/thirdparty can only be run by full members of Meadow.")


async def test_a_page_that_hears_nothing_any_more_says_so(slack: Sandbox, guest: Visitor) -> None:
    await slack.stop()
    await expect(guest.notice).to_have_text("The sandbox does not answer. Is it still running?")
    guest.expects_trouble = True


async def test_a_message_names_people_and_marks_what_is_unread(guest: Visitor) -> None:
    await guest.types("Good morning @ben, see https://example.com")
    said = await guest.reads("Good morning @Ben Ito")
    await expect(said.get_by_role("link", name="https://example.com")).to_be_visible()
    cast = guest.page.get_by_role("navigation", name="You are")
    await expect(cast.get_by_role("link", name="Ben Ito")).to_contain_text("1 unread")
    await guest.becomes("Ben Ito")
    await guest.reads("Good morning @Ben Ito")
    await guest.becomes("Anna Berg")
    await expect(cast.get_by_role("link", name="Ben Ito")).not_to_contain_text("unread")
