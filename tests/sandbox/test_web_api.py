"""Tokens, scopes, bodies, answers: what all methods share."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import MovableClock, Sandbox
from tests.sandbox.apps import MANIFEST, code, web_client, without_scope


async def test_auth_test_tells_who_the_bot_is(slack: Sandbox, api: AsyncWebClient) -> None:
    answer = await api.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["user"]) == (slack.team_id, slack.bot_user_id, "thirdparty")
    assert answer["bot_id"].startswith("B")


async def test_an_unknown_token_is_refused(slack: Sandbox) -> None:
    with pytest.raises(SlackApiError) as refused:
        await web_client(slack, "xoxb-not-ours").auth_test()
    assert code(refused) == "invalid_auth"


async def test_a_missing_token_is_refused(slack: Sandbox) -> None:
    with pytest.raises(SlackApiError) as refused:
        await AsyncWebClient(base_url=slack.api_url).auth_test()
    assert code(refused) == "not_authed"


async def test_each_token_has_its_methods(slack: Sandbox, api: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as app_token:
        await web_client(slack, slack.app_token).users_info(user="U01ANNABERG")
    with pytest.raises(SlackApiError) as bot_token:
        await api.apps_connections_open(app_token=slack.bot_token)
    assert code(app_token) == code(bot_token) == "not_allowed_token_type"


async def test_a_missing_scope_names_what_is_needed_and_what_is_there() -> None:
    async with await Sandbox.start(manifest=without_scope("im:write")) as slack:
        with pytest.raises(SlackApiError) as refused:
            await web_client(slack).conversations_open(users="U01ANNABERG")
    answer = refused.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:write")
    assert "chat:write" in answer["provided"].split(",")


async def test_optional_scopes_count_as_granted() -> None:
    manifest = MANIFEST | {"oauth_config": {"scopes": {"bot": [], "bot_optional": ["users:read"]}}}
    async with await Sandbox.start(manifest=manifest) as slack:
        assert (await web_client(slack).users_info(user="U01ANNABERG"))["ok"]


async def test_an_unknown_method_is_refused(api: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await api.api_call("no.such")
    assert code(refused) == "unknown_method"


async def test_api_test_gives_back_what_it_got(api: AsyncWebClient) -> None:
    assert (await api.api_test(foo="bar"))["args"]["foo"] == "bar"
    with pytest.raises(SlackApiError) as refused:
        await api.api_test(error="my_error")
    assert code(refused) == "my_error"


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("application/json", "{", "invalid_json"),
        ("application/json", "[]", "json_not_object"),
        ("text/html", "hello", "invalid_post_type"),
        ("application/x-www-form-urlencoded", "channel=C02TPACCESS&blocks=%7B", "invalid_arguments"),
    ],
)
async def test_unreadable_bodies_are_refused(slack: Sandbox, content_type: str, body: str, error: str) -> None:
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {slack.bot_token}"}
    url = slack.api_url + "chat.postMessage"
    async with ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        answer = await response.json()
    assert (response.status, answer["ok"], answer["error"]) == (200, False, error)


async def test_reading_methods_ignore_json(slack: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with (
        ClientSession() as session,
        session.post(slack.api_url + "users.info", json={"user": "U01ANNABERG"}, headers=headers) as response,
    ):
        assert (await response.json())["error"] == "invalid_arguments"


async def test_the_token_may_come_in_the_form(slack: Sandbox) -> None:
    async with (
        ClientSession() as session,
        session.post(slack.api_url + "auth.test", data={"token": slack.bot_token}) as response,
    ):
        assert (await response.json())["ok"]


async def test_answers_are_dated_by_the_sandboxs_clock() -> None:
    clock = MovableClock(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))
    async with await Sandbox.start(manifest=MANIFEST, clock=clock) as slack:
        clock.advance(timedelta(days=1))
        answer = await web_client(slack).auth_test()
    assert parsedate_to_datetime(answer.headers["Date"]) == datetime(2031, 5, 7, 7, 8, 9, tzinfo=UTC)


async def test_the_traffic_log_keeps_both_bodies(slack: Sandbox, api: AsyncWebClient) -> None:
    await api.chat_postMessage(channel=slack.admin_channel, text="kept as text")
    asked, answered = slack.traffic
    assert (asked.direction, asked.kind, asked.name) == ("in", "api", "chat.postMessage")
    assert (answered.direction, answered.kind, answered.name) == ("out", "api-answer", "chat.postMessage")
    assert "kept as text" in asked.body
    assert "kept as text" in answered.body
