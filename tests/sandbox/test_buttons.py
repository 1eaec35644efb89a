"""Buttons and menus in messages, and the response URL that comes with them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox import Person, Sandbox
from tests.sandbox.apps import Connected, Json, actions, button, modal, option, plain, section

ADMINS = "#third-party-access"
Listen = Callable[[str], list[Json]]


@pytest.fixture
def listen(app: AsyncApp) -> Listen:
    """Makes the app acknowledge an action; gives the list into which its payloads go."""

    def start(action_id: str) -> list[Json]:
        seen: list[Json] = []

        @app.action(action_id)
        async def note(ack: Any, body: Json) -> None:
            seen.append(body)
            await ack()

        return seen

    return start


async def test_a_press_has_slacks_fields(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen
) -> None:
    payloads = listen("approve")
    posted = await api.chat_postMessage(
        channel=slack.admin_channel, text="?", blocks=[actions(button("Approve", "approve", "7")) | {"block_id": "b"}]
    )
    async with Connected(slack, app):
        answer = await (await anna.waits_for("Approve")).press("Approve")
    assert answer.acknowledged
    [payload] = payloads
    assert payload["type"] == "block_actions"
    assert payload["team"] == {"id": slack.team_id, "domain": "meadow"}
    assert payload["user"] == {"id": anna.id, "username": "anna", "name": "anna", "team_id": slack.team_id}
    assert (payload["enterprise"], payload["is_enterprise_install"]) == (None, False)
    assert payload["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": slack.admin_channel,
        "is_ephemeral": False,
    }
    assert payload["channel"] == {"id": slack.admin_channel, "name": "privategroup"}
    assert payload["message"]["blocks"][0]["block_id"] == "b"
    assert payload["state"] == {"values": {}}
    [action] = payload["actions"]
    assert action.pop("action_ts")
    assert action == {
        "action_id": "approve",
        "block_id": "b",
        "text": plain("Approve") | {"emoji": True},
        "value": "7",
        "type": "button",
    }


async def test_a_person_of_another_organisation_presses(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, listen: Listen
) -> None:
    erik, payloads = slack.person("erik"), listen("show")
    await api.chat_postMessage(channel=erik.id, text="?", blocks=[actions(button("Show", "show"))])
    async with Connected(slack, app):
        assert (await erik.reads()[0].press("Show")).acknowledged
    assert payloads[0]["team"]["id"] == slack.team_id
    assert payloads[0]["user"]["team_id"] == "T02FJORD000"


async def test_a_confirm_dialog_can_be_cancelled(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen
) -> None:
    payloads = listen("stop")
    dialog = {"title": plain("Sure?"), "text": plain("It stops."), "confirm": plain("Stop"), "deny": plain("Keep")}
    blocks = [actions(button("Stop", "stop", confirm=dialog))]
    await api.chat_postMessage(channel=slack.admin_channel, text="?", blocks=blocks)
    async with Connected(slack, app):
        [seen] = anna.reads(ADMINS)
        assert seen.confirmation("Stop") == "Sure?\nIt stops.\n[Stop] [Keep]"
        assert not (await seen.press("Stop", confirm=False)).acknowledged
        assert payloads == []
        assert (await seen.press("Stop")).acknowledged
    assert len(payloads) == 1


async def test_a_press_finds_exactly_one_button(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    twins = [actions(button("Go", "a"), button("Go", "b"), button("Stop", "c"))]
    await api.chat_postMessage(channel=slack.admin_channel, text="?", blocks=twins)
    [seen] = anna.reads(ADMINS)
    for label in ("Go", "Nothing"):
        with pytest.raises(AssertionError, match=r"called .* among \['Go', 'Go', 'Stop'\]"):
            await seen.press(label)


async def test_a_stale_press_sends_the_message_as_it_was(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen
) -> None:
    payloads = listen("go")
    posted = await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[actions(button("Go", "go"))])
    [seen] = anna.reads(ADMINS)
    await api.chat_update(channel=posted["channel"], ts=posted["ts"], text="2", blocks=[])
    async with Connected(slack, app):
        with pytest.raises(AssertionError, match="0 called 'Go'"):
            await seen.press("Go")
        assert (await seen.press("Go", stale=True)).acknowledged
    assert payloads[0]["message"]["text"] == "1"


async def test_presses_at_the_same_time_are_payloads_of_their_own(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen
) -> None:
    payloads = listen("go")
    await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[actions(button("Go", "go"))])
    [seen] = anna.reads(ADMINS)
    async with Connected(slack, app):
        answers = await asyncio.gather(*(seen.press("Go") for _ in range(20)))
    assert all(answer.acknowledged for answer in answers)
    assert len({payload["trigger_id"] for payload in payloads}) == 20


async def test_a_menu_in_a_message(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen
) -> None:
    payloads = listen("owner")
    menu = {"type": "users_select", "action_id": "owner", "placeholder": plain("Owner")}
    await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[section("Who?", accessory=menu)])
    async with Connected(slack, app):
        await anna.reads(ADMINS)[0].choose("Owner", "@omar")
    omar = slack.person("omar").id
    assert payloads[0]["actions"][0]["selected_user"] == omar
    [values] = payloads[0]["state"]["values"].values()
    assert values["owner"] == {"type": "users_select", "selected_user": omar}


async def test_an_overflow_menu_has_no_state(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen
) -> None:
    payloads = listen("more")
    menu = {"type": "overflow", "action_id": "more", "options": [option("Edit", "e"), option("Remove", "r")]}
    await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[section("Acme", accessory=menu)])
    async with Connected(slack, app):
        [seen] = anna.reads(ADMINS)
        await seen.choose("more", "Remove")
        with pytest.raises(AssertionError, match="does not offer 'Fly'"):
            await seen.choose("more", "Fly")
    assert payloads[0]["actions"][0]["selected_option"]["value"] == "r"
    assert payloads[0]["state"] == {"values": {}}


async def test_an_unacknowledged_press_tells_the_person(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[actions(button("Go", "go"))])
    answer = await anna.reads(ADMINS)[0].press("Go")
    assert answer.reading == "thirdparty did not respond (dispatch_failed)."


async def test_a_press_opens_a_modal(slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person) -> None:
    @app.action("go")
    async def open_modal(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal("Hello", section("Inside"), submit=None))
        await ack()

    await api.chat_postMessage(channel=slack.admin_channel, text="1", blocks=[actions(button("Go", "go"))])
    async with Connected(slack, app):
        answer = await anna.reads(ADMINS)[0].press("Go")
    assert answer.modal is not None
    assert answer.reading == answer.modal.reading == "Hello\nInside"


class Pressed:
    """A pressed message's response URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __call__(self, **content: Any) -> tuple[int, str]:
        response = await AsyncWebhookClient(self.url).send(**content)
        return response.status_code, response.body


