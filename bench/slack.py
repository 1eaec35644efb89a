"""Slack's side of a measurement: a Web API that takes everything at once, and people who type and open Home tabs."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from access.ports.machine import Clock
from bench.writers import TEAM
from handlers.http.slack_events import SLACK_EVENTS

BOT_TOKEN: Final = "xoxb-bench"
SIGNING_SECRET: Final = "0123456789abcdef0123456789abcdef"
CHANNEL: Final = "C0BENCH"
APP: Final = "A0BENCH"
ADMIN: Final = "U0BENCH"


@dataclass
class Slack:
    """`called`: how often each method was. `shown`: who waits for somebody's Home tab."""

    called: Counter[str] = field(default_factory=Counter)
    shown: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a call as Slack does where the bot looks."""
        method = request.path.rpartition("/")[2]
        self.called[method] += 1
        is_json = request.content_type == "application/json"
        given = {**request.query, **(await request.json() if is_json else await request.post())}
        if method == "views.publish" and (waiting := self.shown.pop(given["user_id"], None)):
            waiting.set_result(None)
        return web.json_response({"ok": True, **self._answer(method, given)})

    def _answer(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "auth.test":
                return {"team_id": TEAM, "team": "Bench", "user_id": "U0BOT", "bot_id": "B0BOT"}
            case "users.info":
                return {"user": _user(str(given["user"]))}
            case "users.list":
                return {"members": [_user(ADMIN)], "response_metadata": {"next_cursor": ""}}
            case "conversations.open":
                return {"channel": {"id": f"D{given['users'][1:]}"}}
            case "chat.postMessage":
                return {"channel": given["channel"], "ts": f"{self.called.total()}.0"}
        return {}


def _user(user_id: str) -> dict[str, Any]:
    return {
        "id": user_id,
        "team_id": TEAM,
        "name": user_id,
        "deleted": False,
        "is_bot": False,
        "is_admin": user_id.startswith(ADMIN),
        "tz": "Europe/Berlin",
        "profile": {"display_name": user_id},
    }


@asynccontextmanager
async def slack_listening() -> AsyncIterator[tuple[Slack, str]]:
    """Be Slack while the block runs; yields it and the address of its Web API."""
    slack = Slack()
    server = web.Server(slack.answer, access_log=None)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield slack, f"http://127.0.0.1:{port}/api/"
    finally:
        listening.close()
        await server.shutdown(1)


class People:
    """Who types, at bots in turn. All are admins."""

    def __init__(self, slack: Slack, urls: Sequence[str], clock: Clock, session: aiohttp.ClientSession) -> None:
        self._slack = slack
        self._urls = itertools.cycle(urls)
        self._clock = clock
        self._session = session
        self._numbers = itertools.count()

    async def type(self, words: str, *, expecting: str = "") -> None:
        """Type a command, until it is answered."""
        number = next(self._numbers)
        command = {
            "command": "/thirdparty",
            "text": words,
            "team_id": TEAM,
            "user_id": ADMIN,
            "channel_id": CHANNEL,
            "api_app_id": APP,
            "trigger_id": f"{time.time_ns()}.{number}.bench",
            "response_url": "",
        }
        answered = await self._post(urlencode(command), "application/x-www-form-urlencoded")
        assert expecting in answered, (words, answered)

    async def open_home(self) -> None:
        """Open a Home tab, of somebody who has not yet, until it is shown."""
        user = f"{ADMIN}{next(self._numbers):06}"
        self._slack.shown[user] = shown = asyncio.get_running_loop().create_future()
        event = {"type": "app_home_opened", "user": user, "channel": "D0", "tab": "home", "event_ts": "1.0"}
        body = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event_id": f"Ev{user}", "event": event}
        await self._post(json.dumps(body), "application/json")
        async with asyncio.timeout(30):
            await shown

    async def _post(self, body: str, content_type: str) -> str:
        stamp = str(int(self._clock.now().timestamp()))
        signed = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        async with self._session.post(f"{next(self._urls)}{SLACK_EVENTS}", data=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == 200, (answer.status, text)
            return text
