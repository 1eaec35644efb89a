"""The listeners, registered with a real Bolt app, over a real database: payloads in, acknowledgements out."""

import itertools
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from access.model.card import ThirdPartyCard, TokenLine
from access.model.errors import DirectoryUnavailable
from access.model.handoff import Handoff
from access.model.home import Look
from access.model.ids import ThirdPartyId
from access.model.people import SlackPerson
from access.model.rendered import Rendered
from access.operations.show_third_party import ShowThirdParty, show_third_party
from handlers.desk import Desk
from handlers.home import HomeRenderer
from handlers.register import register
from handlers.replies import Outcome, Replies
from handlers.views.handoff import ApiGuide
from sandbox.limits import check_message, check_view
from tests.access.world import TEAM, Town, World

Json = dict[str, Any]
CHANNEL = "C0ADMINS"
quiet = logging.getLogger("tests.handlers")
quiet.setLevel(logging.WARNING)
_uses = itertools.count()
"""Slack uses no trigger id twice."""


@dataclass
class Said:
    """What a call to Slack showed somebody: `how` is open, update, say, replace, delete or home."""

    how: str
    text: str
    view: Mapping[str, Any] = field(default_factory=dict)


class RecordedReplies(Replies):
    """Calls no Slack, but refuses what Slack would refuse."""

    def __init__(self) -> None:
        super().__init__(AsyncWebClient(logger=quiet), quiet)
        self.said: list[Said] = []
        self.opening = Outcome.DONE

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> Outcome:
        assert check_view(view) is None, check_view(view)
        self.unopened = self.unopened or self.opening is not Outcome.DONE
        if self.opening is Outcome.DONE:
            self.said.append(Said("open", json.dumps(view, ensure_ascii=False), view))
        return self.opening

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> Outcome:
        assert check_view(view) is None, check_view(view)
        self.said.append(Said("update", json.dumps(view, ensure_ascii=False), view))
        return Outcome.DONE

    async def say(self, response_url: str, message: Rendered, *, replace: bool) -> Outcome:
        _must_pass(message.text, message.blocks)
        self.said.append(Said("replace" if replace else "say", message.text))
        return Outcome.DONE

    async def delete(self, response_url: str) -> Outcome:
        self.said.append(Said("delete", ""))
        return Outcome.DONE


@dataclass
class NotedHomes:
    """Whose Home tabs are to be shown, and where their readers are."""

    wanted: dict[str, Look] = field(default_factory=dict)

    def opened(self, user_id: str) -> None:
        self.wanted[user_id] = Look()

    def moved(self, user_id: str, look: Look) -> None:
        self.wanted[user_id] = look


class SilentTown(Town):
    """A directory whose Slack does not answer."""

    async def look_up(self, user_id: str) -> SlackPerson | None:
        raise DirectoryUnavailable


