"""What it costs that Bolt brings a request to us, beside a bare Bolt app with one listener.

Both get the same submission of a modal and run with `process_before_response=True`. For the dispatch alone, nothing is
done behind either: both acknowledge. Then the same with the whole way through our guard, for a modal that nobody knows
any more, which is answered without a database. They take turns: a machine that becomes slower is slower for all.
"""

import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final
from unittest.mock import patch

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from access.model.ids import WorkspaceId
from access.model.policy import Policy
from access.ports import Ports
from bench.result import Result
from bot.age_keys import AgeKeys
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.directory import SlackDirectory
from bot.keyring import load_keyring, make_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.slack_client import slack_logger
from bot.vault import ChainSeal, SealingVault
from handlers.desk import Desk
from handlers.guard import Visit
from handlers.register import register
from handlers.replies import Replies
from handlers.surfaces import Acknowledgement
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
    """Return the time of a dispatch in each app, and the median ratios of rounds that stood side by side."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    bare = _bare_app()
    async with _our_app() as ours:
        rounds = []
        for _ in range(1 + ROUNDS):
            with patch("handlers.register.guarded", _nothing):
                its, dispatched = await _round(bare), await _round(ours)
            rounds.append((its, dispatched, await _round(ours)))
    rounds = rounds[1:]  # the first one warms up
    ratios = [dispatched / its for its, dispatched, _ in rounds]
    print(f"dispatch: ratio {min(ratios):.2f} to {max(ratios):.2f} over {ROUNDS} rounds of {REQUESTS} requests")
    return [
        Result("dispatch_bare_bolt", median(its for its, _, _ in rounds), "µs"),
        Result("dispatch_ours", median(dispatched for _, dispatched, _ in rounds), "µs"),
        Result("dispatch_ratio", median(ratios), "times", goal=GOAL),
        Result("dispatch_and_guard", median(answered for _, _, answered in rounds), "µs"),
    ]


async def _nothing(_: Visit) -> Acknowledgement:
    return {}


async def _round(app: AsyncApp) -> float:
    """Return the microseconds of one request."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        answer = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=json.loads(SUBMISSION)))
        assert answer.status == 200
    return (time.perf_counter() - started) / REQUESTS * 1e6


def bolt_app() -> AsyncApp:
    """Return an app of Bolt's that is told whose requests it gets, and asks nobody."""
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
    app = bolt_app()

    @app.view("of_an_older_version")
    async def listener(ack: AsyncAck) -> None:
        await ack()

    return app


@asynccontextmanager
async def _our_app() -> AsyncIterator[AsyncApp]:
    """Our listeners, with everything behind them real but Slack, which is not asked."""
    app, clock, random = bolt_app(), SystemClock(), SystemRandom()
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
        lookalikes, policy = UnicodeLookalikes(), Policy()
        ports = Ports(
            database.write, database.read, clock, random, vault, directory, lookalikes, policy, database, AgeKeys()
        )
        replies = Replies(app.client, slack_logger())
        register(app, Desk(ports, ApiGuide(None, None), WorkspaceId(TEAM), None, replies))
        yield app
        await database.close()
