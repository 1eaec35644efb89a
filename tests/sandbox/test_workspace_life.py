"""Clock, events, Home, changes by the workspace's owner, and what a person sees."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import MovableClock, Person, Sandbox
from tests.sandbox.apps import MANIFEST, Connected, Json, code, section, web_client, with_home

START = datetime(2031, 1, 31, 12, tzinfo=UTC)


def test_a_frozen_clock_moves_only_by_hand() -> None:
    clock, moves = MovableClock(START), []
    clock.on_move(lambda: moves.append(clock.now()))
    assert clock.now() == clock.now() == START
    clock.advance(timedelta(days=181))
    assert clock.now() == START + timedelta(days=181)
    assert moves == [clock.now()]


def test_a_running_clock_is_moved_by_an_offset() -> None:
    clock = MovableClock()
    before = clock.now()
    clock.advance(timedelta(days=30))
    moved = clock.now() - before
    assert timedelta(days=30) <= moved < timedelta(days=30, seconds=5)


def test_no_clock_runs_backwards_or_without_a_zone() -> None:
    with pytest.raises(ValueError, match="forward"):
        MovableClock(START).advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="aware"):
        MovableClock(START.replace(tzinfo=None))


async def test_messages_are_stamped_by_the_clock_and_never_twice_alike() -> None:
    async with await Sandbox.start(manifest=MANIFEST, clock=MovableClock(START)) as slack:
        api = web_client(slack)
        stamps = [(await api.chat_postMessage(channel=slack.admin_channel, text="x"))["ts"] for _ in range(3)]
    assert stamps == [f"{int(START.timestamp())}.{micros:06d}" for micros in range(3)]


async def test_dates_are_read_in_the_readers_own_zone() -> None:
    async with await Sandbox.start(manifest=MANIFEST, clock=MovableClock(START)) as slack:
        text = f"<!date^{int(START.timestamp())}^{{time}}|soon>"
        await web_client(slack).chat_postMessage(channel=slack.admin_channel, text=text)
        anna, ben = [slack.person(name).reads("#third-party-access")[0].reading for name in ("anna", "ben")]
    assert ("1:00" in anna, "9:00" in ben) == (True, True)


async def test_users_who_change_are_announced(slack: Sandbox, app: AsyncApp, api: AsyncWebClient) -> None:
    @app.event("user_change")
    async def changed(event: Json) -> None:
        user = event["user"]
        state = [word for word in ("deleted", "is_admin", "is_restricted", "is_stranger") if user.get(word)]
        await api.chat_postMessage(channel=slack.admin_channel, text=f"{user['name']} {state}")

    anna = slack.person("anna")
    async with Connected(slack, app):
        slack.deactivate("omar")
        slack.changes.reactivate("dora")
        slack.changes.make_admin("mia")
        slack.make_guest_expire("carla", START)
        for text in ("omar ['deleted']", "dora []", "mia ['is_admin']", "carla ['is_restricted']"):
            await anna.waits_for(text)
    with pytest.raises(AssertionError, match="no guest"):
        slack.make_guest_expire(slack.person("mia"), START)
    with pytest.raises(AssertionError, match="of this workspace"):
        slack.changes.make_stranger("mia")


async def test_events_without_a_subscription_are_not_sent(anna: Person) -> None:
    silent = MANIFEST | {"settings": {"interactivity": {"is_enabled": False}}}
    async with await Sandbox.start(manifest=silent) as slack:
        slack.deactivate("omar")
        slack.person("anna").opens_home()
        assert slack.traffic == []


async def test_what_is_typed_to_the_bot_reaches_it(slack: Sandbox, app: AsyncApp, anna: Person) -> None:
    @app.event("message")
    async def answer(event: Json, client: AsyncWebClient) -> None:
        await client.chat_postMessage(channel=event["channel"], text=f"{event['channel_type']}: {event['text']}")

    async with Connected(slack, app):
        await anna.types("Hello bot", "bot")
        await anna.waits_for("im: Hello bot", "bot")
    with pytest.raises(AssertionError, match="cannot write"):
        await slack.person("carla").types("Hello", "#general")


async def test_home_is_published(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    assert anna.home == []
    view = {"type": "home", "blocks": [section("Welcome"), section("Bye")]}
    first = (await api.views_publish(user_id=anna.id, view=view))["view"]
    assert anna.home == ["Welcome", "Bye"]
    await api.views_publish(user_id=anna.id, view=view, hash=first["hash"])
    await api.views_update(view_id=first["id"], view={"type": "home", "blocks": [section("Changed")]})
    with pytest.raises(SlackApiError) as conflict:
        await api.views_publish(user_id=anna.id, view=view, hash=first["hash"])
    assert (code(conflict), anna.home, slack.person("ben").home) == ("hash_conflict", ["Changed"], [])


async def test_a_press_at_home_tells_where_it_was_and_leads_to_a_window_alone(
    slack: Sandbox, app: AsyncApp, api: AsyncWebClient, anna: Person
) -> None:
    """Docs: reference/interaction-payloads/block_actions-payload."""
    heard: list[Json] = []

    @app.action("look")
    async def pressed(ack: Any, body: Json) -> None:
        heard.append(body)
        await ack()

    look = {"type": "button", "action_id": "look", "text": {"type": "plain_text", "text": "Look"}}
    field = {"type": "plain_text_input", "action_id": "typed", "initial_value": "here"}
    label = {"type": "plain_text", "text": "Typed"}
    blocks = [
        {"type": "actions", "elements": [look]},
        {"type": "input", "block_id": "b", "element": field, "label": label},
    ]
    await api.views_publish(user_id=anna.id, view={"type": "home", "private_metadata": "page 2", "blocks": blocks})
    async with Connected(slack, app):
        await anna.home_tab.press("Look")
    (body,) = heard
    assert body["container"] == {"type": "view", "view_id": body["view"]["id"]}
    assert (body["view"]["type"], body["view"]["private_metadata"]) == ("home", "page 2")
    assert body["view"]["state"]["values"]["b"]["typed"]["value"] == "here"
    assert body["trigger_id"]
    assert not {"response_url", "channel", "message"} & body.keys()


async def test_home_needs_its_tab_and_a_user(slack: Sandbox, api: AsyncWebClient) -> None:
    view = {"type": "home", "blocks": [section("Welcome")]}
    with pytest.raises(SlackApiError) as nobody:
        await api.views_publish(user_id="U0NOBODY000", view=view)
    with pytest.raises(SlackApiError) as wrong:
        await api.views_publish(user_id=slack.person("anna").id, view=view | {"type": "modal"})
    async with await Sandbox.start(manifest=with_home(home_tab_enabled=False)) as without:
        with pytest.raises(SlackApiError) as disabled:
            await web_client(without).views_publish(user_id=without.person("anna").id, view=view)
    assert [code(each) for each in (nobody, wrong, disabled)] == ["user_not_found", "invalid_arguments", "not_enabled"]


async def test_a_channel_can_be_shared_later(slack: Sandbox, api: AsyncWebClient) -> None:
    slack.changes.share_channel("#acme-shared", "sven")
    assert (await api.conversations_open(users=slack.person("sven").id))["ok"]
    assert (await api.users_info(user=slack.person("sven").id))["user"]["is_stranger"] is False


async def test_waiting_in_vain_tells_what_is_there_instead(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    await api.chat_postMessage(channel=anna.id, text="Something else")
    with pytest.raises(AssertionError, match=r"anna reads no 'Hello' but .*Something else"):
        await anna.waits_for("Hello", timeout=0.02)
    with pytest.raises(AssertionError, match="anna has no modal with 'Add' but None"):
        await anna.waits_for_modal("Add", timeout=0.02)


async def test_the_newest_message_is_found_wherever_it_is(slack: Sandbox, api: AsyncWebClient, anna: Person) -> None:
    await api.chat_postMessage(channel=anna.id, text="Hello one")
    await api.chat_postMessage(channel=slack.admin_channel, text="Hello two")
    assert (await anna.waits_for("Hello")).text == "Hello two"
    assert (await anna.waits_for("Hello", "bot")).text == "Hello one"


async def test_nobody_unknown_is_in_the_cast(slack: Sandbox) -> None:
    assert set(slack.people) == {"anna", "ben", "mia", "omar", "carla", "erik", "sven", "dora", "hookbot"}
    with pytest.raises(KeyError):
        slack.person("mallory")