@pytest.fixture
async def respond(slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person, listen: Listen) -> Pressed:
    payloads = listen("go")
    await api.chat_postMessage(channel=slack.admin_channel, text="Original", blocks=[actions(button("Go", "go"))])
    async with Connected(slack, app):
        await anna.reads(ADMINS)[0].press("Go")
    return Pressed(payloads[0]["response_url"])


async def test_a_response_is_ephemeral_unless_it_says_otherwise(slack: Sandbox, respond: Pressed, anna: Person) -> None:
    assert await respond(text="For you") == (200, "ok")
    assert await respond(text="For all", response_type="in_channel") == (200, "ok")
    assert [seen.text for seen in anna.reads(ADMINS)] == ["Original", "For you", "For all"]
    assert [seen.text for seen in slack.person("ben").reads(ADMINS)] == ["Original", "For all"]


async def test_a_response_can_replace_and_delete_the_original(respond: Pressed, anna: Person) -> None:
    await respond(text="Replaced", replace_original=True)
    assert [(seen.text, seen.buttons) for seen in anna.reads(ADMINS)] == [("Replaced", [])]
    await respond(delete_original=True)
    assert anna.reads(ADMINS) == []


async def test_a_response_url_works_five_times(respond: Pressed, anna: Person) -> None:
    statuses = [(await respond(text=str(n)))[0] for n in range(6)]
    assert statuses == [200, 200, 200, 200, 200, 404]
    assert "used_url" in (await respond(text="7"))[1]
    assert len(anna.reads(ADMINS)) == 6


async def test_a_response_url_works_for_thirty_minutes(slack: Sandbox, respond: Pressed) -> None:
    slack.clock.advance(timedelta(minutes=29))
    assert (await respond(text="In time"))[0] == 200
    slack.clock.advance(timedelta(minutes=2))
    status, body = await respond(text="Late")
    assert status == 404
    assert "expired_url" in body


async def test_a_response_over_the_limits_is_refused(respond: Pressed, anna: Person) -> None:
    status, body = await respond(text="x", blocks=[section("x" * 3001)])
    assert status == 400
    assert "invalid_blocks" in body
    assert len(anna.reads(ADMINS)) == 1


async def test_a_removed_original_cannot_be_replaced(respond: Pressed, anna: Person) -> None:
    await respond(delete_original=True)
    assert await respond(delete_original=True) == (200, "ok")
    await respond(text="Instead", replace_original=True)
    assert [(seen.text, seen.ephemeral) for seen in anna.reads(ADMINS)] == [("Instead", True)]


async def test_a_response_is_a_json_object(slack: Sandbox, respond: Pressed) -> None:
    async with ClientSession() as session:
        for body in ("{", "[]"):
            async with session.post(respond.url, data=body) as response:
                assert (response.status, (await response.json())["error"]) == (400, "invalid_payload")
