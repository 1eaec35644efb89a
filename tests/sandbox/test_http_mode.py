"""HTTP mode: signed requests to a real Bolt app behind aiohttp."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Person, Sandbox
from sandbox.faults import Dropped, Error
from tests.sandbox.apps import Json, actions, bolt, button, modal, section


class Endpoint:
    """The app's Request URL, which keeps what it got."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app
        self.requests: list[tuple[dict[str, str], str]] = []
        self.failing = 0
        self.answer: web.Response | None = None

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.text()))
        if len(self.requests) <= self.failing:
            return web.Response(status=500)
        if self.answer is not None:
            return self.answer
        return await to_aiohttp_response(await self._app.async_dispatch(await to_bolt_request(request)))


@asynccontextmanager
async def served(slack: Sandbox, endpoint: Endpoint) -> AsyncIterator[Endpoint]:
    application = web.Application()
    application.router.add_post("/slack/events", endpoint.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_by_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    yield endpoint
    await runner.cleanup()


@pytest.fixture
async def endpoint(slack: Sandbox, app: AsyncApp) -> AsyncIterator[Endpoint]:
    @app.command("/thirdparty")
    async def command(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal("Add", section("Ready?")))
        await ack(f"You typed {body['text']}")

    @app.view("Add")
    async def submit(ack: Any) -> None:
        await ack(response_action="update", view=modal("Done", section("Saved"), submit=None))

    @app.action("go")
    async def go(ack: Any) -> None:
        await ack()

    @app.event("app_home_opened")
    async def home(client: AsyncWebClient, event: Json) -> None:
        await client.chat_postMessage(channel=event["user"], text="Welcome home")

    async with served(slack, Endpoint(app)) as endpoint:
        yield endpoint


async def test_commands_and_submissions(slack: Sandbox, endpoint: Endpoint, anna: Person) -> None:
    await slack.connected()
    answer = await anna.types("/thirdparty add Acme & Co")
    assert (answer.acknowledged, answer.status) == (True, 200)
    assert answer.ephemeral is not None
    assert answer.ephemeral.reading == "You typed add Acme & Co"
    assert answer.modal is not None
    assert (await answer.modal.submit()).reading == "Done\nSaved"


async def test_presses(slack: Sandbox, endpoint: Endpoint, api: AsyncWebClient, anna: Person) -> None:
    await api.chat_postMessage(channel=anna.id, text="?", blocks=[actions(button("Go", "go"))])
    answer = await anna.reads()[0].press("Go")
    assert (answer.acknowledged, answer.status, answer.body) == (True, 200, {})
    [(headers, body)] = endpoint.requests
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert list(parse_qs(body)) == ["payload"]


async def test_requests_are_signed_by_the_sandboxs_clock(slack: Sandbox, endpoint: Endpoint, anna: Person) -> None:
    class SandboxClock(Clock):
        def now(self) -> float:
            return slack.clock.now().timestamp()

    slack.clock.advance(timedelta(days=40))
    await anna.types("/thirdparty list")
    [(headers, body)] = endpoint.requests
    assert SignatureVerifier(slack.signing_secret, clock=SandboxClock()).is_valid_request(body, headers)
    assert not SignatureVerifier("another secret", clock=SandboxClock()).is_valid_request(body, headers)


async def test_bolt_refuses_what_is_signed_in_another_time(slack: Sandbox, endpoint: Endpoint, anna: Person) -> None:
    slack.clock.advance(timedelta(minutes=6))
    answer = await anna.types("/thirdparty list")
    assert (answer.acknowledged, answer.status) == (False, 401)
    assert answer.reading == '/thirdparty failed with the error "dispatch_failed"'


async def test_events_are_repeated_with_their_headers(slack: Sandbox, endpoint: Endpoint, anna: Person) -> None:
    endpoint.failing = 1
    anna.opens_home()
    assert (await anna.waits_for("Welcome home")).place == "bot"
    numbers = [headers.get("X-Slack-Retry-Num") for headers, _ in endpoint.requests]
    assert numbers == [None, "1"]
    assert endpoint.requests[0][1] == endpoint.requests[1][1]
    assert endpoint.requests[1][0]["X-Slack-Retry-Reason"] == "http_error"


@pytest.mark.parametrize(
    ("fault", "error"), [(Dropped(), "operation_timeout"), (Error("dispatch_unknown_error"), "dispatch_unknown_error")]
)
async def test_an_acknowledgement_can_be_lost(
    slack: Sandbox, endpoint: Endpoint, anna: Person, fault: Dropped | Error, error: str
) -> None:
    slack.faults.next("ack", fault)
    assert (await anna.types("/thirdparty list")).reading.startswith(f'/thirdparty failed with the error "{error}"')


async def test_a_request_url_that_nobody_serves(slack: Sandbox, anna: Person) -> None:
    slack.deliver_by_http("http://127.0.0.1:1/slack/events")
    assert (await anna.types("/thirdparty list")).reading == '/thirdparty failed with the error "dispatch_failed"'


async def test_the_traffic_log_keeps_requests_and_answers(slack: Sandbox, endpoint: Endpoint, anna: Person) -> None:
    await anna.types("/thirdparty list")
    kinds = [(each.direction, each.kind) for each in slack.traffic if each.name == "/thirdparty"]
    assert kinds == [("out", "http"), ("in", "ack")]


async def test_an_answer_that_takes_too_long(impatient: Sandbox) -> None:
    app = bolt(impatient)

    @app.command("/plain")
    async def slow(ack: Any) -> None:
        await asyncio.sleep(0.3)
        await ack("too late")

    async with served(impatient, Endpoint(app)):
        answer = await impatient.person("anna").types("/plain list")
    assert (answer.timed_out, answer.status) == (True, None)


@pytest.mark.parametrize(("content_type", "body"), [("text/plain", "words"), ("application/json", "{words")])
async def test_an_answer_that_is_no_json_is_shown_as_it_is(
    endpoint: Endpoint, anna: Person, content_type: str, body: str
) -> None:
    endpoint.answer = web.Response(text=body, content_type=content_type)
    assert (await anna.types("/thirdparty list")).reading == body
