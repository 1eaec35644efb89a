"""A bot that shows what the page can draw, and says what reaches it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Sandbox
from tests.sandbox.apps import MANIFEST, Json, actions, button, modal, option, plain, question, section

COMMAND = {
    "command": "/thirdparty",
    "description": "Manage access",
    "usage_hint": "[add | list | show] [name]",
    "should_escape": True,
}
LAB = MANIFEST | {"features": MANIFEST["features"] | {"slash_commands": [COMMAND]}}
OPTIONS = [option("One day", "1"), option("Two days", "2"), option("A week", "7")]
SURE = {"title": plain("Really?"), "text": plain("It is gone then."), "confirm": plain("Do it"), "deny": plain("Keep")}


def element(kind: str, **more: Any) -> Json:
    return {"type": kind, "action_id": kind, **more}


PRESSED = [
    section("Sections have a menu", accessory=element("overflow", options=[option("Copy", "c"), option("Move", "m")])),
    actions(
        button("Plain", "plain"),
        button("Remove", "remove", style="danger", confirm=SURE),
        element("static_select", placeholder=plain("How long"), options=OPTIONS),
        element("users_select", placeholder=plain("Who")),
        element("datepicker", placeholder=plain("When")),
        element("radio_buttons", options=OPTIONS),
    ),
    section("Which ones", accessory=element("checkboxes", options=OPTIONS)),
]
FORM = modal(
    "Form",
    question("Name", element("plain_text_input", max_length=12)),
    question("Notes", element("plain_text_input", multiline=True), optional=True),
    question("Address", element("url_text_input"), hint=plain("With https"), optional=True),
    question("Mail", element("email_text_input"), optional=True),
    question("Count", element("number_input", is_decimal_allowed=False), optional=True),
    question("Person", element("users_select"), optional=True),
    question("Length", element("static_select", options=OPTIONS), optional=True),
    question("Date", element("datepicker"), optional=True),
    question("Boxes", element("checkboxes", options=OPTIONS), optional=True),
    question("Choice", element("radio_buttons", options=OPTIONS), optional=True),
    actions(button("Look inside", "inside")),
    close=plain("Never mind"),
    notify_on_close=True,
)
DONE = modal("Done", section("That is all."), submit=None)


def values_of(view: Json) -> str:
    """Everything that was entered, in a line."""
    states = [state for block in view["state"]["values"].values() for state in block.values()]
    return " · ".join(filter(None, (written(state) for state in states)))


def written(state: Json) -> str:
    value = next((value for key, value in state.items() if key not in ("type", "action_id", "block_id")), None)
    if isinstance(value, dict):
        return str(value["value"])
    return "+".join(each["value"] for each in value) if isinstance(value, list) else str(value or "")


Tell = Callable[[str], Awaitable[object]]


def make_app(sandbox: Sandbox) -> AsyncApp:
    client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
    app = AsyncApp(client=client, signing_secret=sandbox.signing_secret, process_before_response=True)

    async def tell(text: str) -> None:
        await client.chat_postMessage(channel=sandbox.admin_channel, text=text)

    @app.command("/thirdparty")
    async def command(ack: Any, body: Json) -> None:
        if body["text"] == "form":
            await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        if body["text"] == "blocks":
            await client.chat_postMessage(channel=sandbox.admin_channel, text="Blocks", blocks=PRESSED)
        await ack(f"You typed: {body['text']}")

    answer_forms(app, tell)
    answer_presses(app, client, tell)
    return app


def answer_forms(app: AsyncApp, tell: Tell) -> None:
    @app.view("Form")
    async def submitted(ack: Any, view: Json) -> None:
        entered = values_of(view)
        await tell(f"Entered {entered}")
        if entered.startswith("taken"):
            await ack(response_action="errors", errors={"name": "That name is taken."})
        elif entered.startswith("more"):
            await ack(response_action="push", view=modal("Second", section("On top"), submit="Go on"))
        else:
            await ack(response_action="update", view=DONE)

    @app.view("Second")
    async def second(ack: Any) -> None:
        await ack(response_action="clear")

    @app.view_closed("Form")
    async def closed(ack: Any) -> None:
        await tell("The form was closed")
        await ack()


def answer_presses(app: AsyncApp, client: AsyncWebClient, tell: Tell) -> None:
    @app.event("app_home_opened")
    async def opened(event: Json) -> None:
        await client.views_publish(user_id=event["user"], view=home(f"Hello <@{event['user']}>"))

    @app.action(re.compile(".*"))
    async def pressed(ack: Any, action: Json, body: Json) -> None:
        said = written({key: value for key, value in action.items() if key.startswith("selected") or key == "value"})
        await tell(f"Pressed {action['action_id']} {said}")
        if body.get("view", {}).get("type") == "home":
            await client.views_publish(user_id=body["user"]["id"], view=home("Thank you"))
        await ack()


def home(text: str) -> Json:
    return {"type": "home", "blocks": [section(text), actions(button("Refresh", "refresh"))]}


@asynccontextmanager
async def lab() -> AsyncIterator[Sandbox]:
    """The sandbox with that bot connected."""
    async with await Sandbox.start(manifest=LAB) as sandbox:
        handler = AsyncSocketModeHandler(make_app(sandbox), sandbox.app_token)
        await handler.connect_async()
        try:
            await sandbox.connected()
            yield sandbox
        finally:
            await handler.close_async()
