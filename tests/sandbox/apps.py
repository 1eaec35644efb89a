"""Small apps of Bolt's for the tests: a manifest, a connection, parts of messages and views."""

from collections.abc import Mapping
from logging import WARNING, getLogger
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Modal, Person, Sandbox

Json = dict[str, Any]

SCOPES = [
    "channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read", "im:history",
    "im:write", "usergroups:read", "users:read", "users:read.email",
]  # fmt: skip

MANIFEST: Json = {
    "display_information": {"name": "Third Party Access"},
    "features": {
        "bot_user": {"display_name": "thirdparty"},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {"command": "/thirdparty", "description": "Access", "should_escape": True},
            {"command": "/plain", "description": "Text as typed"},
        ],
    },
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["app_home_opened", "message.im", "user_change"]},
    },
}

_logger = getLogger("tests.sandbox")
_logger.setLevel(WARNING)


def without_scope(scope: str) -> Json:
    return MANIFEST | {"oauth_config": {"scopes": {"bot": [each for each in SCOPES if each != scope]}}}


def with_home(**app_home: bool) -> Json:
    return MANIFEST | {"features": MANIFEST["features"] | {"app_home": app_home}}


def web_client(slack: Sandbox, token: str = "") -> AsyncWebClient:
    return AsyncWebClient(token=token or slack.bot_token, base_url=slack.api_url, logger=_logger)


def bolt(slack: Sandbox) -> AsyncApp:
    """An app as the real one is made, with everything it needs taken from the sandbox."""
    return AsyncApp(
        name="bot",
        client=web_client(slack),
        signing_secret=slack.signing_secret,
        logger=_logger,
        process_before_response=True,
    )


def code(refused: pytest.ExceptionInfo[SlackApiError]) -> str:
    """Slack's word for a refusal."""
    return str(refused.value.response["error"])


class Connected:
    """An app that is connected by Socket Mode for the length of a block."""

    def __init__(self, slack: Sandbox, app: AsyncApp) -> None:
        self._slack = slack
        self._handler = AsyncSocketModeHandler(
            app, slack.app_token, logger=_logger, web_client=web_client(slack), ping_interval=0.2
        )

    async def __aenter__(self) -> "Connected":
        await self._handler.connect_async()
        await self._slack.connected()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._handler.close_async()


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(label: str, action_id: str, value: str = "1", **more: Any) -> Json:
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": value, **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def question(label: str, element: Mapping[str, Any], **more: Any) -> Json:
    return {"type": "input", "block_id": label.lower(), "label": plain(label), "element": element, **more}


def text_input(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "value", **more}


def modal(title: str, *blocks: Json, submit: str | None = "Save", **more: Any) -> Json:
    submits = {"submit": plain(submit)} if submit else {}
    return {"type": "modal", "callback_id": title, "title": plain(title), "blocks": list(blocks), **submits, **more}


def option(text: str, value: str) -> Json:
    return {"text": plain(text), "value": value}


class Forms:
    """An app that opens `view` on /thirdparty and answers submissions with `answer`."""

    def __init__(self, app: AsyncApp) -> None:
        self.view = modal("Add", question("Name", text_input()), notify_on_close=True)
        self.answer: Json = {}
        self.submitted: list[Json] = []
        self.closed: list[Json] = []
        self.opened: list[Json] = []

        @app.command("/thirdparty")
        async def start(ack: Any, body: Json, client: AsyncWebClient) -> None:
            self.opened.append(dict((await client.views_open(trigger_id=body["trigger_id"], view=self.view))["view"]))
            await ack()

        @app.view("Add")
        async def submit(ack: Any, body: Json) -> None:
            self.submitted.append(body)
            await ack(**self.answer)

        @app.view_closed("Add")
        async def close(ack: Any, body: Json) -> None:
            self.closed.append(body)
            await ack()


async def opened(person: Person) -> Modal:
    answer = await person.types("/thirdparty add")
    assert answer.modal is not None, answer
    return answer.modal
