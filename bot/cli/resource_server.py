"""`thirdparty-bot resource-server`: which APIs may ask whether a token is active."""

import json
from typing import Annotated, Any, Final

import typer

from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.operations.add_resource_server import AddedResourceServer, add_resource_server
from access.operations.find_resource_server import find_resource_server
from access.operations.list_resource_servers import list_resource_servers
from access.operations.remove_resource_server import remove_resource_server
from access.ports import Ports
from bot.cli.terminal import confirmed, in_columns, instant, must_be_no_secret, printable
from bot.cli.workplace import in_workspace

commands: Final = typer.Typer(
    help="Your APIs that may ask whether a token is active.", no_args_is_help=True, rich_markup_mode=None
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What you call that API.", show_default=False)]


@commands.command()
def add(name: _Name) -> None:
    """Let another API ask. Its secret is shown this once, on standard output, and kept nowhere."""
    must_be_no_secret(name, "name")
    workspace, added = in_workspace(lambda workspace, workplace: _add(workspace, name, workplace.ports))
    typer.echo(_welcome(workspace, added))


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, for programs.")] = False,
) -> None:
    """Show the resource servers: when each was added, and when it asked last."""
    servers = in_workspace(lambda workspace, workplace: list_resource_servers(workspace, workplace.ports))
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
    must_be_no_secret(name, "name")
    if not yes:
        server = in_workspace(lambda workspace, at: find_resource_server(workspace, name, at.ports))
        typer.echo(_what_removing_does(server))
        if not confirmed("Remove it?", otherwise="--yes"):
            typer.echo("Nothing was changed.")
            return
    removed = in_workspace(lambda workspace, at: remove_resource_server(workspace, name, at.ports))
    typer.echo(f"Removed {printable(removed.name)} ({removed.id}). Its next check is refused.")


async def _add(workspace: WorkspaceId, name: str, ports: Ports) -> tuple[WorkspaceId, AddedResourceServer]:
    return workspace, await add_resource_server(workspace, name, ports)


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
