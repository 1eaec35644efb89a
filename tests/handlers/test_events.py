"""What Slack tells of by itself: that somebody has changed. Of all it says, the user ID alone is heeded."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_bolt.request.async_request import AsyncBoltRequest

from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.operations.look_at_people import look_at_people
from access.ports import CannotKeep, Reading
from handlers.desk import Desk
from handlers.http.slack_events import slack_events_route
from handlers.payloads import is_understood
from handlers.register import register
from handlers.views.handoff import ApiGuide
from tests.access.world import TEAM
from tests.handlers.http.test_slack_events import JSON, SIGNING_SECRET, Sender
from tests.handlers.office import CHANNEL, Json, Office, bolt_app


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Everybody has been looked at: Anna, the owner, and Carla, the contact."""
    made = await Office.make(tmp_path)
    await made.offered()
    assert await look_at_people(TEAM, made.world.ports) == 2
    yield made
    await made.world.close()


def event(**user: Any) -> Json:
    changed = {"type": "user_change", "user": user, "cache_ts": 1, "event_ts": "1.0"}
    return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "Ev1", "event": changed}


def due(office: Office) -> list[str]:
    now = int(office.world.clock.now().timestamp() * 1_000_000)
    with closing(sqlite3.connect(office.world.file)) as connection:
        rows = connection.execute("SELECT user_id FROM people WHERE next_look_at <= ? ORDER BY 1", [now])
        return [user_id for (user_id,) in rows]


def rows(office: Office) -> list[Any]:
    with closing(sqlite3.connect(office.world.file)) as connection:
        return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("people", "audit", "outbox")]


async def test_whoever_matters_is_to_be_looked_at_and_nothing_else_of_it_is_kept(office: Office) -> None:
    told = {"deleted": True, "is_admin": True, "team_id": "T0EVIL", "tz": "Evil/Zone", "profile": {"email": "a@b"}}
    assert await office.sends(event(id="UCARLA", **told)) == {}
    assert due(office) == ["UCARLA"]
    with closing(sqlite3.connect(office.world.file)) as connection:
        dump = "\n".join(connection.iterdump())
    assert "Evil" not in dump
    assert "a@b" not in dump
    assert await look_at_people(TEAM, office.world.ports) == 1
    assert (await office.card()).party.contact is not None  # Slack itself says that she is there
    assert due(office) == []


HOSTILE: list[Json] = [
    {},
    {"id": None},
    {"id": 7},
    {"id": ""},
    {"id": ["UCARLA"]},
    {"id": "\ud800"},
    {"id": "ucarla"},
    {"id": "UCARLA' OR 1=1 --"},
    {"id": "U" * 100_000},
    {"id": "UNOBODY"},
    {"id": "UBEN"},  # seen before, as an admin, and has no part in a third party
]


async def test_what_means_nobody_who_matters_is_confirmed_and_changes_nothing(office: Office) -> None:
    before = rows(office)
    for user in HOSTILE:
        assert await office.sends(event(**user)) == {}
        assert rows(office) == before, user


async def test_another_event_is_confirmed_and_left(office: Office) -> None:
    before = rows(office)
    for content in ({"type": "team_join", "user": {"id": "UCARLA"}}, {"type": "user_change", "user": "UCARLA"}):
        payload = event() | {"event": content}
        assert is_understood(payload)
        assert await office.sends(payload) == {}
    assert rows(office) == before


async def test_what_cannot_be_noted_is_not_confirmed_so_that_slack_tells_it_again(office: Office) -> None:
    for error in (CannotKeep, ZeroDivisionError):

        @asynccontextmanager
        async def broken(_: WorkspaceId, error: type[Exception] = error) -> AsyncIterator[Reading]:
            raise error
            yield

        app = bolt_app()
        ports = replace(office.world.ports, read=broken)
        register(app, Desk(ports, ApiGuide("https://api.example", None), TEAM, CHANNEL, office.replies))
        answer = await app.async_dispatch(AsyncBoltRequest(body=event(id="UCARLA"), mode="socket_mode"))
        assert answer.status == 503


async def test_by_http_it_is_the_same_and_a_signature_is_asked_for(office: Office) -> None:
    server = web.Application()
    route = slack_events_route(office.app, Secret(SIGNING_SECRET), office.world.clock)
    server.router.add_post("/slack/events", route)
    body = json.dumps(event(id="UCARLA"))
    async with TestClient(TestServer(server)) as client:
        sender = Sender(office, client)
        refused = await sender.send(body, JSON, changed={"X-Slack-Signature": "v0=0"})
        assert (refused.status, due(office)) == (401, [])
        assert ((await sender.send(body, JSON)).status, due(office)) == (200, ["UCARLA"])


@pytest.mark.parametrize(
    "odd", [{"event": {"type": "user_change", "user": 7}}, {"authorizations": 7}, {"authorizations": ["T0"]}]
)
def test_what_bolt_would_fail_over_is_not_understood(odd: Json) -> None:
    assert is_understood(event(id="UCARLA") | {"authorizations": [{"team_id": TEAM}]})
    assert not is_understood(event(id="UCARLA") | odd)
