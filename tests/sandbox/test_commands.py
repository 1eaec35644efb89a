"""Slash commands through a real Bolt app over Socket Mode."""

import asyncio
import json
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp

from sandbox import Person, Sandbox
from tests.sandbox.apps import Connected, Json, bolt, section


@pytest.fixture
def payloads(app: AsyncApp) -> list[Json]:
    """The payloads of /thirdparty and /plain, which the app answers with an echo."""
    seen: list[Json] = []

    async def echo(ack: Any, body: Json) -> None:
        seen.append(body)
        await ack(f"You typed {body['text']}")

    app.command("/thirdparty")(echo)
    app.command("/plain")(echo)
    return seen


async def test_the_payload_has_slacks_fields(slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person) -> None:
    async with Connected(slack, app):
        await anna.types("/thirdparty add Acme", "#third-party-access")
    [payload] = payloads
    assert set(payload) == {
        "token", "team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name", "command", "text",
        "api_app_id", "is_enterprise_install", "response_url", "trigger_id",
    }  # fmt: skip
    assert (payload["user_id"], payload["team_id"]) == (anna.id, slack.team_id)
    assert (payload["command"], payload["text"]) == ("/thirdparty", "add Acme")
    assert (payload["channel_id"], payload["channel_name"]) == (slack.admin_channel, "privategroup")


async def test_the_answer_is_seen_by_the_caller_alone(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert answer.acknowledged
    assert answer.ephemeral is not None
    assert answer.reading == answer.ephemeral.reading == "You typed list"
    assert [seen.ephemeral for seen in anna.reads("#general")] == [True]
    assert slack.person("ben").reads("#general") == []


TYPED = 'add "A & B" <x> https://a.example/?a=1&b=2 @carla @nobody a@b.example #general #third-party-access'
ESCAPED = (
    'add "A &amp; B" &lt;x&gt; <https://a.example/?a=1&amp;b=2> <@U05CARLARUZ|carla> @nobody a@b.example '
    "<#C01GENERAL0|general> <#C02TPACCESS|>"
)


async def test_text_is_escaped_where_the_manifest_says_so(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    async with Connected(slack, app):
        await anna.types(f"/thirdparty {TYPED}")
        await anna.types(f"/plain {TYPED}")
    assert [payload["text"] for payload in payloads] == [ESCAPED, TYPED]


async def test_guests_and_people_of_other_organisations_cannot_run_commands(
    slack: Sandbox, app: AsyncApp, payloads: list[Json]
) -> None:
    async with Connected(slack, app):
        answers = [await slack.person(name).types("/thirdparty list") for name in ("carla", "erik", "sven")]
    assert payloads == []
    assert {answer.reading for answer in answers} == {"/thirdparty can only be run by full members of Meadow."}
    assert not any(answer.acknowledged for answer in answers)


async def test_an_unknown_command_does_not_reach_the_app(slack: Sandbox, anna: Person) -> None:
    assert (await anna.types("/thirdpraty list")).reading == "/thirdpraty is not a valid command."
    assert slack.traffic == []


async def test_the_deactivated_can_do_nothing(slack: Sandbox) -> None:
    with pytest.raises(AssertionError, match="cannot sign in"):
        await slack.person("dora").types("/thirdparty list")


async def test_a_late_acknowledgement_is_a_timeout(impatient: Sandbox) -> None:
    app, anna = bolt(impatient), impatient.person("anna")

    @app.command("/thirdparty")
    async def slow(ack: Any) -> None:
        await asyncio.sleep(0.3)
        await ack("too late")

    async with Connected(impatient, app):
        answer = await anna.types("/thirdparty list")
        await asyncio.sleep(0.2)
    assert (answer.acknowledged, answer.timed_out) == (False, True)
    assert answer.reading == '/thirdparty failed with the error "operation_timeout"'
    assert anna.reads("#general") == []


async def test_without_a_connection_the_caller_reads_an_error(anna: Person) -> None:
    assert (await anna.types("/thirdparty list")).reading == '/thirdparty failed with the error "dispatch_failed"'


async def test_an_answer_for_everybody(slack: Sandbox, app: AsyncApp, anna: Person) -> None:
    @app.command("/thirdparty")
    async def public(ack: Any) -> None:
        await ack(text="For all", blocks=[section("For *all*")], response_type="in_channel")

    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert answer.ephemeral is None
    assert [seen.text for seen in slack.person("ben").reads("#general")] == ["For all"]


async def test_an_answer_over_the_limits_is_not_shown(slack: Sandbox, app: AsyncApp, anna: Person) -> None:
    @app.command("/thirdparty")
    async def too_long(ack: Any) -> None:
        await ack(text="x", blocks=[section("x" * 3001)])

    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert answer.reading == '/thirdparty failed with the error "invalid_command_response"'
    assert anna.reads("#general") == []


async def test_acknowledging_without_words_shows_nothing(slack: Sandbox, app: AsyncApp, anna: Person) -> None:
    @app.command("/thirdparty")
    async def silent(ack: Any) -> None:
        await ack()

    async with Connected(slack, app):
        answer = await anna.types("/thirdparty list")
    assert (answer.acknowledged, answer.reading, answer.ephemeral) == (True, "", None)


async def test_the_same_payload_can_come_twice(
    slack: Sandbox, app: AsyncApp, payloads: list[Json], anna: Person
) -> None:
    async with Connected(slack, app):
        await anna.types("/thirdparty list")
        answer = await slack.redeliver("/thirdparty")
    assert payloads[0] == payloads[1]
    assert answer.reading == "You typed list"
    sent = [json.loads(each.body) for each in slack.traffic if each.name == "/thirdparty" and each.kind == "envelope"]
    assert [each.get("retry_attempt") for each in sent] == [None, 1]


async def test_nothing_can_be_redelivered_before_it_was_delivered(slack: Sandbox) -> None:
    with pytest.raises(AssertionError, match="no view_submission"):
        await slack.redeliver()
