"""`thirdparty-bot identify`: whose is the token that turned up somewhere?"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from getpass import getpass
from typing import Annotated, Final

import typer

from access.model.credentials import contains_secret, find_secrets
from access.model.ids import WorkspaceId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.operations.identify_secret import IdentifiedToken, identify_secret
from access.operations.revoke_presented_token import RevokePresentedToken, revoke_presented_token
from bot import logs
from bot.cli.identified import in_words
from bot.cli.terminal import UsedWrongly, confirmed
from bot.cli.workplace import at_work
from bot.errors import CommandError
from bot.settings import CommonSettings, read_settings

_LONGEST: Final = 1_000_000
"""How much of standard input is read: what turned up may be in the middle of something else."""

_NONE_OF_OURS: Final = (
    "It is none of ours. A token begins with tpt_, a client secret and a resource server's secret with tps_, and 49 "
    "letters and digits follow. One that was made elsewhere is found only alone and whole, on one line."
)


class NotIdentified(CommandError):
    """What was given is nobody's here."""


class NotRevoked(CommandError):
    """What was given cannot be revoked by this command."""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret that somebody has in a workspace, and who."""

    secret: Secret
    workspace: WorkspaceId
    identified: IdentifiedToken | ResourceServer

    @property
    def live_token(self) -> IdentifiedToken | None:
        """The token that can be revoked, if it is one."""
        return self.identified if isinstance(self.identified, IdentifiedToken) and self.identified.is_live else None


def identify(
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke it without asking; for scripts.")] = False,
) -> None:
    """Say whose a token or secret is, read from standard input or typed unseen, and offer to revoke it.

    One that was made elsewhere is found if it is given alone and whole, on one line.

    Leaves with 0 if it is somebody's, 1 if not.
    """
    given = _given()
    secrets = _secrets_in(given)
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    found = asyncio.run(_identify(settings, secrets))
    if not found and not contains_secret(given):
        raise NotIdentified(_NONE_OF_OURS)
    if not found:
        raise NotIdentified(
            "It is well-formed, but nobody's here. Another bot has issued it, or one that worked with another database."
        )
    for each in found:
        typer.echo(in_words(each.identified))
    live = [each for each in found if each.live_token]
    if revoke and not live and any(isinstance(each.identified, ResourceServer) for each in found):
        raise NotRevoked("A resource server's secret ends by `thirdparty-bot resource-server remove NAME`.")
    if live and (revoke or _wants_to_revoke(live)):
        asyncio.run(_revoke(settings, live))
        done = "Noted as revoked. Stop it where it was made, too." if _is_elsewhere(live) else "Revoked."
        typer.echo(f"{done} The owner, the admins and the contact read of it in Slack, as soon as the bot runs.")


def _given() -> str:
    """Read what somebody pipes in, or types without an echo. Raises UsedWrongly, if that is nothing."""
    if sys.stdin.isatty():
        text = getpass("Token or secret (not shown): ")
    else:
        text = sys.stdin.buffer.read(_LONGEST).decode(errors="replace")
    if not text.strip():
        raise UsedWrongly("Nothing was given. Pipe the token in, or type it when you are asked for it.")
    return text


def _secrets_in(text: str) -> Sequence[Secret]:
    """Return what is well-formed in it. Raises NotIdentified."""
    secrets = list(find_secrets(text))
    if secrets:
        return secrets
    if contains_secret(text):
        raise NotIdentified(
            "It looks like one of ours, but its checksum does not fit: it is damaged, cut off or made up. If you can, "
            "copy it once more, whole."
        )
    whole = text.strip()
    if len(whole.splitlines()) == 1:
        return [Secret(whole)]
    raise NotIdentified(_NONE_OF_OURS)


async def _identify(settings: CommonSettings, secrets: Sequence[Secret]) -> Sequence[Found]:
    """Look in every workspace; of several secrets of one token the first is returned."""
    found: dict[str, Found] = {}
    async with at_work(settings) as workplace:
        for workspace in await workplace.database.workspaces():
            for secret in secrets:
                whose = await identify_secret(workspace, secret, workplace.ports)
                if whose is not None:
                    whose_id = whose.token.id if isinstance(whose, IdentifiedToken) else whose.id
                    found.setdefault(whose_id, Found(secret, workspace, whose))
    return list(found.values())


def _wants_to_revoke(live: Sequence[Found]) -> bool:
    if not sys.stdin.isatty():
        typer.echo("To revoke it, do the same with --revoke.")
        return False
    it = "it" if len(live) == 1 else f"these {len(live)} tokens"
    then = (
        "It works on until it is stopped where it was made, too."
        if _is_elsewhere(live)
        else "Whatever program uses it is refused from then on."
    )
    return confirmed(f"Revoke {it} now? {then}", otherwise="--revoke")


def _is_elsewhere(live: Sequence[Found]) -> bool:
    """Tell whether another system checks it: such a token is given alone."""
    return any(each.live_token is not None and each.live_token.token.is_external for each in live)


async def _revoke(settings: CommonSettings, live: Sequence[Found]) -> None:
    async with at_work(settings) as workplace:
        for each in live:
            wanted = RevokePresentedToken(workspace=each.workspace, presented=each.secret, at_command_line=True)
            await revoke_presented_token(wanted, workplace.ports)
        await workplace.forget_what_was_deleted()
