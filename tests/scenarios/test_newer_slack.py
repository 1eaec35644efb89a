"""A Slack of next year: fields, blocks, elements and payloads that nobody knows yet."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.delivery import Carrier, Reply
from sandbox.payloads import Parcel
from tests.faults.story import Teller
from tests.scenarios.stage import Stage

NEW_FIELD = {"x_rays": [{"deep": True}, None, 7]}
NEW_BLOCK = {"type": "hologram", "block_id": "h0", "beams": [{"type": "beam", "action_id": "b0"}]}
NEW_STATE = {"h0": {"b0": {"type": "beam", "selected_rays": ["a", {"b": 1}], "value": 7}}}
LEFT_OUT = frozenset(
    {"token", "user_name", "team_domain", "channel_name", "api_app_id", "is_enterprise_install", "enterprise"}
)
"""Deprecated, or null for most: a newer Slack may leave them out."""


def newer(payload: Any) -> Any:
    """What a newer Slack would send for this."""
    if isinstance(payload, list):
        return [newer(each) for each in payload]
    if not isinstance(payload, dict):
        return payload
    grown = {key: newer(value) for key, value in payload.items() if key not in LEFT_OUT}
    if isinstance(payload.get("blocks"), list):
        grown["blocks"] = [NEW_BLOCK, *grown["blocks"]]
    if isinstance(payload.get("state"), dict) and "values" in payload["state"]:
        grown["state"]["values"] = {**grown["state"]["values"], **NEW_STATE}
    return {**grown, **NEW_FIELD}


def newer_command(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a command, which is a form with flat fields."""
    return {**{key: value for key, value in payload.items() if key not in LEFT_OUT}, "x_rays": "seven"}


class NewerSlack:
    """Carries what a newer Slack would."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def carry(self, parcel: Parcel, attempt: int, reason: str) -> Reply:
        grow = newer_command if parcel.type == "slash_commands" else newer
        return await self._carrier.carry(replace(parcel, payload=grow(parcel.payload)), attempt, reason)


@pytest.fixture
async def carrier(either: Stage) -> Carrier:
    """The way to the bot, as Slack is today."""
    return either.slack._delivery.carrier


async def test_the_story_goes_as_ever_in_a_newer_slack(either: Stage, carrier: Carrier) -> None:
    either.log_statements()
    either.slack._delivery.carrier = NewerSlack(carrier)
    teller = Teller(either)
    await teller.tell()
    assert teller.problems == []
    assert teller.shown


def interaction(stage: Stage, **fields: Any) -> Parcel:
    user = {"id": stage.anna.id, "team_id": stage.slack.team_id}
    payload = {"type": "block_actions", "user": user, "team": {"id": stage.slack.team_id}, "trigger_id": "1.2.3"}
    return Parcel("interactive", str(fields.get("type", "block_actions")), {**payload, **fields})


STRANGE: list[dict[str, Any]] = [
    {"type": "hologram_touched", "touch": {"at": [1, 2]}},
    {"type": "block_actions", "actions": [{"action_id": "show", "type": "beam", "rays": 3}]},
    {"type": "block_actions", "actions": [{"action_id": "hologram", "type": "button"}], "container": {"type": "sky"}},
    {"type": "view_closed", "view": {"id": "V1", "callback_id": "hologram"}},
    {"type": "view_submission", "view": {"id": "V1", "callback_id": "hologram"}},
    {"type": "view_submission", "view": {"id": "V1", "callback_id": "hologram", "state": None}},
    {"type": "view_submission", "view": {"id": "V1", "callback_id": "edit_form", "private_metadata": None}},
    {"type": "block_suggestion", "action_id": "owner_field", "value": "om"},
    {"type": "shortcut", "callback_id": "hologram"},
    {"type": "message_action", "callback_id": "hologram", "message": {}},
]


async def test_what_nobody_knows_is_acknowledged_and_changes_nothing(either: Stage, carrier: Carrier) -> None:
    for strange in STRANGE:
        reply = await carrier.carry(interaction(either, **strange), 0, "")
        assert reply.acknowledged, strange
    assert either.audit() == []
    assert "request_failed" not in either.log.getvalue()


async def test_events_that_nobody_knows_are_acknowledged(either: Stage, carrier: Carrier) -> None:
    for event in ({"type": "hologram_seen"}, {"type": "message", "subtype": "sung"}):
        payload = {"type": "event_callback", "team_id": either.slack.team_id, "event_id": "Ev1", "event": event}
        assert (await carrier.carry(Parcel("events_api", "event", payload), 0, "")).acknowledged, event
    assert "request_failed" not in either.log.getvalue()


async def test_a_button_of_another_version_is_answered(either: Stage) -> None:
    stage = either
    card = (await stage.anna.types("/thirdparty")).ephemeral
    assert card is not None
    shown = json.loads(json.dumps(card._message.blocks).replace('"action_id": "add"', '"action_id": "hologram"'))
    card._message.blocks = shown
    await card.press(card.buttons[0])
    assert "This is out of date, so nothing was done." in stage.anna.reads("#general")[-1].reading
