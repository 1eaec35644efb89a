"""What a failed call means, as slack_sdk's client tells it after a call to the sandbox."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.model.secret import Secret
from bot import slack_client as client_module
from bot.slack_client import slack_client
from bot.slack_faults import CALL_ERRORS, Fault, Meaning, fault_of
from sandbox import Sandbox
from sandbox.faults import Dropped, Error, LostAnswer, RateLimited, Silence, Status
from sandbox.faults import Fault as Trouble

NEVER, LATER, UNKNOWN = Meaning.NEVER, Meaning.LATER, Meaning.UNKNOWN


async def failure(api_url: str, token: str = "xoxb-1") -> Fault:
    try:
        await slack_client(Secret(token), api_url).chat_postMessage(channel="C1", text="Hello")
    except CALL_ERRORS as error:
        return fault_of(error)
    pytest.fail("Slack took it")


@pytest.mark.parametrize(
    ("trouble", "meaning", "code"),
    [
        (Error("user_disabled"), NEVER, "user_disabled"),
        (Error("invalid_blocks"), NEVER, "invalid_blocks"),
        (Error("a_code_of_next_year"), NEVER, "a_code_of_next_year"),
        (Error("missing_scope"), LATER, "missing_scope"),
        (Error("messages_tab_disabled"), LATER, "messages_tab_disabled"),
        (Error("internal_error"), UNKNOWN, "internal_error"),
        (Error("fatal_error"), UNKNOWN, "fatal_error"),
    ],
    ids=str,
)
async def test_what_slack_refuses(slack: Sandbox, trouble: Trouble, meaning: Meaning, code: str) -> None:
    slack.faults.next("chat.postMessage", trouble)
    assert await failure(slack.api_url) == Fault(meaning, code)


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "invalid_auth"])
async def test_a_bot_that_is_shut_out_can_send_nothing_at_all(slack: Sandbox, code: str) -> None:
    slack.faults.next("chat.postMessage", Error(code))
    assert await failure(slack.api_url) == Fault(LATER, code, everything=True)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
async def test_what_is_not_slacks_own_answer_decides_nothing(slack: Sandbox, status: int) -> None:
    """A proxy in between may answer anything, and not one message may be given up for it."""
    slack.faults.next("chat.postMessage", Status(status))
    assert await failure(slack.api_url) == Fault(UNKNOWN, "unreadable_answer", everything=True)


async def test_slack_names_the_time_to_wait(slack: Sandbox) -> None:
    slack.faults.next("chat.postMessage", RateLimited(7))
    assert await failure(slack.api_url) == Fault(LATER, "ratelimited", timedelta(seconds=7), everything=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [({}, 30), ({"Retry-After": "soon"}, 30), ({"Retry-After": "²"}, 30), ({"Retry-After": "9" * 30}, 3600)],
    ids=str,
)
def test_a_time_to_wait_that_makes_no_sense(header: dict[str, str], seconds: int) -> None:
    fault = fault_of(refused(429, {"ok": False, "error": "ratelimited"}, header))
    assert fault.retry_after == timedelta(seconds=seconds)


def test_an_outage_with_a_code() -> None:
    assert fault_of(refused(503, {"ok": False, "error": "service_unavailable"})) == Fault(
        UNKNOWN, "service_unavailable"
    )


def refused(status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> SlackApiError:
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("refused", response)


@pytest.mark.parametrize("trouble", [Dropped(), LostAnswer(), Silence()], ids=str)
async def test_no_answer(slack: Sandbox, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.1)
    slack.faults.next("chat.postMessage", trouble)
    assert await failure(slack.api_url, slack.bot_token) == Fault(UNKNOWN, "no_answer", everything=True)


async def test_no_connection() -> None:
    assert await failure("http://127.0.0.1:9/api/") == Fault(LATER, "not_connected", everything=True)


async def test_json_that_is_none() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="{", content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/chat.postMessage", answer)
    async with TestServer(app) as server:
        fault = await failure(str(server.make_url("/api/")))
    assert fault == Fault(UNKNOWN, "unreadable_answer", everything=True)


def test_an_answer_that_was_cut_short() -> None:
    assert fault_of(aiohttp.ClientPayloadError()) == Fault(UNKNOWN, "no_answer", everything=True)
