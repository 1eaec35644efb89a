"""What it costs that a request goes through Bolt to one of our listeners, beside a bare Bolt app with one listener.

Both get the same submission of a modal, acknowledge with a view, and run with `process_before_response=True`. Ours is one
that nobody knows any more: it goes the whole way, through the listeners, the guard and the dictionaries, and is answered
without a database. The two take turns, so that a machine that becomes slower is slower for both.
"""

import json
import logging
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from access.model.ids import WorkspaceId
from access.model.policy import Policy
from access.ports import Ports
from bench.result import Result, spread
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.directory import SlackDirectory
from bot.keyring import load_keyring, make_keyring
from bot.slack_client import slack_logger
from bot.vault import ChainSeal, SealingVault
from handlers.desk import Desk
from handlers.register import register
from handlers.replies import Replies
from handlers.views.handoff import ApiGuide
from storage.engine import Database

ROUNDS: Final = 21
REQUESTS: Final = 300
GOAL: Final = 1.3
TEAM: Final = "T0BENCH"
SUBMISSION: Final = json.dumps(
    {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "bench"},
        "user": {"id": "U0BENCH", "team_id": TEAM},
        "api_app_id": "A0BENCH",
        "token": "",
        "trigger_id": "1.2.3",
        "view": {"id": "V1", "type": "modal", "callback_id": "of_an_older_version", "state": {"values": {}}},
        "enterprise": None,
        "is_enterprise_install": False,
    }
)


async def measure() -> list[Result]:
    """Return the time of a dispatch in each app, and the median ratio of rounds that stood side by side."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    bare = _bare_app()
    async with _our_app() as ours:
        await _round(bare), await _round(ours)
        pairs = [(await _round(bare), await _round(ours)) for _ in range(ROUNDS)]
    ratios = [mine / its for its, mine in pairs]
    print(f"dispatch: ratio {spread(ratios)} over {ROUNDS} rounds of {REQUESTS} requests")
    return [
        Result("dispatch_bare_bolt", statistics.median(its for its, _ in pairs), "µs"),
        Result("dispatch_thirdparty", statistics.median(mine for _, mine in pairs), "µs"),
        Result("dispatch_ratio", statistics.median(ratios), "times", goal=GOAL),
    ]


async def _round(app: AsyncApp) -> float:
    """Return the microseconds of one dispatch."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        answer = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=json.loads(SUBMISSION)))
        assert answer.status == 200
        assert "update" in answer.body
    return (time.perf_counter() - started) / REQUESTS * 1e6


def _app() -> AsyncApp:
    authorized = AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id="U0BOT", bot_token="xoxb-bench")

    async def authorize(**_: Any) -> AuthorizeResult:
        return authorized

    return AsyncApp(
        name="bench",
        client=AsyncWebClient(logger=slack_logger()),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        logger=slack_logger(),
    )


def _bare_app() -> AsyncApp:
    app = _app()
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Out of date"}, "blocks": []}

    @app.view("of_an_older_version")
    async def listener(ack: AsyncAck) -> None:
        await ack(response_action="update", view=view)

    return app


@asynccontextmanager
async def _our_app() -> AsyncIterator[AsyncApp]:
    """Our listeners, with everything behind them real but Slack, which is not asked."""
    app, clock, random = _app(), SystemClock(), SystemRandom()
    with tempfile.TemporaryDirectory() as name:
        make_keyring(Path(name) / "keyring.json", now=clock.now(), random=random)
        keyring = load_keyring(Path(name) / "keyring.json")
        vault = SealingVault(keyring, random)
        database = await Database.open(
            f"sqlite:///{name}/bench.db", seal=ChainSeal(keyring), random=random, hash_reason=vault.hash_reason
        )
        directory = SlackDirectory(
            app.client, team=TEAM, enterprise=None, admins=("U0BENCH",), auditors=(), clock=clock
        )
        ports = Ports(database.write, database.read, clock, random, vault, directory, Policy())
        replies = Replies(app.client, slack_logger())
        register(app, Desk(ports, ApiGuide(None, None), WorkspaceId(TEAM), None, replies))
        yield app
        await database.close()
