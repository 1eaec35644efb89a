"""The Socket Mode connection: how it starts, lives through trouble and ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from structlog.testing import capture_logs

from access.model.secret import Secret
from bot import socket_mode
from bot.slack_client import slack_client, slack_logger
from bot.socket_mode import NoConnection, SocketConnection
from sandbox import Person, Sandbox
from sandbox.faults import Dropped, Status
from sandbox.timing import Timing
from tests.bot.waiting import nothing_left, until
from tests.manifest import our_manifest

Answer = Callable[[str], Awaitable[str]]


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with await Sandbox.start(manifest=our_manifest(), timing=Timing(ticket_lives=0.5)) as started:
        yield started


@pytest.fixture
def anna(slack: Sandbox) -> Person:
    return slack.people["anna"]


def connection(
    slack: Sandbox, answer: Answer, *, app_token: str = "", within: float = 5, grace: float = 60
) -> SocketConnection:
    """A connection of an app that answers every command with what `answer` makes of its text."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=slack.team_id)

    app = AsyncApp(
        name="bot",
        client=slack_client(None, slack.api_url),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        logger=slack_logger(),
    )

    @app.command("/thirdparty")
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(await answer(body["text"]))

    return SocketConnection(
        app,
        Secret(app_token or slack.app_token),
        retry_every=timedelta(seconds=0.2),
        connect_within=timedelta(seconds=within),
        grace=timedelta(seconds=grace),
    )


async def echo(text: str) -> str:
    return f"you said {text}"


def opened(slack: Sandbox) -> int:
    return sum(each.name == "apps.connections.open" and each.direction == "in" for each in slack.traffic)


async def test_a_wrong_app_token_is_one_line(slack: Sandbox) -> None:
    async with nothing_left():
        wrong = connection(slack, echo, app_token="xapp-1-wrong")
        with pytest.raises(NoConnection, match=r"\(invalid_auth\).*SLACK_APP_TOKEN.*connections:write") as refused:
            await wrong.open()
        await wrong.close()
    assert "\n" not in str(refused.value)
    assert "xapp-1-wrong" not in str(refused.value)


async def test_a_refused_handshake_at_the_start_is_tried_again(slack: Sandbox, anna: Person) -> None:
    slack.faults.next("socket", Status(500))
    patient = connection(slack, echo)
    await patient.open()
    assert (await anna.types("/thirdparty list")).reading == "you said list"
    await patient.close()


async def test_a_start_while_slack_is_away_waits_for_it(slack: Sandbox, anna: Person) -> None:
    slack.faults.always("apps.connections.open", Status(503))
    patient = connection(slack, echo)
    with capture_logs() as log:
        opening = asyncio.create_task(patient.open())
        await until(lambda: [line["event"] for line in log] == ["slack_away"])
        assert not await patient.is_up()
        slack.faults.clear()
        await opening
    assert (await anna.types("/thirdparty list")).reading == "you said list"
    await patient.close()


async def test_a_start_without_any_handshake_ends(slack: Sandbox) -> None:
    slack.faults.always("socket", Status(403))
    async with nothing_left():
        hopeless = connection(slack, echo, within=0.1)
        with pytest.raises(NoConnection, match="by WebSocket too"):
            await hopeless.open()
        await hopeless.close()


async def test_a_stale_address_in_mid_life_is_given_up(slack: Sandbox, anna: Person) -> None:
    living = connection(slack, echo)
    await living.open()
    slack.faults.next("socket", Dropped(), times=4)  # until the ticket is stale that was asked for first
    await slack.drop_connections()
    await slack.connected()
    assert opened(slack) > 2
    assert (await anna.types("/thirdparty list")).reading == "you said list"
    await living.close()


@pytest.mark.parametrize("trouble", [Sandbox.refresh_connections, Sandbox.drop_connections])
async def test_requests_outlive_a_connection(
    slack: Sandbox, anna: Person, trouble: Callable[[Sandbox], Awaitable[None]]
) -> None:
    taken: list[str] = []

    async def slowly(text: str) -> str:
        taken.append(text)
        await asyncio.sleep(0.1)
        return f"done {text}"

    living = connection(slack, slowly)
    await living.open()
    texts = [str(number) for number in range(10)]
    asking = [asyncio.create_task(anna.types(f"/thirdparty {text}")) for text in texts]
    await until(lambda: len(taken) == len(texts))
    await trouble(slack)
    answers = await asyncio.gather(*asking)
    assert [answer.reading for answer in answers] == [f"done {text}" for text in texts]
    await living.close()


async def test_a_stop_finishes_what_was_taken_on_and_leaves_the_rest_to_another(slack: Sandbox, anna: Person) -> None:
    taken, finish = asyncio.Event(), asyncio.Event()

    async def slowly(text: str) -> str:
        taken.set()
        await finish.wait()
        return f"the first {text}"

    async def quickly(text: str) -> str:
        return f"the second {text}"

    async with nothing_left():
        first, second = connection(slack, slowly), connection(slack, quickly)
        await first.open()
        asking = asyncio.create_task(anna.types("/thirdparty early"))
        await taken.wait()
        await second.open()
        closing = asyncio.create_task(first.close())
        late = [asyncio.create_task(anna.types("/thirdparty late")) for _ in range(4)]  # half of them to the first
        await asyncio.sleep(0.1)
        assert not closing.done()
        finish.set()
        await closing
        assert (await asking).reading == "the first early"
        assert {(await each).reading for each in late} == {"the second late"}
        await second.close()


async def test_a_stop_does_not_wait_for_ever(slack: Sandbox, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_mode, "FINISH_WITHIN", timedelta(seconds=0.05))
    taken = asyncio.Event()

    async def never(_: str) -> str:
        taken.set()
        await asyncio.Event().wait()
        return "never"

    stuck = connection(slack, never)
    await stuck.open()
    asking = asyncio.create_task(anna.types("/thirdparty list"))
    await taken.wait()
    async with asyncio.timeout(1):
        await stuck.close()
    asking.cancel()


async def turns(connection: SocketConnection, *, up: bool) -> None:
    for _ in range(2_000):
        if await connection.is_up() == up:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it stays as it is")


async def test_it_is_up_until_it_has_been_lost_for_longer_than_that_takes_now_and_then(slack: Sandbox) -> None:
    patient, strict = connection(slack, echo), connection(slack, echo, grace=0)
    assert not await patient.is_up()
    for each in (patient, strict):
        await each.open()
        assert await each.is_up()
    slack.faults.always("socket", Dropped())
    await slack.drop_connections()
    await turns(strict, up=False)
    assert await patient.is_up()
    slack.faults.clear()
    await turns(strict, up=True)
    for each in (patient, strict):
        await each.close()


async def test_closing_twice_is_harmless(slack: Sandbox) -> None:
    async with nothing_left():
        once = connection(slack, echo)
        await once.open()
        await once.close()
        await once.close()
