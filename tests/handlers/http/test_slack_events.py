import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from access.model.secret import Secret
from handlers.http.slack_events import slack_events_route
from handlers.payloads import is_understood
from tests.handlers.hostile import command_texts, people
from tests.handlers.hostile_payloads import mutated, payloads
from tests.handlers.office import Json, Office, command, press, submission, typed
from tests.thorough import attack

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
LIMIT = 4_000

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(office: Office) -> AsyncIterator[Client]:
    route = slack_events_route(office.app, Secret(SIGNING_SECRET), office.world.clock, max_body=LIMIT)
    application = web.Application()
    application.router.add_post("/slack/events", route)
    async with TestClient(TestServer(application)) as opened:
        yield opened


class Sender:
    """Slack's side, able to do everything a little wrong."""

    def __init__(self, office: Office, client: Client) -> None:
        self._now = office.world.clock.now()
        self._client = client

    async def send(
        self,
        body: bytes | str,
        content_type: str = FORM,
        *,
        late: timedelta = timedelta(),
        changed: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        body = body.encode() if isinstance(body, str) else body
        stamp = str(int((self._now - late).timestamp()))
        digest = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
        return await self._client.post(
            "/slack/events", data=body, headers={"Content-Type": content_type, **signed, **(changed or {})}
        )

    async def interaction(self, payload: Mapping[str, Any]) -> ClientResponse:
        return await self.send(urlencode({"payload": json.dumps(payload)}))


@pytest.fixture
def sender(office: Office, client: Client) -> Sender:
    return Sender(office, client)


@pytest.mark.parametrize("text", ["add Acme Corp", "add payload & co", "add Käse=Öl+%41"])
async def test_a_command(sender: Sender, text: str) -> None:
    answer = await sender.send(urlencode(command("UANNA", text)))

    assert answer.status == 200
    assert f"*{text[4:].replace('&', '&amp;')}* is registered." in (await answer.json())["text"]


async def test_a_press_and_a_submission(sender: Sender, office: Office) -> None:
    pressed = await sender.interaction(press("UANNA", "add", "", "ephemeral"))
    fields = {"name_field": typed("Acme"), "callback_url_field": typed(None)}
    submitted = await sender.interaction(submission("UANNA", "add_form", "", **fields))

    assert (pressed.status, await pressed.text()) == (200, "")
    assert office.last.how == "open"
    assert (await submitted.json())["response_action"] == "update"


async def test_the_url_check(sender: Sender) -> None:
    answer = await sender.send(json.dumps({"type": "url_verification", "challenge": "abc"}), JSON)

    assert (answer.status, await answer.json()) == (200, {"challenge": "abc"})


async def test_five_minutes_are_not_too_old_and_a_second_more_is(sender: Sender) -> None:
    body, minutes, second = urlencode(command("UANNA", "help")), timedelta(minutes=5), timedelta(seconds=1)

    for late in (minutes, -minutes):
        assert (await sender.send(body, late=late)).status == 200
    with capture_logs() as log:
        for late in (minutes + second, -minutes - second):
            assert (await sender.send(body, late=late)).status == 401
        assert (await sender.send(body, late=minutes * 2, changed={"X-Slack-Signature": "v0=0"})).status == 401
    assert [(line["event"], abs(line["seconds"]) // 60) for line in log] == [("request_out_of_time", 5)] * 2


async def test_without_a_valid_signature_nothing_is_looked_at(sender: Sender, office: Office) -> None:
    signatures = ("v0=" + "0" * 64, "", "vö")
    stamps = ("", "now", "1" * 400, "-1", "1.5")
    wrong = [{"X-Slack-Signature": each} for each in signatures]
    wrong += [{"X-Slack-Request-Timestamp": each} for each in stamps]

    for changed in wrong:
        answer = await sender.send(urlencode(command("UANNA", "add Acme")), changed=changed)
        assert answer.status == 401, changed
    assert office.world.count_records() == 0


async def test_a_signature_of_another_body(sender: Sender, client: Client) -> None:
    good = (await sender.send(urlencode(command("UANNA", "help")))).request_info.headers
    headers = {name: value for name, value in good.items() if name.startswith("X-Slack")}
    changed = urlencode(command("UANNA", "add Acme"))

    answer = await client.post("/slack/events", data=changed, headers={**headers, "Content-Type": FORM})

    assert answer.status == 401


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large(client: Client, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"a" * 1_000

    body = pieces() if chunked else b"a" * (LIMIT + 1)

    assert (await client.post("/slack/events", data=body, headers={"Content-Type": FORM})).status == 413


async def test_a_content_type_that_slack_does_not_send(sender: Sender) -> None:
    wrong = ("multipart/form-data", "text/plain", "", f"{FORM}; charset=utf-16", f"{JSON}; charset=nonsense")

    for content_type in wrong:
        answer = await sender.send(urlencode(command("UANNA", "help")), content_type)
        assert answer.status == 415, content_type


_USER = {"user": {"id": "U1"}}
_SENSELESS_FORMS = (
    b"",
    b"\xff\xfe",
    b"payload=",
    b"payload=%7B",
    b"payload=null",
    b"payload=[]",
    b"payload=%FF",
    b"payload=1",
    b"command=/thirdparty",
    b"{}=1",
    b"payload=" + b"[" * 3_000,
)
_SENSELESS_JSON = (b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b"[" * 3_000, b'{"type": 1}')
_SENSELESS_PAYLOADS: tuple[dict[str, Any], ...] = (
    {},
    {"type": "block_actions"},
    {"type": "block_actions", "actions": [], **_USER},
    {"type": "block_actions", "actions": [{}], **_USER},
    {"type": "block_actions", "actions": [{"action_id": 1}], **_USER},
    {"type": "block_actions", "actions": [{"action_id": "a"}]},
    {"type": "view_submission", "view": [], **_USER},
    {"type": "view_submission", "view": {"callback_id": "x"}},
    {"type": ["block_actions"]},
    press("U1", "show", "", "direct") | {"container": "x"},
    press("U1", "show", "", "direct") | {"container": {"channel_id": 1}},
    press("U1", "show", "", "direct") | {"team": [1]},
    submission("U1", "add_form", "") | {"view": {"callback_id": "add_form", "state": {"values": [1]}}},
)


async def test_a_signed_body_that_makes_no_sense(sender: Sender) -> None:
    for body in _SENSELESS_FORMS:
        assert (await sender.send(body)).status == 400, body
    for body in _SENSELESS_JSON:
        assert (await sender.send(body, JSON)).status == 400, body
    for payload in _SENSELESS_PAYLOADS:
        assert (await sender.interaction(payload)).status == 400, payload


@given(payload=mutated(payloads), cut=st.integers(0, 40), form=st.booleans())
@attack(60)
async def test_no_signed_body_is_answered_with_500(sender: Sender, payload: Json, cut: int, form: bool) -> None:
    whole = json.dumps(payload)
    text = whole[:-cut] if cut < 20 and cut else whole  # half of them are cut short
    body, content_type = (urlencode({"payload": text}), FORM) if form else (text, JSON)
    status = (await sender.send(body, content_type)).status
    assert status in (200, 400, 404, 413)
    if text is whole and is_understood(payload) and len(body) <= LIMIT:
        assert status == 200


@given(user=people, text=command_texts, odd_bytes=st.binary(max_size=4))
@attack(20)
async def test_a_typed_text_is_answered_or_no_text_at_all(
    sender: Sender, user: str, text: str, odd_bytes: bytes
) -> None:
    fields = {name: value.encode(errors="surrogatepass") for name, value in command(user, text).items()}
    answer = await sender.send(urlencode(fields).encode() + odd_bytes)
    assert answer.status in (200, 400, 413)
