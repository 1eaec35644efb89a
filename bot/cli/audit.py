"""`thirdparty-bot audit`: is the audit trail as it was written, and what does it say?"""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import typer

from access.model.audit import content
from access.model.audit_head import Head
from access.model.ids import PersonId, ThirdPartyId, WorkspaceId
from bot import logs
from bot.cli.audit_words import in_words, pruned_in_words
from bot.cli.progress import progress_bar
from bot.cli.terminal import UsedWrongly, as_text
from bot.cli.times import beginning, end
from bot.cli.workplace import Workplace, at_work
from bot.errors import CommandError
from bot.settings import CommonSettings, read_settings
from storage.audit_export import actors_called, exported, pruned_up_to
from storage.chain import Verified, verify_chain
from storage.repositories.audit import Wanted

commands: Final = typer.Typer(
    help="The audit trail: verify it, or write it out.", no_args_is_help=True, rich_markup_mode=None
)
_HEAD_METAVAR: Final = "NUMBER:KEY:MAC"
_SINCE: Final = "From a day (2026-03-31, in UTC) or an instant (2026-03-31T09:00+02:00) on."
_UNTIL: Final = "Up to the end of a day, or before an instant."


class NotAsWritten(CommandError):
    """The audit trail is not as it was written."""


class NothingFound(CommandError):
    """There is nobody, or nothing, of that name."""


@commands.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option(
            metavar=_HEAD_METAVAR,
            help="A line that the bot posted in the admin channel: the record that it names has to be there, as it "
            "was. So it shows if later records were cut off, or an older file was put back.",
        ),
    ] = None,
    since_head: Annotated[
        str | None,
        typer.Option(
            metavar=_HEAD_METAVAR,
            help="Such a line too, but trust what came before it: look whether that record is there, and at those "
            "after it alone, which is quick.",
        ),
    ] = None,
) -> None:
    """Check that no record was changed, removed, put in or moved, and name the first one that was, and how.

    Leaves with 0 if all are as they were written, 1 if not. A bot may run meanwhile.
    """
    posted, after = (_head(text) if text is not None else None for text in (head, since_head))
    if posted and after:
        raise UsedWrongly("--head looks at all records, and --since-head at the later ones: give one of them.")
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    verified = asyncio.run(_verify(settings, posted, after))
    if verified.wrong is not None:
        raise NotAsWritten(in_words(verified, since=after))
    typer.echo(in_words(verified, since=after, posted=posted))


@commands.command()
def export(
    since: Annotated[str | None, typer.Option(metavar="TIME", help=_SINCE)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=_UNTIL)] = None,
    third_party: Annotated[
        str | None, typer.Option(metavar="NAME", help="About one: its name, or its id.", callback=as_text)
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="By somebody: their Slack user ID, or the person id of a record.", callback=as_text
        ),
    ] = None,
) -> None:
    """Write the records to standard output, one JSON object a line; docs/audit.md says what each field means.

    What was pruned is not among them; standard error says so. Nor are reasons that people gave, nor who is who in
    Slack: both can be deleted, and this stays.
    """
    times = beginning(since, "--since"), end(until, "--until")
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    asyncio.run(_export(settings, times, third_party, actor))


def _head(text: str) -> Head:
    """Raises UsedWrongly."""
    head = Head.parse(text)
    if head is None:
        raise UsedWrongly(
            "That is no line that the bot posts: copy it whole, its number, the key's id and 64 digits and letters, "
            "with colons in between."
        )
    return head


async def _verify(settings: CommonSettings, posted: Head | None, after: Head | None) -> Verified:
    async with at_work(settings) as workplace:
        workspace = await workplace.workspace()
        database, first = workplace.database, after.number if after else 0
        last = await _last(workplace, workspace)
        with progress_bar("Verifying", last - first) as advance:
            return await verify_chain(
                database,
                workspace,
                workplace.seal,
                posted=posted,
                after=after,
                progress=lambda number: advance(number - first),
            )


async def _export(
    settings: CommonSettings, times: tuple[datetime | None, datetime | None], third_party: str | None, actor: str | None
) -> None:
    async with at_work(settings) as workplace:
        workspace = await workplace.workspace()
        wanted = Wanted(
            *times, await _party(third_party, workspace, workplace), await _actors(actor, workspace, workplace)
        )
        if pruned := pruned_in_words(await pruned_up_to(workplace.database, workspace, workplace.seal)):
            typer.echo(pruned, err=True)
        names: dict[ThirdPartyId, str | None] = {}
        with progress_bar("Writing", await _last(workplace, workspace)) as advance:
            async for line, mac in exported(workplace.database, workspace, wanted, progress=advance):
                if line is None:
                    raise NotAsWritten("A record cannot be read: `thirdparty-bot audit verify` says which.")
                about = line.entry.third_party
                if about is not None and about not in names:
                    names[about] = await _name_of(about, workspace, workplace)
                record = content(workspace, line.number, line.entry)
                name = names[about] if about else None
                _write({**record, "third_party_name": name, "mac": mac.hex()})


def _write(record: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(record, separators=(",", ":")) + "\n")


async def _last(workplace: Workplace, workspace: WorkspaceId) -> int:
    async with workplace.database.read(workspace) as reading:
        head = await reading.audit_head()
        return head.number if head else 0


async def _name_of(third_party: ThirdPartyId, workspace: WorkspaceId, workplace: Workplace) -> str | None:
    async with workplace.database.read(workspace) as reading:
        party = await reading.third_parties.find(third_party)
        return party.name if party else None


async def _party(name: str | None, workspace: WorkspaceId, workplace: Workplace) -> ThirdPartyId | None:
    """Raises NothingFound."""
    if name is None:
        return None
    async with workplace.database.read(workspace) as reading:
        parties = reading.third_parties
        party = await parties.by_name(name) or await parties.removed_by_name(name)
        party = party or await parties.find(ThirdPartyId(name))
    if party is None:
        raise NothingFound("There is no third party of that name, nor was there one: `/thirdparty list` shows them.")
    return party.id


async def _actors(name: str | None, workspace: WorkspaceId, workplace: Workplace) -> Sequence[PersonId] | None:
    """Raises NothingFound."""
    if name is None:
        return None
    actors = await actors_called(workplace.database, workspace, name)
    if not actors:
        raise NothingFound(
            "Nobody of that id has done anything here: give a Slack user ID (U…, W…), or the person id that a record "
            "names as its actor."
        )
    return actors
