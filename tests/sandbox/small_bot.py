"""A bot of a few lines, connected to the sandbox for real, for tests of the terminal."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import MovableClock, Sandbox
from tests.sandbox.parts import Part, actions, button, confirm, menu, modal, mrkdwn, option, plain, question

MANIFEST: Part = {
    "display_information": {"name": "Small bot"},
    "features": {
        "bot_user": {"display_name": "small"},
        "app_home": {"messages_tab_enabled": True, "home_tab_enabled": True},
        "slash_commands": [{"command": "/thirdparty", "should_escape": True}],
    },
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write", "im:write"]}},
    "settings": {"interactivity": {"is_enabled": True}, "event_subscriptions": {"bot_events": ["app_home_opened"]}},
}
FORM = modal(
    question(label=plain("Name"), block_id="name"),
    question({"type": "users_select", "action_id": "who"}, label=plain("Owner"), optional=True, block_id="owner"),
    question(menu(options=[option("Soon", "s"), option("Later", "l")]), label=plain("When"), optional=True),
    actions(button(text=plain("Look inside"), action_id="inside")),
    callback_id="form",
    title=plain("Register"),
    submit=plain("Save"),
)
OFFER = [
    {"type": "section", "text": mrkdwn("Credentials for <@U05CARLARUZ>")},
    actions(
        button(text=plain("Show"), action_id="show"),
        button(text=plain("Remove"), action_id="remove", confirm=confirm(title=plain("Remove it?"))),
        menu(action_id="snooze", placeholder=plain("Snooze"), options=[option("A day", "1")]),
    ),
]


def home(text: str) -> Part:
    """A Home tab, in front of which a field can be filled in, and a window opened."""
    field = {"type": "plain_text_input", "action_id": "find"}
    open_form = button(text=plain("Open"), action_id="open", confirm=confirm(title=plain("Open it?")))
    blocks = [
        {"type": "section", "text": mrkdwn(text)},
        question(field, label=plain("Find"), dispatch_action=True, block_id="find"),
        actions(open_form),
    ]
    return {"type": "home", "blocks": blocks}


def make_app(sandbox: Sandbox) -> AsyncApp:
    """`/thirdparty form` opens a modal, `offer` writes to Carla and the admins, `silence` is never acknowledged."""
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    app = AsyncApp(client=client, signing_secret=sandbox.signing_secret, process_before_response=True)

    @app.command("/thirdparty")
    async def command(ack: Any, body: dict[str, str], client: AsyncWebClient) -> None:
        if body["text"] == "form":
            await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        elif body["text"] == "offer":
            carla = await client.conversations_open(users="U05CARLARUZ")
            for channel in (carla["channel"]["id"], sandbox.admin_channel):
                await client.chat_postMessage(channel=channel, text="Credentials", blocks=OFFER)
        await ack(f"You typed: {body['text']}")

    @app.view("form")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        name = next(iter(values["name"].values()))["value"]
        if name == "taken":
            await ack(response_action="errors", errors={"name": "That name is taken."})
            return
        owner = values["owner"]["who"]["selected_user"]
        done = modal(
            {"type": "section", "text": mrkdwn(f"Saved *{name}* for {owner or 'nobody'}")}, title=plain("Done")
        )
        del done["submit"]
        await ack(response_action="update", view=done)

    _at_home(app)

    @app.action("inside")
    async def looked(ack: Any) -> None:
        await ack()

    @app.action(re.compile(".*"))
    async def pressed(ack: Any, action: dict[str, Any], respond: Any) -> None:
        chosen = action.get("selected_option", {}).get("value", "")
        await respond(f"Pressed {action['action_id']} {chosen}".strip(), replace_original=False)
        await ack()

    return app


def _at_home(app: AsyncApp) -> None:
    """Carla has no Home tab."""

    @app.event("app_home_opened")
    async def at_home(event: dict[str, str], client: AsyncWebClient) -> None:
        if event["user"] != "U05CARLARUZ":
            await client.views_publish(user_id=event["user"], view=home("Welcome"))

    @app.action("find")
    async def find(ack: Any, action: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=body["user"]["id"], view=home(f"Found {action['value']}"))
        await ack()

    @app.action("open")
    async def opened(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        await ack()


@asynccontextmanager
async def small_bot(clock: MovableClock | None = None) -> AsyncIterator[Sandbox]:
    """The sandbox with that bot connected."""
    async with await Sandbox.start(manifest=MANIFEST, clock=clock) as sandbox:
        handler = AsyncSocketModeHandler(make_app(sandbox), sandbox.app_token)
        await handler.connect_async()
        try:
            await sandbox.connected()
            yield sandbox
        finally:
            await handler.close_async()
