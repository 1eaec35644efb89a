"""Trouble on demand, as slack_sdk meets it."""

import asyncio

import pytest
from aiohttp import ClientConnectionError, ServerDisconnectedError
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox import Person, Sandbox
from sandbox.clock import real_seconds
from sandbox.faults import Delay, Dropped, Error, LostAnswer, RateLimited, Silence, Status
from tests.sandbox.apps import code

ADMINS = "#third-party-access"


@pytest.fixture
def once(slack: Sandbox) -> AsyncWebClient:
    """A client that repeats nothing by itself."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


async def post(slack: Sandbox, api: AsyncWebClient) -> None:
    await api.chat_postMessage(channel=slack.admin_channel, text="Hello")


def arrived(anna: Person) -> int:
    return len(anna.reads(ADMINS))


async def test_an_error_for_so_many_calls(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.next("chat.postMessage", Error("internal_error"), times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await post(slack, once)
        assert code(refused) == "internal_error"
    await post(slack, once)
    assert arrived(anna) == 1


async def test_a_fault_at_one_call_of_many(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.at("chat.postMessage", 2, Error("internal_error"))
    slack.faults.next("chat.postMessage", Error("fatal_error"))
    codes = []
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await post(slack, once)
        codes.append(code(refused))
    await post(slack, once)
    assert codes == ["fatal_error", "internal_error"]
    assert arrived(anna) == 1
    assert slack.faults.uses == ["chat.postMessage"] * 3


async def test_a_standing_fault_lasts_until_it_is_cleared(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.always("chat.postMessage", Error("fatal_error"))
    slack.faults.next("chat.postMessage", Error("internal_error"))
    codes = []
    for _ in range(3):
        with pytest.raises(SlackApiError) as refused:
            await post(slack, once)
        codes.append(code(refused))
    slack.faults.clear()
    await post(slack, once)
    assert codes == ["internal_error", "fatal_error", "fatal_error"]
    assert arrived(anna) == 1


async def test_faults_belong_to_one_method(slack: Sandbox, once: AsyncWebClient) -> None:
    slack.faults.next("users.info", Error("internal_error"))
    assert (await once.auth_test())["ok"]


async def test_an_http_status(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.next("chat.postMessage", Status(503))
    with pytest.raises(SlackApiError) as refused:
        await post(slack, once)
    assert (refused.value.response.status_code, arrived(anna)) == (503, 0)


async def test_a_rate_limit_is_honoured_by_slack_sdk(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    once.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    slack.faults.next("chat.postMessage", RateLimited(0))
    await post(slack, once)
    answers = [each.body for each in slack.traffic if each.kind == "api-answer"]
    assert '"ratelimited"' in answers[0]
    assert (len(answers), arrived(anna)) == (2, 1)


async def test_a_rate_limit_says_how_long(slack: Sandbox, once: AsyncWebClient) -> None:
    slack.faults.next("chat.postMessage", RateLimited(17))
    with pytest.raises(SlackApiError) as refused:
        await post(slack, once)
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "17")


async def test_a_delay_is_late_but_happens(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.next("chat.postMessage", Delay(0.05))
    began = real_seconds()
    await post(slack, once)
    assert real_seconds() - began >= 0.05
    assert arrived(anna) == 1


async def test_a_lost_answer_happens(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.next("chat.postMessage", LostAnswer())
    with pytest.raises(ServerDisconnectedError):
        await post(slack, once)
    assert arrived(anna) == 1


async def test_a_dropped_connection_does_nothing(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.next("chat.postMessage", Dropped())
    with pytest.raises(ServerDisconnectedError):
        await post(slack, once)
    assert arrived(anna) == 0


async def test_the_connection_handler_of_slack_sdk_posts_twice(
    slack: Sandbox, once: AsyncWebClient, anna: Person
) -> None:
    repeats = AsyncConnectionErrorRetryHandler(interval_calculator=FixedValueRetryIntervalCalculator(0.01))
    once.retry_handlers.append(repeats)
    slack.faults.next("chat.postMessage", LostAnswer())
    await post(slack, once)
    assert arrived(anna) == 2


async def test_silence_never_answers(slack: Sandbox, once: AsyncWebClient, anna: Person) -> None:
    slack.faults.next("chat.postMessage", Silence())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(slack, once), 0.05)
    assert arrived(anna) == 0


@pytest.mark.parametrize(
    ("fault", "status"), [(Error("internal_error"), 400), (Status(500), 500), (RateLimited(1), 429)]
)
async def test_response_urls_have_faults_too(slack: Sandbox, fault: Error | Status | RateLimited, status: int) -> None:
    slack.faults.next("response_url", fault)
    url = f"{slack.address}/commands/T/1/abc"
    assert (await AsyncWebhookClient(url, retry_handlers=[]).send(text="x")).status_code == status
    assert (await AsyncWebhookClient(url).send(text="x")).status_code == 404


async def test_a_stopped_sandbox_is_gone(slack: Sandbox, once: AsyncWebClient) -> None:
    await slack.stop()
    with pytest.raises(ClientConnectionError):
        await once.auth_test()