@dataclass
class Office:
    """The bot without a Slack around it."""

    world: World
    app: AsyncApp
    replies: RecordedReplies
    homes: NotedHomes = field(default_factory=NotedHomes)

    @classmethod
    async def make(cls, folder: Path, *, seed: int = 0) -> "Office":
        world, replies, homes = await World.make(folder, seed=seed), RecordedReplies(), NotedHomes()
        app = bolt_app()
        register(app, Desk(world.ports, ApiGuide("https://api.example", None), TEAM, CHANNEL, replies, homes=homes))
        return cls(world, app, replies, homes)

    async def types(self, user: str, text: str, **more: str) -> str:
        """Type a command and return what the caller reads in the answer."""
        body = await self.sends(command(user, text) | more)
        if not body:
            return ""
        assert body["response_type"] == "ephemeral"
        _must_pass(body["text"], body["blocks"])
        return str(body["text"])

    async def presses(self, user: str, action: str, value: str = "", place: str = "ephemeral") -> None:
        """Press a button in an ephemeral answer, a channel, a direct message, a modal or the Home tab."""
        assert await self.sends(press(user, action, value, place)) == {}

    async def submits(self, user: str, callback: str, about: str = "", **fields: Json) -> Json:
        """Send a modal and return the acknowledgement."""
        body = await self.sends(submission(user, callback, about, **fields))
        if "view" in body:
            assert check_view(body["view"]) is None, check_view(body["view"])
        return body

    async def sends(self, payload: Json) -> Json:
        """Hand a payload over as Socket Mode does and return the acknowledgement's content."""
        answer = await self.app.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))
        assert answer.status == 200, answer.body
        await self.show_homes()
        return dict(json.loads(answer.body)) if answer.body else {}

    async def show_homes(self) -> None:
        """Show the Home tabs that are to be shown, as the bot does in the background."""
        renderer = HomeRenderer(self.world.ports, TEAM, CHANNEL)
        while self.homes.wanted:
            view = await renderer.render(*self.homes.wanted.popitem())
            if view is not None:
                assert check_view(view) is None, check_view(view)
                self.replies.said.append(Said("home", json.dumps(view, ensure_ascii=False), view))

    async def opens_home(self, user: str) -> str:
        """Open the Home tab; return what is shown there, and "" for nothing."""
        before = len(self.replies.said)
        assert await self.sends(opened_home(user)) == {}
        return "".join(each.text for each in self.replies.said[before:])

    @property
    def last(self) -> Said:
        return self.replies.said[-1]

    async def card(self, name: str = "Acme Corp", user: str = "UANNA") -> ThirdPartyCard:
        async with self.world.ports.read(TEAM) as reading:
            party = await reading.third_parties.by_name(name)
        assert party is not None
        request = ShowThirdParty(caller=self.world.caller(user), third_party=ThirdPartyId(party.id))
        return await show_third_party(request, self.world.ports)

    async def offered(self, name: str = "Acme Corp") -> str:
        """Do everything up to an offered token; return the handoff's id."""
        await self.types("UANNA", f'add "{name}"')
        await self.types("UANNA", f'contact "{name}" <@UCARLA|carla>')
        await self.world.deliver()
        card = await self.card(name)
        assert card.proposal is not None
        await self.presses("UBEN", "approve", card.proposal.id, "channel")
        await self.types("UANNA", f'enable "{name}"')
        await self.types("UANNA", f'issue "{name}"')
        return handoff_of((await self.card(name)).tokens[0]).id


def handoff_of(line: TokenLine) -> Handoff:
    """Return the handoff of a token that was offered here."""
    assert line.handoff is not None
    return line.handoff


def bolt_app() -> AsyncApp:
    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id="UBOT", bot_id="BBOT", bot_token="xoxb-1")

    return AsyncApp(
        name="thirdparty-bot",  # or it reads the sources of all who called, for one
        logger=quiet,
        authorize=authorize,
        signing_secret="unused",
        process_before_response=True,
        request_verification_enabled=False,
    )


def command(user: str, text: str) -> Json:
    return {
        "command": "/thirdparty",
        "text": text,
        "user_id": user,
        "team_id": TEAM,
        "channel_id": "C0GENERAL",
        "trigger_id": f"1.2.{next(_uses)}",
        "response_url": "https://hooks.example/commands",
    }


def press(user: str, action: str, value: str, place: str) -> Json:
    payload = _interaction("block_actions", user) | {
        "response_url": "https://hooks.example/actions",
        "actions": [{"action_id": action, "block_id": "b", "type": "button", "value": value}],
    }
    if place in ("modal", "home"):
        return payload | {"container": {"type": "view", "view_id": "V1"}, "view": {"id": "V1", "type": place}}
    channel = "D0DIRECT" if place == "direct" else CHANNEL
    return payload | {
        "container": {"type": "message", "channel_id": channel, "is_ephemeral": place == "ephemeral"},
        "channel": {"id": channel},
    }


def opened_home(user: str, tab: str = "home") -> Json:
    event = {"type": "app_home_opened", "user": user, "channel": "D0DIRECT", "tab": tab, "event_ts": "1.0"}
    return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "Ev1", "event": event}


def submission(user: str, callback: str, about: str, **fields: Json) -> Json:
    values = {name: {name: value} for name, value in fields.items()}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": callback,
        "private_metadata": about,
        "state": {"values": values},
    }
    return _interaction("view_submission", user) | {"view": view}


def typed(text: str | None) -> Json:
    return {"type": "plain_text_input", "value": text}


def chosen(user: str | None) -> Json:
    return {"type": "users_select", "selected_user": user}


def ticked(yes: bool) -> Json:
    return {"type": "checkboxes", "selected_options": [{"text": {"text": "yes"}, "value": "yes"}] if yes else []}


def _interaction(kind: str, user: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user, "team_id": TEAM},
        "team": {"id": TEAM, "domain": "sandbox"},
        "enterprise": None,
        "trigger_id": f"1.2.{next(_uses)}",
    }


def _must_pass(text: str, blocks: Any) -> None:
    refused = check_message({"text": text, "blocks": [dict(block) for block in blocks]})
    assert refused is None, refused
