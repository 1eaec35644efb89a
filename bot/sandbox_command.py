"""`thirdparty-bot sandbox`: the bot at work in a Slack workspace of its own on this machine."""

import asyncio
import os
import sys
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

from access.model.secret import Secret
from access.operations.add_resource_server import add_resource_server
from access.operations.next_event import next_event
from access.operations.remove_resource_server import remove_resource_server
from bot import logs
from bot.app import Bot, started
from bot.chance import SystemRandom
from bot.clock import SystemClock
from bot.errors import CommandError
from bot.keyring import make_keyring
from bot.manifest import read_manifest
from bot.settings import Settings, read_settings
from bot.signals import until_stopped
from sandbox import Sandbox, Unreadable
from sandbox.terminal import converse, serve

LOG_FILE: Final = "thirdparty.log"
API: Final = "Sandbox API"
ADDRESSES: Final = f"""\
Ask as your API would, here as "{API}", whether a token is good:

  curl -i -H 'X-Resource-Server-Secret: {{secret}}' \\
       -H 'Authorization: Bearer TOKEN' {{bot.internal_url}}/oauth/check

Whoever has a token can revoke it:

  curl -i -d token=TOKEN {{bot.url}}/oauth/revoke

"""
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
"""Where slack_sdk looks for a proxy, even on the way to this machine itself."""
_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


class NoSandbox(CommandError):
    """The sandbox cannot be started."""


async def run(*, port: int, data: Path | None, shows: bool = True) -> None:
    """Start the sandbox and the bot in it, and let a person be anybody until they leave, or until SIGTERM or SIGINT.

    `port` 0 takes a free one. `data` is a folder that keeps the bot's database and the workspace; without it nothing
    is kept. `shows`: open the page in a browser, where somebody sits at a terminal and there is one.

    Raises: CommandError, with one line that says why it could not start.
    """
    for name in _PROXIES:
        os.environ.pop(name, None)
    await until_stopped(_run(port, data, shows))


async def _run(port: int, data: Path | None, shows: bool) -> None:
    async with AsyncExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="thirdparty-sandbox-")))
        folder.mkdir(parents=True, exist_ok=True)
        log = stack.enter_context((folder / LOG_FILE).open("a", encoding="utf-8"))
        logs.configure("text", "INFO", log)
        stack.callback(logs.configure, "text", "INFO")
        slack = await stack.enter_async_context(await _start_sandbox(port, data))
        settings = sandbox_settings(slack, folder)
        bot = await stack.enter_async_context(started(settings, clock=slack.clock, pace=timedelta(0)))
        slack.clock.on_move(bot.hurry)
        slack.page.knows_next_event(lambda: next_event(bot.workspace, bot.ports))
        await slack.connected()
        secret = await _let_an_api_ask(bot)
        sys.stdout.write(ADDRESSES.format(bot=bot, secret=secret.reveal()))
        if sys.stdin.isatty():
            if shows and has_display():
                await asyncio.to_thread(webbrowser.open, slack.address)
            await converse(slack, stdin=sys.stdin, stdout=sys.stdout)
        else:
            await serve(slack, sys.stdout)


async def _let_an_api_ask(bot: Bot) -> Secret:
    """Add a resource server, and return its secret. One of an earlier start goes, since nobody knows its secret."""
    async with bot.ports.read(bot.workspace) as reading:
        earlier = await reading.resource_servers.by_name(API)
    if earlier is not None:
        await remove_resource_server(bot.workspace, API, bot.ports)
    return (await add_resource_server(bot.workspace, API, bot.ports)).secret


def has_display() -> bool:
    """Tell whether a browser would have a screen to open on."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, _DISPLAYS))


async def _start_sandbox(port: int, data: Path | None) -> Sandbox:
    try:
        return await Sandbox.start(manifest=read_manifest(), port=port, folder=data)
    except Unreadable as error:
        raise NoSandbox(
            f"{error} is no workspace of the sandbox. Name another folder, or move the file away."
        ) from None
    except OSError as error:
        raise NoSandbox(
            f"Port {port} cannot be listened on ({os.strerror(error.errno or 0)}). Leave --port out."
        ) from None


def sandbox_settings(slack: Sandbox, folder: Path, *, http: bool = False, database_url: str | None = None) -> Settings:
    """Return the settings of a bot in a sandbox: everything real but the workspace. Makes a keyring if there is none.

    It listens at a free port. `http`: in HTTP mode. `database_url`: of another database than a file in the folder.
    """
    keyring = folder / "keyring.json"
    if not keyring.exists():
        make_keyring(keyring, now=SystemClock().now(), random=SystemRandom())
    by_mode = {"SLACK_SIGNING_SECRET": slack.signing_secret} if http else {"SLACK_APP_TOKEN": slack.app_token}
    return read_settings(
        Settings,
        {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_API_URL": slack.api_url,
            "THIRDPARTY_DATABASE_URL": database_url or f"sqlite:///{folder / 'thirdparty.db'}",
            "THIRDPARTY_KEYRING_FILE": str(keyring),
            "THIRDPARTY_CHANNEL": slack.admin_channel,
            "THIRDPARTY_HTTP_PORT": "0",
            "THIRDPARTY_INTERNAL_PORT": "0",
            "THIRDPARTY_API_URL": "https://api.example.com",
            "THIRDPARTY_API_DOCS": "https://api.example.com/docs",
            **by_mode,
        },
    )
