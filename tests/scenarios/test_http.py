"""Over HTTP, nobody but Slack is listened to."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession

from handlers.http.slack_events import SLACK_EVENTS
from tests.scenarios.stage import Stage, set_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot over HTTP."""
    async with set_stage(tmp_path, http=True) as stage:
        yield stage


def command(stage: Stage) -> bytes:
    """`/thirdparty add Globex`, by Anna, as Slack would send it."""
    fields = {
        "team_id": stage.slack.team_id,
        "user_id": stage.anna.id,
        "command": "/thirdparty",
        "text": "add Globex",
        "trigger_id": "1.2.3",
        "response_url": f"{stage.slack.address}/commands/1/2/3",
    }
    return urlencode(fields).encode()


def signed(stage: Stage, body: bytes, *, late: timedelta = timedelta(0), secret: str = "") -> dict[str, str]:
    """The headers with which Slack would have sent it, `late` ago."""
    stamp = str(int((stage.slack.clock.now() - late).timestamp()))
    key = (secret or stage.slack.signing_secret).encode()
    digest = hmac.new(key, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


async def post(stage: Stage, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with (
        ClientSession() as session,
        session.post(f"{stage.bot.url}{SLACK_EVENTS}", data=body, headers={**kind, **headers}) as answer,
    ):
        return answer.status, await answer.text()


async def test_what_slack_signed_is_done(stage: Stage) -> None:
    body = command(stage)
    status, text = await post(stage, body, signed(stage, body))
    assert status == 200
    assert "is registered" in text
    assert stage.names() == ["Globex"]


async def test_what_slack_did_not_sign_is_refused_and_nothing_happens(stage: Stage) -> None:
    body = command(stage)
    real = signed(stage, body)
    forged = [
        {},
        {"X-Slack-Request-Timestamp": real["X-Slack-Request-Timestamp"]},
        {"X-Slack-Signature": real["X-Slack-Signature"]},
        {**real, "X-Slack-Signature": "v0=" + "0" * 64},
        {**real, "X-Slack-Signature": real["X-Slack-Signature"].removeprefix("v0=")},
        {**real, "X-Slack-Request-Timestamp": "soon"},
        signed(stage, body, secret="0" * 32),
        signed(stage, body + b"&x=1"),
    ]
    for headers in forged:
        status, text = await post(stage, body, headers)
        assert (status, "registered" in text) == (401, False)
    assert stage.names() == []
    assert stage.audit() == []


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-6), timedelta(days=30)])
async def test_what_slack_signed_at_another_time_is_refused_and_nothing_happens(stage: Stage, late: timedelta) -> None:
    body = command(stage)
    status, _ = await post(stage, body, signed(stage, body, late=late))
    assert status == 401
    assert stage.audit() == []


async def test_what_was_recorded_cannot_be_played_again_later(stage: Stage) -> None:
    body = command(stage)
    headers = signed(stage, body)
    assert (await post(stage, body, headers))[0] == 200
    await stage.later(minutes=6)
    assert (await post(stage, body, headers))[0] == 401
    assert stage.audit() == ["third_party.registered"]
