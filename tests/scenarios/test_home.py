"""The Home tab, as people have it in front of them."""

import json

import pytest

from sandbox import Person
from sandbox.faults import Error, Fault, RateLimited, Status
from tests.bot.waiting import until
from tests.scenarios.stage import Stage, got, secrets_in


async def reads(person: Person, *texts: str, never: str = "") -> str:
    """Wait until the tab says all that; return what it says."""
    await until(lambda: all(text in "\n".join(person.home) for text in texts), within=20)
    home = "\n".join(person.home)
    assert not never or never not in home
    return home


async def test_an_admin_approves_there_and_another_ones_tab_follows(stage: Stage) -> None:
    await stage.proposed()
    stage.anna.opens_home()
    stage.ben.opens_home()
    await reads(stage.anna, "You proposed it, so another admin approves it.", never="[Approve]")
    await reads(stage.ben, "Waits for approval: @Carla Ruiz as the contact of Acme Corp", "[Approve]  [Reject]  [Show]")
    window = got((await stage.ben.home_tab.press("Approve")).modal)
    assert "The contact is approved." in window.reading
    for admin in (stage.ben, stage.anna):
        await reads(admin, "Nothing needs you now.", "contact @Carla Ruiz", never="Waits for approval")
    await window.press("Enable")
    for admin in (stage.ben, stage.anna):
        await reads(admin, "✓ Enabled · contact @Carla Ruiz · no token")
    await stage.anna.types("/thirdparty add Zebra")
    await reads(stage.ben, "Zebra")


async def test_a_contact_opens_what_waits_and_asks_for_a_new_one(stage: Stage) -> None:
    stage.carla.opens_home()
    await reads(stage.carla, "Please ask @Anna Berg", never="Acme")
    await stage.issued()
    await reads(stage.carla, "What you hold", "New credentials wait for you until")
    form = got((await stage.carla.home_tab.press("Show credentials")).modal)
    shown = await form.submit()
    secrets = secrets_in(shown)
    await reads(stage.carla, "active. It works until", "[Ask for a new token]  [Test my access]")
    stage.anna.opens_home()
    asking = got((await stage.carla.home_tab.press("Ask for a new token")).modal)
    await asking.set(asking.inputs[0], "The program still works").submit()
    await reads(stage.carla, "You asked for a new token", never="[Ask for a new token]")
    await reads(stage.anna, "Asks for a new token: @Carla Ruiz for Acme Corp", "[Offer a new token]")
    await stage.anna.home_tab.press("Offer a new token")
    await reads(stage.anna, "Not collected: the token", never="Asks for a new token")
    published = json.dumps([exchange.body for exchange in stage.slack.traffic if exchange.name == "views.publish"])
    assert published.count("What you hold") > 1
    assert not [secret for secret in secrets if secret in published]


SEARCH = "Search by name, then press Enter"


async def test_many_are_searched_filtered_and_paged_through(stage: Stage) -> None:
    await stage.registered_many(105)
    stage.anna.opens_home()
    await reads(stage.anna, "Party-000", "Party-019", "[Next page]", never="Party-020")
    for first in range(20, 100, 20):
        await stage.anna.home_tab.press("Next page")
        await reads(stage.anna, f"Party-{first:03}", f"Party-{first + 19:03}", never=f"Party-{first - 1:03}")
    await stage.anna.home_tab.press("Next page")
    await reads(stage.anna, "Party-104", never="[Next page]")
    await stage.ben.types("/thirdparty add Party-105")
    await reads(stage.anna, "Party-105")
    await stage.anna.home_tab.press("Back to the start")
    await reads(stage.anna, "Party-000", never="[Back to the start]")
    await stage.anna.home_tab.choose(SEARCH, "PARTY-10")
    await reads(stage.anna, "whose name contains PARTY-10", "Party-105", never="Party-000")
    await stage.anna.home_tab.choose("Which third parties", "Enabled")
    await reads(stage.anna, "Only: enabled. None was found.")
    await stage.anna.home_tab.press("Show all")
    await reads(stage.anna, "Party-000", "[Next page]")
    assert stage.anna.home_tab.values[SEARCH] is None, "the field is empty again"


async def test_a_pasted_secret_is_nowhere(stage: Stage) -> None:
    stage.log_statements()
    secret, token = secrets_in(await stage.collected())
    await stage.anna.types("/thirdparty add Zebra")
    stage.anna.opens_home()
    await reads(stage.anna, "Zebra")
    before = len(stage.slack.traffic)
    answer = await stage.anna.home_tab.choose(SEARCH, f"is it {token}?")
    assert "That looks like a token or a client secret. I have kept nothing of it" in got(answer.modal).reading
    await until(lambda: stage.anna.home_tab.values[SEARCH] is None)
    from_bot = [each for each in stage.slack.traffic[before:] if each.direction == "in"]
    assert {"views.open", "views.publish"} <= {each.name for each in from_bot}
    assert not [each.name for each in from_bot if token in json.dumps(each.body) or secret in json.dumps(each.body)]
    assert token not in stage.searched_log()
    await stage.stop_bot()
    assert not [place for place, text in stage.kept().items() if token in text]


async def test_who_is_no_admin_any_more_is_shown_no_new_name(stage: Stage) -> None:
    await stage.registered()
    stage.ben.opens_home()
    await reads(stage.ben, "Acme Corp")
    stage.slack.changes.make_admin("ben", is_admin=False)
    await stage.later(minutes=2)
    await stage.anna.types("/thirdparty add Secretive")
    home = await reads(stage.ben, "Please ask @Anna Berg", never="Acme Corp")
    assert "Secretive" not in home


async def test_people_of_another_workspace_are_shown_nothing(stage: Stage) -> None:
    await stage.registered()
    stage.erik.opens_home()
    stage.mia.opens_home()
    await reads(stage.mia, "Please ask @Anna Berg", never="Acme")
    assert stage.erik.home == []


async def test_while_slack_says_nothing_of_anybody_the_tab_says_so(stage: Stage) -> None:
    await stage.registered()
    stage.ben.opens_home()
    await reads(stage.ben, "Acme Corp")
    await stage.later(minutes=2)
    stage.slack.faults.always("users.info", Error("internal_error"))
    stage.anna.opens_home()
    await reads(stage.anna, "I can't show you more at the moment", never="Acme")
    assert "Acme Corp" in "\n".join(stage.ben.home)
    stage.slack.faults.clear()
    stage.anna.opens_home()
    await reads(stage.anna, "Acme Corp")


@pytest.mark.parametrize("fault", [RateLimited(1), Status(500), Error("internal_error")])
async def test_whatever_slack_does_with_it_the_next_time_is_as_ever(stage: Stage, fault: Fault) -> None:
    await stage.registered()
    stage.slack.faults.next("views.publish", fault)
    stage.anna.opens_home()
    await until(lambda: "views.publish" in stage.slack.faults.uses)
    stage.ben.opens_home()
    await reads(stage.ben, "Acme Corp")
    await stage.anna.types("/thirdparty list")
    stage.hurry()
    await reads(stage.anna, "Acme Corp")


async def test_an_owner_renews_there(stage: Stage) -> None:
    await stage.collected()
    await stage.owned_by("omar")
    stage.omar.opens_home()
    await reads(stage.omar, "The third parties that you own", "Acme Corp", never="[Add a third party]")
    await stage.later(days=130)
    stage.omar.opens_home()
    home = await reads(stage.omar, "Expires: the token", "[Renew]  [Show]")
    assert "What expires in the next twelve months" in home
    await stage.omar.home_tab.press("Renew")
    await reads(stage.omar, "Not collected: the token")
