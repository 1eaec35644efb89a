"""`thirdparty-bot person`: what is kept about somebody, and having it erased."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from access.model.errors import PersonNotKnown, PersonStillNeeded
from access.model.ids import WorkspaceId
from access.model.people import Tie
from access.model.third_party import ThirdParty
from access.operations.erase_person import erase_person, look_before_erasing
from bot.cli.terminal import as_text, confirmed, must_be_no_secret, printable
from bot.cli.workplace import Workplace, in_workspace
from bot.errors import CommandError
from bot.private_file import create_private_file
from storage.person_export import kept_about

commands: Final = typer.Typer(
    help="Somebody's personal data: write it out, or erase it.", no_args_is_help=True, rich_markup_mode=None
)

_User = Annotated[
    str,
    typer.Argument(metavar="USER", help="Their Slack user ID, as in U0123ABCD.", show_default=False, callback=as_text),
]

_WHAT_ENDS: Final = {
    Tie.OWNER: ("the owner of {name}", "`/thirdparty edit {name}` names another owner"),
    Tie.DEPUTY_OWNER: ("the deputy owner of {name}", "`/thirdparty edit {name}` names another deputy owner, or none"),
    Tie.CONTACT: (
        "the contact of {name}",
        "`/thirdparty contact {name} @user` proposes another, `/thirdparty remove {name}` ends it",
    ),
    Tie.DEPUTY_CONTACT: ("the deputy contact of {name}", "`/thirdparty show {name}` has a button for it"),
    Tie.HOLDER: (
        "who opened a token of {name} that has not ended",
        "`/thirdparty renew {name}` replaces it, `/thirdparty revoke {name}` ends it",
    ),
    Tie.OFFERED: ("offered credentials of {name}", "`/thirdparty revoke {name}` takes that offer back"),
    Tie.PROPOSED: ("proposed as a contact of {name}", "`/thirdparty contact {name} @user` proposes somebody else"),
    Tie.PROPOSER: (
        "who proposed a contact of {name}",
        "another admin approves or rejects that: `/thirdparty show {name}`",
    ),
    Tie.ASKER: ("waiting for a new token of {name}", "an admin decides about it: `/thirdparty show {name}`"),
}


class StillNeeded(CommandError):
    """Somebody cannot be erased yet."""


@commands.command()
def export(
    user: _User,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it into this new file, which you alone can read.")
    ] = None,
) -> None:
    """Write everything that is kept about somebody as one JSON object, to standard output or into a file.

    Other people are in it as random ids only. It holds no secret, and nothing that is made of one but the fingerprints
    of tokens that they opened. A bot may run meanwhile.
    """
    must_be_no_secret(user, "Slack user ID")
    text = json.dumps(
        in_workspace(lambda workspace, workplace: _export(user, workspace, workplace)), indent=2, default=_written
    )
    if output is None:
        typer.echo(text)
        return
    create_private_file(output, f"{text}\n")
    typer.echo(f"{output} holds what is kept about {user}.")


@commands.command()
def erase(user: _User, yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts.")] = False) -> None:
    """Forget who somebody is, their reasons and keys, and messages to them. What they did stays, under a random id.

    Whoever still is something here cannot be erased: the answer says what, and what ends it. A bot may run meanwhile.
    """
    must_be_no_secret(user, "Slack user ID")
    ties = in_workspace(lambda workspace, workplace: look_before_erasing(workspace, user, workplace.ports))
    if not ties and not yes:
        typer.echo(_what_erasing_does(user))
        if not confirmed("Erase them?", otherwise="--yes"):
            typer.echo("Nothing was changed.")
            return
    people = in_workspace(lambda workspace, workplace: _erase(user, workspace, workplace))
    typer.echo(f"Erased {user}. The audit trail knows them as {', '.join(people)}, and nothing says who that was.")
    typer.echo(_WHAT_STAYS)


_WHAT_STAYS: Final = (
    "What this can't reach: messages and names in Slack itself, older backups, what was exported before, and what "
    "somebody wrote about them in the notes of a third party."
)


def _what_erasing_does(user: str) -> str:
    return f"""{user} is to be forgotten: their Slack account and time zone, the reasons that they gave, what is known
of their public keys, and the messages to them that are noted here. What they did stays in the audit trail, under a
random id. That cannot be undone."""


async def _export(user: str, workspace: WorkspaceId, workplace: Workplace) -> dict[str, Any]:
    kept = await kept_about(workplace.database, workspace, user)
    if not kept:
        raise PersonNotKnown
    return {"workspace": workspace, "user": user, "exported_at": workplace.ports.clock.now(), "kept": kept}


async def _erase(user: str, workspace: WorkspaceId, workplace: Workplace) -> Sequence[str]:
    try:
        people = await erase_person(workspace, user, workplace.ports)
    except PersonStillNeeded:
        ties = await look_before_erasing(workspace, user, workplace.ports)
        raise StillNeeded(_why_not(user, ties)) from None
    await workplace.forget_what_was_deleted()
    return people


def _why_not(user: str, ties: Sequence[tuple[Tie, ThirdParty]]) -> str:
    said = []
    for tie, party in ties:
        what, how = (text.format(name=f'"{printable(party.name)}"') for text in _WHAT_ENDS[tie])
        said.append(f"{what} ({how})")
    return f"{user} can't be erased yet, and nothing was changed. That person is still {'; '.join(said)}."


def _written(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
