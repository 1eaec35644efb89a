"""`thirdparty-bot import`: third parties and tokens from elsewhere, all of them or none."""

import asyncio
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from access.model.errors import AccessError
from access.model.ids import WorkspaceId
from access.model.import_plan import ImportPlan, people_in
from access.model.import_rows import COLUMNS, REQUIRED, ImportedParty, parties_of
from access.model.imported import Imported
from access.model.sheet import Problem, read_sheet
from access.operations.import_third_parties import ImportFile, import_third_parties, preview_import
from access.ports import Ports
from bot import introduction, logs
from bot.cli.export_columns import INFORMATIVE
from bot.cli.import_template import TEMPLATE
from bot.cli.import_words import destroy, plan_in_words, problems_in_words
from bot.cli.progress import progress_bar
from bot.cli.terminal import Refused, UsedWrongly, confirmed
from bot.cli.workplace import at_work, opened
from bot.clock import SystemClock
from bot.directory import SlackDirectory
from bot.errors import CommandError
from bot.people_list import PeopleList
from bot.settings import Settings, read_settings
from bot.slack_client import slack_client
from storage.others import no_bot

BESIDE_A_BOT: Final = 1_000
"""Rows that are imported while a bot runs: it writes nothing meanwhile."""

_LARGEST: Final = 500_000_000


class NotImported(CommandError):
    """Something in a file is wrong, so nothing of it was imported."""


@dataclass(frozen=True, slots=True)
class Known:
    """A file with the people whom it names, what would be done, and where."""

    workspace: WorkspaceId
    file: ImportFile
    plan: ImportPlan


def import_file(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A CSV file; - for standard input.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Import without asking; for scripts.")] = False,
    template: Annotated[bool, typer.Option("--template", help="Print a file to begin with, and leave.")] = False,
) -> None:
    """Take over third parties, contacts and tokens from elsewhere: says what would happen, and asks.

    All of the file is imported, or nothing. What is there already stays as it is, so that the same file twice does
    nothing. More than 1,000 rows need a stopped bot.
    """
    if template:
        sys.stdout.write(TEMPLATE)
        return
    if file is None:
        raise UsedWrongly("Name a file, or - for standard input. `thirdparty-bot import --template` prints one.")
    settings = read_settings(Settings)
    logs.configure(settings.log_format, settings.log_level)
    parties, problems, rows = _read(file)
    known = asyncio.run(_look(settings, parties, problems))
    typer.echo(plan_in_words(known.plan))
    if known.plan.problems:
        typer.echo(f"\n{problems_in_words(known.plan.problems)}")
        raise NotImported("Nothing was imported. Mend the file, and import it once more.")
    if not known.plan.changes:
        typer.echo("\nThere is nothing to import.")
    elif not dry_run and (yes or confirmed("Import?", otherwise="--yes")):
        with all_kept():
            done = asyncio.run(_import(settings, known, alone=rows > BESIDE_A_BOT))
        typer.echo(_what_was_done(done))
    else:
        return
    if not dry_run and _holds_secrets(parties):
        typer.echo(f"\n{destroy('What you piped in' if file == '-' else file)}")


@contextmanager
def all_kept() -> Iterator[None]:
    """Search for no garbage: what an import makes stays, and going through it takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _read(file: str) -> tuple[Sequence[ImportedParty], Sequence[Problem], int]:
    """Return what a file describes, what is wrong with it, and how many rows it has. Raises OSError, UsedWrongly."""
    data = sys.stdin.buffer.read(_LARGEST) if file == "-" else _content(Path(file))
    sheet = read_sheet(data, known=COLUMNS, required=REQUIRED, ignored=INFORMATIVE)
    parties, problems = parties_of(sheet, SystemClock().now())
    if file != "-" and _holds_secrets(parties) and Path(file).stat().st_mode & 0o077:
        typer.echo(f"{file} holds secrets, and others on this machine can read it: chmod 600 {file}\n", err=True)
    return parties, problems, len(sheet.records)


def _content(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(_LARGEST)


def _holds_secrets(parties: Sequence[ImportedParty]) -> bool:
    return any(token.token is not None for party in parties for token in party.tokens)


async def _look(settings: Settings, parties: Sequence[ImportedParty], problems: Sequence[Problem]) -> Known:
    """Ask Slack who everybody is, and the database what is there."""
    async with AsyncExitStack() as stack:
        workplace = await stack.enter_async_context(at_work(settings))
        client = slack_client(settings.slack_bot_token, settings.slack_api_url)
        installation = await introduction.introduce(client)
        directory = SlackDirectory(
            client,
            team=installation.team_id,
            enterprise=installation.enterprise_id,
            admins=settings.admins,
            auditors=settings.auditors,
            clock=workplace.ports.clock,
            wait_seconds=_PATIENCE,
        )
        stack.push_async_callback(directory.close)
        people, named = PeopleList(client, directory), people_in(parties)
        try:
            with progress_bar("Asking Slack who is who", len(named)) as advance:
                found = await people.whom(named, advance)
        except AccessError as refusal:
            raise Refused(refusal) from None
        file = ImportFile(parties, problems, found, people.has_emails)
        workspace = WorkspaceId(installation.team_id)
        return Known(workspace, file, await preview_import(workspace, file, workplace.ports))


_PATIENCE: Final = 30.0


async def _import(settings: Settings, known: Known, *, alone: bool) -> Imported:
    """Import, with the bot stopped where it would have to wait for long. Raises Refused, AlreadyRunning."""
    async with AsyncExitStack() as stack:
        if alone:
            await stack.enter_async_context(no_bot(settings.database_url))
        async with opened(settings) as workplace:
            ports: Ports = replace(workplace.ports, policy=settings.policy())
            changed = sum(step.changes for step in known.plan.steps)
            try:
                with progress_bar("Importing", changed) as advance:
                    return await import_third_parties(known.workspace, known.file, ports, progress=advance)
            except AccessError as refusal:
                raise Refused(refusal) from None


def _what_was_done(done: Imported) -> str:
    return (
        f"\nImported: {done.third_parties:,} third parties, {done.contacts:,} proposed contacts, {done.tokens:,} "
        "tokens. The admins read of it in Slack, as soon as the bot runs, and approve the contacts there."
    )
