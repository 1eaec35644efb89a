"""`thirdparty-bot resource-server`: which APIs may ask whether a token is active."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar

import typer

from access.model.credentials import contains_secret
from access.model.errors import AccessError
from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.operations.add_resource_server import AddedResourceServer, add_resource_server
from access.operations.find_resource_server import find_resource_server
from access.operations.list_resource_servers import list_resource_servers
from access.operations.remove_resource_server import remove_resource_server
from access.ports import Ports
from bot import logs
from bot.cli.terminal import Refused, UsedWrongly, confirmed, in_columns, instant, printable
from bot.cli.workplace import at_work
from bot.settings import CommonSettings, read_settings

commands: Final = typer.Typer(
    help="Your APIs that may ask whether a token is active.", no_args_is_help=True, rich_markup_mode=None
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What you call that API.", show_default=False)]
_R = TypeVar("_R")
_Do = Callable[[WorkspaceId, Ports], Awaitable[_R]]


@commands.command()
def add(name: _Name) -> None:
    """Let another API ask. Its secret is shown this once, on standard output, and kept nowhere."""
    _must_be_no_secret(name)
    workspace, added = _do(lambda workspace, ports: add_resource_server(workspace, name, ports))
    typer.echo(_welcome(workspace, added))


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, for programs.")] = False,
) -> None:
    """Show the resource servers: when each was added, and when it asked last."""
    _, servers = _do(list_resource_servers)
    if as_json:
        typer.echo(json.dumps([_as_json(each) for each in servers], indent=2))
    elif servers:
        lines = [(each.name, each.id, instant(each.added_at), instant(each.last_asked_at)) for each in servers]
        typer.echo(in_columns([("NAME", "ID", "ADDED", "LAST ASKED"), *lines]))
    else:
        typer.echo("There is no resource server yet: `thirdparty-bot resource-server add NAME` adds one.")


@commands.command()
def remove(name: _Name, yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts.")] = False) -> None:
    """Let an API ask no more: its next check is refused, so whatever it protects lets nobody in."""
    _must_be_no_secret(name)
    if not yes:
        _, server = _do(lambda workspace, ports: find_resource_server(workspace, name, ports))
        typer.echo(_what_removing_does(server))
        if not confirmed("Remove it?", otherwise="--yes"):
            typer.echo("Nothing was changed.")
            return
    _, removed = _do(lambda workspace, ports: remove_resource_server(workspace, name, ports))
    typer.echo(f"Removed {printable(removed.name)} ({removed.id}). Its next check is refused.")


def _do(operation: _Do[_R]) -> tuple[WorkspaceId, _R]:
    """Call an operation in the bot's workspace; return both. Raises Refused, CommandError, StorageError, OSError."""
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    try:
        return asyncio.run(_in_workspace(settings, operation))
    except AccessError as refusal:
        raise Refused(refusal) from None


async def _in_workspace(settings: CommonSettings, operation: _Do[_R]) -> tuple[WorkspaceId, _R]:
    async with at_work(settings) as workplace:
        workspace = await workplace.workspace()
        return workspace, await operation(workspace, workplace.ports)


def _must_be_no_secret(name: str) -> None:
    if contains_secret(name):
        raise UsedWrongly(
            "That is no name: it looks like a token or a secret. Nothing of it was kept here, but perhaps your shell's "
            "history has it: delete it there. `thirdparty-bot identify` says whose it is, and can revoke it."
        )


def _welcome(workspace: WorkspaceId, added: AddedResourceServer) -> str:
    server = added.server
    return f"""{printable(server.name)} may ask about the tokens of the workspace {workspace}, and of no other.

  id      {server.id}
  secret  {added.secret.reveal()}

The secret is shown this once: nothing but its SHA-256 is kept. Put it where the proxy in front of that API, or the API
itself, keeps its secrets; docs/protect-your-api.md says how each of them sends it. If it is lost, or others have seen
it, add another resource server, give the API that one's secret, then remove this one."""


def _what_removing_does(server: ResourceServer) -> str:
    known = f"It was added {instant(server.added_at)} and asked last: {instant(server.last_asked_at)}."
    return f"""{printable(server.name)} ({server.id}) is to be removed. {known}
Its next check is then refused, so whatever it protects lets nobody in, until it has another secret."""


def _as_json(server: ResourceServer) -> dict[str, Any]:
    asked = server.last_asked_at
    return {
        "name": server.name,
        "id": server.id,
        "added_at": server.added_at.isoformat(),
        "last_asked_at": asked.isoformat() if asked else None,
    }
