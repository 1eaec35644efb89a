"""Another app in the workspace that turned against it: it reads what stands where it may read, and posts look-alikes.

And a workspace owner, who exports everything that Slack keeps.
"""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from access.model.credentials import contains_secret
from handlers import ids
from handlers.register import PRESSES
from tests.scenarios.stage import Stage, encodings, secrets_in, set_stage

IDENTIFIER = re.compile(r"[a-z2-7]{26}")
CAN_BE_PRESSED = set(PRESSES)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot in its workspace."""
    async with set_stage(tmp_path) as stage:
        yield stage


async def test_what_slack_keeps_of_the_whole_story_holds_no_secret_and_no_power(stage: Stage) -> None:
    """Every message, to whomever, as Slack keeps and exports it: no secret, no metadata, no value but an id of ours.

    An id allows nothing: `test_member.py` shows it with all of them.
    """
    secrets = secrets_in(await stage.collected())
    await (await stage.carla.waits_for("It works")).press("It works")
    await stage.settled()
    people = (stage.anna, stage.ben, stage.carla, stage.omar, stage.mia)
    places = ("bot", "#general", "#third-party-access", "#acme-shared")
    kept = [seen for person in people for place in places for seen in person.reads(place)]
    sent = [call for call in stage.slack.traffic if call.name in ("chat.postMessage", "chat.update")]
    assert len(kept) > 5
    assert len(sent) > 4
    written = json.dumps([[seen.text, seen.blocks] for seen in kept])
    assert not contains_secret(written)
    assert not any(form in written for secret in secrets for form in encodings(secret))
    for seen in kept:
        for button in _buttons(seen.blocks):
            assert button["action_id"] in CAN_BE_PRESSED
            assert (
                IDENTIFIER.fullmatch(button["value"])
                if "value" in button
                else button["action_id"] in (ids.ADD, ids.LIST, ids.HOLDINGS)
            )
    assert not any("metadata" in call.body for call in sent)


def _buttons(node: object) -> list[dict[str, str]]:
    if isinstance(node, dict):
        own = [node] if node.get("type") == "button" else []
        return own + [found for each in node.values() for found in _buttons(each)]
    return [found for each in node for found in _buttons(each)] if isinstance(node, list) else []
