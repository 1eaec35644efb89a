"""People who look and change: a command from Bolt's door to the answer, and an operation that commits.

Everything is real but Slack, which is not asked. The command is one whose answer does not hang on how many third
parties there are, as a card does: its name is compared with those of all others.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from access.model.ids import ThirdPartyId
from access.model.people import Role, SlackPerson, SlackUser
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.ports import Ports
from bench.dispatch import bolt_app
from bench.writers import ADMIN, TEAM
from bot.slack_client import slack_logger
from handlers.desk import Desk
from handlers.register import register
from handlers.replies import Replies
from handlers.views.handoff import ApiGuide

PAUSE: Final = 0.005
"""Seconds between an answer and the next command."""

NAME: Final = "Company 1"


@dataclass
class People:
    """One after the other, they look and change. `seconds`: how long each of them waited for the answer."""

    app: AsyncApp
    ports: Ports
    third_party: ThirdPartyId
    seconds: dict[str, list[float]] = field(default_factory=dict)

    async def act_until(self, end: asyncio.Task[Any]) -> None:
        """Go on until something has ended. Raises what it raised."""
        turns = (("read", self.look), ("write", self.disable), ("read", self.look), ("write", self.enable))
        while not end.done():
            for kind, act in turns:
                started = time.perf_counter()
                await act()
                self.seconds.setdefault(kind, []).append(time.perf_counter() - started)
                await asyncio.sleep(PAUSE)
        await end

    async def look(self) -> None:
        """Ask what happened to the third party."""
        await self.type(f"audit {NAME}")

    async def disable(self) -> None:
        """Disable the third party."""
        await disable_third_party(DisableThirdParty(caller=ADMIN, third_party=self.third_party), self.ports)

    async def enable(self) -> None:
        """Enable it."""
        await enable_third_party(EnableThirdParty(caller=ADMIN, third_party=self.third_party), self.ports)

    async def type(self, words: str) -> None:
        """Type a command that has the third party's name in its answer."""
        body = {
            "command": "/thirdparty",
            "text": words,
            "team_id": TEAM,
            "user_id": ADMIN.slack.user_id,
            "channel_id": "C0BENCH",
            "api_app_id": "A0BENCH",
        }
        answer = await self.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
        assert answer.status == 200
        assert NAME in answer.body, answer.body

    def taken(self) -> Mapping[str, float]:
        """Return median, 99th percentile and maximum of both kinds in milliseconds, and forget."""
        figures = {}
        for kind, seconds in sorted(self.seconds.items()):
            ordered = sorted(seconds)
            figures[f"{kind}_p50"] = median(ordered) * 1e3
            figures[f"{kind}_p99"] = ordered[len(ordered) * 99 // 100] * 1e3
            figures[f"{kind}_max"] = ordered[-1] * 1e3
        self.seconds.clear()
        return figures


class _Admins:
    async def look_up(self, user_id: str) -> SlackPerson | None:
        return SlackPerson(SlackUser(user_id, TEAM), Role.ADMIN)

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        return await self.look_up(user_id)

    async def admins(self) -> Sequence[SlackUser]:
        return [ADMIN.slack]


@asynccontextmanager
async def people_of(given: Ports) -> AsyncIterator[People]:
    """Let people work with a database that has a third party of that name."""
    app = bolt_app()
    replies = Replies(app.client, slack_logger())
    ports = replace(given, directory=_Admins())
    register(app, Desk(ports, ApiGuide(None, None), TEAM, None, replies))
    async with ports.read(TEAM) as reading:
        party = await reading.third_parties.by_name(NAME)
    assert party is not None
    yield People(app, ports, party.id)
    await replies.close()
