"""The Home tab: what opening it and pressing in it do, and what cannot be done by way of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access.model.errors import DirectoryUnavailable
from access.model.home import Filter, Look
from access.model.ids import WorkspaceId
from access.model.messages import MessageKind
from access.model.secret import Secret
from handlers import ids
from handlers.desk import Desk
from handlers.home import HomeRenderer
from handlers.payloads import is_understood, opened_home
from handlers.replies import Outcome
from handlers.views.handoff import ApiGuide
from handlers.views.home_look import metadata_of
from tests.access.world import TEAM
from tests.handlers.desktop import Desktop
from tests.handlers.office import CHANNEL, Json, Office, SilentTown, press, typed
from tests.handlers.office import opened_home as event
from tests.handlers.views.test_every_view import mrkdwn


@pytest.fixture
async def desktop(tmp_path: Path) -> AsyncIterator[Desktop]:
    async with Desktop.set_up(tmp_path) as made:
        yield made


def at_home(user: str, action: str, value: str | None = "", look: Look | None = None, beside: str = "") -> Json:
    """A press in the Home tab, as it was shown at that place in the list."""
    payload = press(user, action, value or "", "home")
    del payload["response_url"]
    values = {"b": {"a": {"type": "plain_text_input", "value": beside}}} if beside else {}
    payload["view"] |= {"private_metadata": metadata_of(look or Look()), "state": {"values": values}}
    return payload


def chosen(user: str, action: str, value: str, look: Look | None = None) -> Json:
    payload = at_home(user, action, look=look)
    payload["actions"][0] |= {"type": "static_select", "value": None, "selected_option": {"value": value}}
    return payload


def look_of(office: Office) -> list[Any]:
    """Where the Home tab that was shown last is."""
    assert office.last.how == "home"
    return list(json.loads(office.last.view["private_metadata"]))


async def registered(office: Office, *names: str) -> None:
    for name in names:
        await office.types("UANNA", f'add "{name}"')


async def test_whoever_opens_it_is_shown_what_they_may_see(desktop: Desktop) -> None:
    assert "*Never used, as far as I know:*" in await desktop.opens_home("UBEN")
    assert "What you hold" in await desktop.opens_home("UCARLA")
    outsider = await desktop.opens_home("UMIA")
    assert "ask <@UANNA>, <@UBEN> or write in <#C0ADMINS>" in outsider
    assert "Acme" not in outsider


@pytest.mark.parametrize("change", [{"is_foreign": True}, {"is_bot": True}, {"is_deactivated": True}, None])
async def test_people_of_other_workspaces_and_no_people_are_shown_nothing(
    office: Office, change: dict[str, Any] | None
) -> None:
    town = office.world.town
    if change is None:
        del town.people["UANNA"]
    else:
        town.people["UANNA"] = replace(town.people["UANNA"], **change)
    assert await office.opens_home("UANNA") == ""


async def test_looking_leaves_nothing_behind(office: Office) -> None:
    before = office.world.file.read_bytes(), office.world.count_records()
    for user in ("UANNA", "UMIA", "UCARLA", "UNOBODY"):
        await office.opens_home(user)
        await office.sends(at_home(user, ids.HOME_SEARCH, "acme"))
        await office.sends(at_home(user, ids.HOME_ALL))
    assert (office.world.file.read_bytes(), office.world.count_records()) == before


@pytest.mark.parametrize(
    "change",
    [
        {"tab": "messages"},
        {"tab": None},
        {"user": None},
        {"user": {"id": "UANNA"}},
        {"user": "uanna"},
        {"user": "\ud800"},
        {"user": "U" * 100},
        {"type": "app_home_closed"},
    ],
)
async def test_another_event_shows_nothing(office: Office, change: Json) -> None:
    payload = event("UANNA")
    payload["event"] |= change
    assert is_understood(payload)
    assert await office.sends(payload) == {}
    assert office.replies.said == []


@pytest.mark.parametrize(
    ("envelope", "shown"),
    [
        ({"team_id": TEAM}, True),
        ({"team_id": "T0OTHER"}, False),
        ({"team_id": "T0OTHER", "authorizations": [{"team_id": "T0OTHER"}, {"team_id": TEAM}]}, True),
        ({"team_id": None, "authorizations": [{"team_id": "T0OTHER"}]}, False),
        ({"team_id": "E0ORG", "authorizations": [{"enterprise_id": "E0ORG", "team_id": TEAM}]}, True),
        ({"team_id": None, "authorizations": None}, True),
        ({"team_id": 7, "authorizations": [{"team_id": None}]}, True),
    ],
)
async def test_an_event_of_another_workspace_shows_nothing(office: Office, envelope: Json, shown: bool) -> None:
    await office.sends(event("UANNA") | envelope)
    assert bool(office.replies.said) is shown


def test_who_opened_it_is_all_that_is_read_of_the_event() -> None:
    assert opened_home({"type": "event_callback", "event": "x"}) is None
    found = opened_home(event("UANNA"))
    assert found is not None
    assert (found.user_id, sorted(found.workspaces)) == ("UANNA", [TEAM])


async def test_while_nothing_is_known_of_anybody_it_fails(office: Office) -> None:
    ports = replace(office.world.ports, directory=SilentTown())
    with pytest.raises(DirectoryUnavailable):
        await HomeRenderer(ports, TEAM, CHANNEL).render("UANNA", Look())


async def test_without_the_list_of_admins_the_channel_is_named(office: Office) -> None:
    class HalfSilent(SilentTown):
        async def look_up(self, user_id: str) -> Any:
            return office.world.town.people[user_id]

        async def admins(self) -> Any:
            raise DirectoryUnavailable

    ports = replace(office.world.ports, directory=HalfSilent())
    view = await HomeRenderer(ports, TEAM, CHANNEL).render("UMIA", Look())
    assert "Please write in <#C0ADMINS>" in json.dumps(view)


async def test_a_press_is_answered_in_a_window_and_the_tab_shown_anew(office: Office) -> None:
    await registered(office, "Acme")
    card = await office.card("Acme")
    await office.sends(at_home("UANNA", ids.SHOW, card.party.id, Look("ac", turn=3)))
    opened, home = office.replies.said[-2:]
    assert (opened.how, home.how) == ("open", "home")
    assert "Acme" in opened.text
    assert look_of(office) == ["ac", "all", "", 3]


async def test_approving_and_being_refused(office: Office) -> None:
    await registered(office, "Acme")
    await office.types("UANNA", "contact Acme <@UCARLA|carla>")
    await office.world.deliver()
    assert "Waits for approval" in await office.opens_home("UBEN")
    proposal = (await office.card("Acme")).proposal
    assert proposal is not None
    await office.sends(at_home("UANNA", ids.APPROVE, proposal.id))
    refused, home = office.replies.said[-2:]
    assert (refused.how, home.how) == ("open", "home")
    assert "another admin" in refused.text
    await office.sends(at_home("UBEN", ids.APPROVE, proposal.id))
    approved, home = office.replies.said[-2:]
    assert (approved.how, home.how) == ("open", "home")
    assert "The contact is approved" in approved.text
    assert "Waits for approval" not in home.text
    await office.sends(at_home("UBEN", ids.REJECT, proposal.id))
    assert [each.how for each in office.replies.said[-2:]] == ["open", "home"]


@pytest.mark.parametrize("outcome", [Outcome.NOT_NOW, Outcome.REFUSED])
@pytest.mark.parametrize("action", [ids.SHOW, ids.OPEN_HANDOFF, ids.ADD])
async def test_where_slack_opens_no_window_the_tab_says_so_until_the_next_press(
    office: Office, outcome: Outcome, action: str
) -> None:
    await registered(office, "Acme")
    office.replies.opening = outcome
    before = len(office.replies.said)
    await office.sends(at_home("UANNA", action, "a" * 26))
    assert [each.how for each in office.replies.said[before:]] == ["home"]
    assert "Slack opened no window for my answer" in office.last.text
    await office.sends(at_home("UANNA", ids.HOME_START))
    assert "Slack opened no window" not in office.last.text


async def test_where_slack_lets_a_contact_open_no_window_the_owner_is_told(office: Office) -> None:
    handoff = await office.offered()
    office.replies.opening = Outcome.REFUSED
    await office.sends(at_home("UCARLA", ids.OPEN_HANDOFF, handoff))
    assert MessageKind.MODAL_REFUSED in await office.world.deliver()


async def test_closing_a_question_that_is_none_says_nothing(office: Office) -> None:
    await office.sends(at_home("UANNA", ids.DISMISS))
    assert [each.how for each in office.replies.said] == ["home"]


async def test_search_filter_and_pages(office: Office) -> None:
    await registered(office, *(f"Party {number:02}" for number in range(23)))
    shown = await office.opens_home("UANNA")
    assert ("Party 00" in shown, "Party 19" in shown, "Party 20" in shown) == (True, True, False)
    following = (await office.card("Party 19")).party.id
    await office.sends(at_home("UANNA", ids.HOME_NEXT, following))
    assert ("Party 19" in office.last.text, "Party 22" in office.last.text) == (False, True)
    assert look_of(office) == ["", "all", following, 0]
    await office.sends(at_home("UANNA", ids.HOME_SEARCH, "party 1", Look(after=following)))
    assert ("Party 10" in office.last.text, "Party 22" in office.last.text) == (True, False)
    assert look_of(office) == ["party 1", "all", "", 1]
    await office.sends(chosen("UANNA", ids.HOME_FILTER, "enabled", Look("party 1", turn=1)))
    assert "None was found." in office.last.text
    assert look_of(office) == ["party 1", "enabled", "", 1]
    await office.sends(at_home("UANNA", ids.HOME_ALL, look=Look("party 1", Filter.ENABLED, turn=1)))
    assert look_of(office) == ["", "all", "", 2]
    assert {each.how for each in office.replies.said} == {"home"}


async def test_such_a_button_elsewhere_is_none(office: Office) -> None:
    for place in ("ephemeral", "channel", "direct", "modal"):
        await office.presses("UANNA", ids.HOME_ALL, place=place)
        assert "out of date" in office.last.text


@pytest.mark.parametrize("action", [ids.HOME_SEARCH, ids.HOME_FILTER, ids.SHOW])
async def test_a_pasted_secret_is_neither_looked_for_nor_shown_nor_kept(desktop: Desktop, action: str) -> None:
    (sealed, *_) = desktop.world.vault.sealed.values() or [[Secret("tpt_" + "0" * 49)]]
    secret = sealed[-1].reveal()
    before = len(desktop.replies.said)
    value = secret if action == ids.HOME_SEARCH else ""
    await desktop.sends(at_home("UANNA", action, value, Look("acme", turn=4), beside=secret))
    told, home = desktop.replies.said[before:]
    assert (told.how, home.how) == ("open", "home")
    assert "looks like a token or a client secret" in told.text
    assert secret not in told.text + home.text
    assert look_of(desktop) == ["", "all", "", 5], "the field is another one, so that it is empty"


async def test_of_another_workspace_nothing_is_shown(office: Office) -> None:
    payload = at_home("UANNA", ids.HOME_ALL)
    payload["view"]["app_installed_team_id"] = "T0OTHER"
    await office.sends(payload)
    assert [each.how for each in office.replies.said] == ["open"]
    assert "another workspace" in office.last.text


async def test_an_offer_opens_from_there_as_from_its_message(office: Office) -> None:
    handoff = await office.offered()
    assert "Show credentials" in await office.opens_home("UCARLA")
    await office.sends(at_home("UCARLA", ids.OPEN_HANDOFF, handoff))
    form = office.replies.said[-2].view
    assert (form["callback_id"], form["private_metadata"]) == (ids.HANDOFF_FORM, handoff)
    for other in ("UMIA", "UBEN", "UERIK"):
        await office.sends(at_home(other, ids.OPEN_HANDOFF, handoff))
        assert "callback_id" not in office.replies.said[-2].view or ids.HANDOFF_FORM not in office.replies.said[-2].text
    body = await office.submits("UCARLA", ids.HANDOFF_FORM, handoff)
    assert "tpt_" in json.dumps(body)
    assert "Show credentials" not in await office.opens_home("UCARLA")
    assert "tpt_" not in office.last.text


async def test_names_are_no_more_than_names(office: Office) -> None:
    name = "<!channel> <@UEVIL> *x* <https://e.vil|y>"
    await office.submits("UANNA", ids.ADD_FORM, "", **{ids.NAME_FIELD: typed(name), ids.CALLBACK_URL_FIELD: typed("")})
    await office.opens_home("UANNA")
    shown = "\n".join(text["text"] for text in mrkdwn(office.last.view))
    assert "&lt;!channel&gt;" in shown
    assert not [harm for harm in ("<!channel", "<@UEVIL", "<https", "*x*") if harm in shown]


async def test_a_default_desk_shows_nobody_anything(office: Office) -> None:
    desk = Desk(office.world.ports, ApiGuide(None, None), WorkspaceId("T0"), None, office.replies)
    desk.homes.opened("UANNA")
    desk.homes.moved("UANNA", Look())
