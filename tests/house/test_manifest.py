import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from tests.house import ROOT

TEXT = (ROOT / "manifest.yml").read_text()
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)

# Slack's schemas do not enumerate scopes and events. Whoever adds one adds it here too, with a reason in the manifest.
SCOPES = {
    "bot": ["channels:read", "chat:write", "commands", "groups:read", "im:write", "usergroups:read", "users:read"],
    "bot_optional": ["users:read.email", "im:history"],
}
EVENTS = ["app_home_opened", "user_change"]


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_slack_takes_the_manifest(version: str) -> None:
    schema = json.loads((ROOT / f"tests/house/data/slack-manifest.schema.{version}.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(MANIFEST)] == []


def test_it_asks_for_these_scopes_and_no_others() -> None:
    assert MANIFEST["oauth_config"] == {"scopes": SCOPES}


@pytest.mark.parametrize("asked_for", SCOPES["bot"] + SCOPES["bot_optional"] + EVENTS)
def test_each_scope_and_event_has_its_reason_beside_it(asked_for: str) -> None:
    assert re.search(rf"^ +- {asked_for} +# \w.{{10,}}$", TEXT, re.MULTILINE)


def test_it_subscribes_to_these_events_and_no_others() -> None:
    assert MANIFEST["settings"]["event_subscriptions"] == {"bot_events": EVENTS}


def test_it_works_in_socket_mode_with_buttons_and_names_no_address() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}
    assert "://" not in json.dumps(MANIFEST)


def test_its_one_command_gets_mentions_as_ids() -> None:
    (command,) = MANIFEST["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/thirdparty", True)


def test_people_can_read_its_direct_messages_but_paste_nothing_into_them() -> None:
    assert MANIFEST["features"]["app_home"] == {
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": True,
        "home_tab_enabled": True,
    }


def test_its_display_information_keeps_slacks_limits() -> None:
    display = MANIFEST["display_information"]
    assert 1 <= len(display["name"]) <= 35
    assert 1 <= len(display["description"]) <= 140
    assert 175 <= len(display["long_description"]) <= 4000
    # The schemas write "regex" for "pattern", so that no validator looks at it.
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", display["background_color"])
