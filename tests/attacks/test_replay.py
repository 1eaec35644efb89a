"""Somebody who has seen what Slack sent, or has a signing secret that is not ours."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from access.model.credentials import WELL_FORMED
from access.model.secret import Secret
from handlers import ids
from handlers.guard import ELSEWHERE
from handlers.http.slack_events import slack_events_route
from tests.attacks.town import Attacked
from tests.handlers.http.test_slack_events import FORM, JSON, SIGNING_SECRET, Client, Sender
from tests.handlers.office import Json, Office, command, press, submission, typed


@pytest.fixture
async def client(office: Office) -> AsyncIterator[Client]:
    application = web.Application()
    route = slack_events_route(office.app, Secret(SIGNING_SECRET), office.world.clock)
    application.router.add_post("/slack/events", route)
    async with TestClient(TestServer(application)) as opened:
        yield opened


@pytest.fixture
def sender(office: Office, client: Client) -> Sender:
    return Sender(office, client)


async def test_a_reveal_that_is_played_again_at_once_shows_nothing(office: Office, sender: Sender) -> None:
    submitted = submission("UCARLA", ids.HANDOFF_FORM, await office.offered())
    first, again = [await (await sender.interaction(submitted)).text() for _ in range(2)]
    assert len(set(WELL_FORMED.findall(first))) == 2
    assert not WELL_FORMED.search(again)
    assert "shown already" in again


async def test_what_is_played_again_is_not_done_twice(office: Office, sender: Sender) -> None:
    """Within the five minutes, before the signature is too old: each operation sees for itself that it was done."""
    await office.offered()
    recorded: list[Json] = [
        command("UANNA", text) for text in ("add Globex", 'enable "Acme Corp"', 'issue "Acme Corp"')
    ]
    for payload in recorded:
        await sender.send(urlencode(payload))
    done = await _state(office)
    for payload in recorded * 2:
        assert (await sender.send(urlencode(payload))).status == 200
    assert await _state(office) == done


async def test_nothing_but_our_own_signature_of_this_very_request_is_one(office: Office, client: Client) -> None:
    sender, body = Sender(office, client), urlencode(command("UANNA", "add Globex"))
    other = (await sender.send(urlencode(command("UANNA", "help")))).request_info.headers["X-Slack-Signature"]
    right = (await sender.send(body, "text/plain")).request_info.headers  # not looked at, for its content type
    stamp, signature = right["X-Slack-Request-Timestamp"], right["X-Slack-Signature"]
    digest = signature.removeprefix("v0=")
    signatures = [
        *(other, digest, f"v1={digest}", f"V0={digest}", signature.upper(), signature[:-2], f"v0={'0' * 64}"),
        *("", "v0=", "null", "ÿ" * 67, f"{signature},{signature}", signature * 2),
    ]
    stamps = [str(int(stamp) - 1), f"0{stamp}", f"+{stamp}", f"{stamp}.0", "9" * 12, "1" * 400, ""]
    forged = [*((stamp, each) for each in signatures), *((each, signature) for each in stamps)]
    for its_stamp, its_signature in forged:
        headers = {"X-Slack-Request-Timestamp": its_stamp, "X-Slack-Signature": its_signature, "Content-Type": FORM}
        assert (await client.post("/slack/events", data=body, headers=headers)).status == 401, headers
    assert office.world.count_records() == 0
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, "Content-Type": FORM}
    assert (await client.post("/slack/events", data=body, headers=headers)).status == 200


async def test_a_signed_body_under_another_content_type_is_not_read_as_something_else(
    office: Office, sender: Sender
) -> None:
    form, document = urlencode(command("UANNA", "add Globex")), json.dumps(command("UANNA", "add Globex"))
    assert (await sender.send(form, JSON)).status == 400
    assert (await sender.send(document, FORM)).status == 400
    assert (await sender.send(form, f"{FORM}; charset=utf-7")).status == 415
    assert office.world.count_records() == 0


# --- one app, many workspaces: the same secret signs for all of them --------------------------------------------------


def elsewhere(town: Attacked, user: str) -> list[Json]:
    """What Slack signs for the same app in another workspace, by somebody with the user id of one of ours."""
    there = {"id": "T0THERE", "domain": "there"}
    fields = {ids.NAME_FIELD: typed("Globex"), ids.CALLBACK_URL_FIELD: typed(None)}
    opened = submission(user, ids.ADD_FORM, "", **fields)
    reveal = submission("UCARLA", ids.HANDOFF_FORM, town.ids["handoff"])
    in_modal = press(user, ids.ENABLE, town.ids["offered"], "modal")
    return [
        command(user, "add Globex") | {"team_id": "T0THERE"},
        command(user, "list") | {"team_id": "T0THERE", "enterprise_id": "E0BOTH"},
        press(user, ids.DISABLE, town.ids["offered"], "channel") | {"team": there},
        press("UCARLA", ids.DECLINE, town.ids["handoff"], "direct") | {"team": there},
        *(
            {**each, "view": {**each["view"], "app_installed_team_id": "T0THERE"}}
            for each in (opened, reveal, in_modal)
        ),
    ]


@pytest.mark.parametrize("user", ["UANNA", "UNEW"])
async def test_what_is_signed_for_another_workspace_does_nothing_in_ours(town: Attacked, user: str) -> None:
    before, seen = town.state(), town.rows("SELECT * FROM audit UNION ALL SELECT *, 0, 0 FROM people")
    for payload in elsewhere(town, user):
        await town.sends(payload)
        said = town.everything_said()
        assert ELSEWHERE in said
        assert [each for each in town.hidden() if each in said] == []
    assert town.state() == before
    assert town.rows("SELECT * FROM audit UNION ALL SELECT *, 0, 0 FROM people") == seen


async def test_somebody_of_another_organisation_is_still_served_in_ours(office: Office) -> None:
    """In their modal `team` is theirs: where the app is installed is what counts."""
    submitted = submission("UCARLA", ids.HANDOFF_FORM, await office.offered())
    theirs = submitted | {"team": {"id": "T0THEIRS"}}
    theirs["view"]["app_installed_team_id"] = office.world.caller("UCARLA").workspace
    assert WELL_FORMED.search(json.dumps(await office.sends(theirs)))


async def test_a_payload_that_is_too_old_is_refused_whatever_it_says(office: Office, sender: Sender) -> None:
    body = urlencode(command("UANNA", "add Globex"))
    assert (await sender.send(body, late=timedelta(seconds=301))).status == 401
    assert office.world.count_records() == 0


async def _state(office: Office) -> list[object]:
    async with office.world.ports.read(office.world.caller("UANNA").workspace) as reading:
        parties, count = await reading.third_parties.search("", owner=None, limit=9)
        return [parties, count, [await reading.tokens.of(party.id) for party in parties]]
