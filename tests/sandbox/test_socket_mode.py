"""Connections, acknowledgements, retries, reconnects: Socket Mode against slack_sdk's own client."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Person, Sandbox
from sandbox.faults import Delay, Dropped, Error, LostAnswer, RateLimited, Silence, Status
from sandbox.timing import Timing
from tests.sandbox.apps import MANIFEST, Connected, Json, bolt, web_client


@pytest.fixture
def payloads(app: AsyncApp) -> list[Json]:
    seen: list[Json] = []

    @app.command("/thirdparty")
    async def answer(ack: Any, body: Json) -> None:
        seen.append(body)
        await ack(f"Answer {len(seen)}")

    @app.event("app_home_opened")
    async def home(body: Json) -> None:
        seen.append(body)

    return seen


class Raw:
    """A connection without slack_sdk, to do what it never does."""

    def __init__(self, slack: Sandbox) -> None:
        self._slack = slack
        self._session = ClientSession()

    async def __aenter__(self) -> "Raw":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def connect(self) -> ClientWebSocketResponse:
        url = (await web_client(self._slack).apps_connections_open(app_token=self._slack.app_token))["url"]
        return await self._session.ws_connect(url)


async def test_hello_comes_first(slack: Sandbox) -> None:
    async with Raw(slack) as raw:
        hello = await (await raw.connect()).receive_json()
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"] == {"app_id": slack.app_id}


async def test_a_ticket_works_once(slack: Sandbox) -> None:
    url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with ClientSession() as session:
        await session.ws_connect(url)
        with pytest.raises(WSServerHandshakeError):
            await session.ws_connect(url)


async def test_the_eleventh_connection_is_refused(slack: Sandbox) -> None:
    async with Raw(slack) as raw:
        open_ones = [await raw.connect() for _ in range(10)]
        assert [(await socket.receive_json())["num_connections"] for socket in open_ones] == [*range(1, 11)]
        answer = await (await raw.connect()).receive_json()
    assert (answer["type"], answer["reason"]) == ("disconnect", "too_many_websockets")


async def test_the_server_sends_pings() -> None:
    async with await Sandbox.start(manifest=MANIFEST, timing=Timing(ping_every=0.02)) as slack:
        url = (await web_client(slack).apps_connections_open(app_token=slack.app_token))["url"]
        async with ClientSession() as session, session.ws_connect(url, autoping=False) as socket:
            await socket.receive_json()
            assert (await socket.receive()).type is WSMsgType.PING


async def test_each_envelope_goes_to_exactly_one_connection(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    async with Connected(slack, app), Connected(slack, app), Connected(slack, app):
        answers = await asyncio.gather(*(anna.types(f"/thirdparty {n}") for n in range(9)))
    assert all(answer.acknowledged for answer in answers)
    assert sorted(payload["text"] for payload in payloads) == [str(n) for n in range(9)]


async def test_envelopes_take_turns(slack: Sandbox, anna: Person) -> None:
    async with Raw(slack) as raw:
        sockets = [await raw.connect() for _ in range(2)]
        for socket in sockets:
            await socket.receive_json()
        asking = [asyncio.create_task(anna.types(f"/thirdparty {n}")) for n in range(2)]
        texts = set()
        for socket in sockets:
            envelope = await socket.receive_json()
            texts.add(envelope["payload"]["text"])
            assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
            await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Hello"}})
        answers = await asyncio.gather(*asking)
    assert texts == {"0", "1"}
    assert {answer.reading for answer in answers} == {"Hello"}


async def test_an_envelope_survives_its_connection(slack: Sandbox, anna: Person) -> None:
    async with Raw(slack) as raw:
        first, second = [await raw.connect() for _ in range(2)]
        for socket in (first, second):
            await socket.receive_json()
        asking = asyncio.create_task(anna.types("/thirdparty list"))
        receiving = {asyncio.create_task(socket.receive_json()): socket for socket in (first, second)}
        done, waiting = await asyncio.wait(receiving, return_when=asyncio.FIRST_COMPLETED)
        sent = done.pop().result()
        [other] = waiting
        await next(socket for task, socket in receiving.items() if task is not other).close()
        again = await other
        await receiving[other].send_json({"envelope_id": again["envelope_id"]})
        assert (await asking).acknowledged
    assert (again["envelope_id"], again["payload"]) == (sent["envelope_id"], sent["payload"])
    assert (again["retry_attempt"], again["retry_reason"]) == (1, "connection_lost")


async def test_an_acknowledgement_may_come_on_another_connection(slack: Sandbox, anna: Person) -> None:
    async with Raw(slack) as raw:
        first = await raw.connect()
        await first.receive_json()
        asking = asyncio.create_task(anna.types("/thirdparty list"))
        envelope = await first.receive_json()
        second = await raw.connect()
        for nonsense in ("not JSON", "[]", "{}"):
            await second.send_str(nonsense)
        await second.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "From elsewhere"}})
        assert (await asking).reading == "From elsewhere"


async def test_events_are_repeated_until_they_are_acknowledged(slack: Sandbox, anna: Person) -> None:
    async with Raw(slack) as raw:
        socket = await raw.connect()
        await socket.receive_json()
        anna.opens_home()
        envelopes = [await socket.receive_json() for _ in range(3)]
        await socket.send_json({"envelope_id": envelopes[2]["envelope_id"]})
    attempts = [(each["retry_attempt"], each["retry_reason"]) for each in envelopes]
    assert attempts == [(0, ""), (1, "timeout"), (2, "timeout")]
    assert len({each["payload"]["event_id"] for each in envelopes}) == 1
    payload = envelopes[0]["payload"]
    assert (envelopes[0]["type"], payload["type"], payload["team_id"]) == (
        "events_api",
        "event_callback",
        slack.team_id,
    )
    assert (payload["event"]["type"], payload["event"]["user"]) == ("app_home_opened", anna.id)
    assert payload["authorizations"][0]["user_id"] == slack.bot_user_id


async def test_an_event_can_come_twice(slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person) -> None:
    async with Connected(slack, app):
        anna.opens_home()
        assert (await slack.redeliver("app_home_opened")).acknowledged
    assert payloads[0] == payloads[1]


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_the_app_reconnects_when_asked_to(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person, reason: str
) -> None:
    async with Connected(slack, app):
        await slack.refresh_connections(reason)
        await slack.connected()
        assert (await anna.types("/thirdparty list")).reading == "Answer 1"
    hellos = [each for each in slack.traffic if each.name == "hello"]
    [disconnect] = [json.loads(each.body) for each in slack.traffic if each.name == "disconnect"]
    assert (len(hellos), disconnect["reason"]) == (2, reason)


async def test_the_app_reconnects_after_a_cut(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    async with Connected(slack, app):
        await slack.drop_connections()
        await slack.connected()
        assert (await anna.types("/thirdparty list")).reading == "Answer 1"


async def test_waiting_for_nobody_ends(slack: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        await slack.connected(timeout=0.01)


@pytest.mark.parametrize("fault", [Error("link_disabled"), Delay(0.01)])
async def test_a_handshake_with_trouble_is_got_over(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person, fault: Error | Delay
) -> None:
    slack.faults.next("socket", fault)
    async with Connected(slack, app):
        assert (await anna.types("/thirdparty list")).acknowledged


@pytest.mark.parametrize("fault", [Status(503), RateLimited(1), Dropped()])
async def test_a_handshake_can_fail(slack: Sandbox, fault: Status | RateLimited | Dropped) -> None:
    # aiohttp's client repeats a GET once by itself after a cut.
    slack.faults.next("socket", fault, times=2 if isinstance(fault, Dropped) else 1)
    async with Raw(slack) as raw:
        with pytest.raises((WSServerHandshakeError, ClientConnectionError)):
            await raw.connect()
        assert (await (await raw.connect()).receive_json())["type"] == "hello"


async def test_a_silent_handshake_never_says_hello(slack: Sandbox) -> None:
    slack.faults.next("socket", Silence())
    async with Raw(slack) as raw:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw.connect(), 0.05)


async def test_an_acknowledgement_can_be_lost(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    slack.faults.next("ack", Silence())
    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert (answer.timed_out, len(payloads)) == (True, 1)
    assert anna.reads("#general") == []


async def test_an_acknowledgement_can_be_lost_with_its_connection(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    slack.faults.next("ack", Dropped())
    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert (answer.reading, len(payloads)) == ("Answer 2", 2)


@pytest.mark.parametrize("fault", [LostAnswer(), Delay(0.02)])
async def test_an_acknowledgement_can_arrive_in_spite_of_trouble(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person, fault: LostAnswer | Delay
) -> None:
    slack.faults.next("ack", fault)
    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert (answer.reading, len(payloads)) == ("Answer 1", 1)


async def test_slack_can_refuse_an_acknowledgement(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    slack.faults.next("ack", Error("dispatch_unknown_error"))
    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert answer.reading == '/thirdparty failed with the error "dispatch_unknown_error"'


async def test_the_traffic_log_names_envelopes_and_acknowledgements(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    async with Connected(slack, app):
        await anna.types("/thirdparty list")
    kinds = [(each.direction, each.kind) for each in slack.traffic if each.name == "/thirdparty"]
    assert kinds == [("out", "envelope"), ("in", "ack")]


async def test_stopping_leaves_nobody_waiting() -> None:
    slack = await Sandbox.start(manifest=MANIFEST)
    slack.faults.always("auth.test", Silence())
    async with Connected(slack, bolt(slack)):
        asking = asyncio.create_task(AsyncWebClient(token=slack.bot_token, base_url=slack.api_url).auth_test())
        await asyncio.sleep(0.02)
        await asyncio.wait_for(slack.stop(), 2)
    with pytest.raises(ClientConnectionError):
        await asking
