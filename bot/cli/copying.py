"""`thirdparty-bot copy-database`: from a file to PostgreSQL, with every bot stopped."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from bot import logs
from bot.cli.backup import Unverified, described, doubts_of
from bot.cli.progress import progress_bar
from bot.cli.terminal import UsedWrongly
from bot.cli.workplace import opened
from bot.errors import CommandError
from bot.keyring_place import read_keyring
from bot.settings import CommonSettings, read_settings
from storage.backend import place_of
from storage.backup import Contents
from storage.copying import Copying
from storage.errors import CopyFailed
from storage.migrate import Schema
from storage.others import no_bot
from storage.postgres import is_postgres
from storage.sqlite import database_path


class NotCopied(CommandError):
    """The databases are not those for a copy, or what was copied is not in order. No bot works with the target."""


def copy_database(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A file: sqlite:///PATH.", show_default=False)],
    target: Annotated[
        str,
        typer.Argument(metavar="TO", help="An empty database: postgresql://USER@HOST/DATABASE.", show_default=False),
    ],
    unverified: Unverified = False,
) -> None:
    """Copy a database from a file to PostgreSQL, with every bot stopped, and compare all of it.

    If it is stopped in the middle, run it once more: it goes on where it was. A password has no place in the command:
    PGPASSFILE names a file that holds it.
    """
    _must_be_named_well(source, target)
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    contents, doubts = asyncio.run(_copied(settings.at(source), settings.at(target), unverified))
    typer.echo(f"{place_of(target)} holds what {place_of(source)} does, row by row.")
    typer.echo(described(contents, doubts))
    typer.echo(
        "\nName it in THIRDPARTY_DATABASE_URL, start the bot, and put the file away: a bot on each would disagree."
    )


def _must_be_named_well(source: str, target: str) -> None:
    try:
        database_path(source)
        parts = urlsplit(target)
    except ValueError:
        parts = None
    if parts is None or not is_postgres(target):
        raise UsedWrongly("It copies from a file, sqlite:///PATH, to a server, postgresql://USER@HOST/DATABASE.")
    if parts.password or parse_qs(parts.query).keys() & {"password", "sslpassword"}:
        raise UsedWrongly(
            "A password in a command is seen by others on this machine. Leave it out, and put it into ~/.pgpass, or "
            "into a file that PGPASSFILE names."
        )


async def _copied(
    source: CommonSettings, target: CommonSettings, unverified: bool
) -> tuple[Sequence[Contents], Sequence[str]]:
    path = database_path(source.database_url)
    if not path.exists():
        raise NotCopied(f"There is no {path}.")
    keyring = read_keyring(target.keyring_place)
    async with no_bot(source.database_url), no_bot(target.database_url):
        before = await _contents_of_source(source)
        copying = Copying(path, target.database_url)
        copying.must_fit()
        await _make_ready(target)
        with progress_bar("Copying and comparing", 2 * copying.count()) as shown:
            await copying.copy(shown)
        async with opened(target) as workplace:
            contents = await workplace.database.contents()
            if contents != before:
                raise CopyFailed("the audit trail ends elsewhere than that of the file; begin anew with an empty one")
            doubts = await doubts_of(contents, workplace, keyring)
        if doubts and not unverified:
            raise NotCopied(
                f"{' '.join(doubts)} So the copy is not finished, and no bot starts on it. Mend that, or add "
                "--unverified, and run it once more."
            )
        await copying.finish()
    return contents, doubts


async def _contents_of_source(settings: CommonSettings) -> Sequence[Contents]:
    async with opened(settings) as workplace:
        if not await workplace.database.is_current():
            raise NotCopied(f"{place_of(settings.database_url)} is not of this version: run `thirdparty-bot migrate`.")
        return await workplace.database.contents()


async def _make_ready(settings: CommonSettings) -> None:
    """Bring an empty database to this version; one into which a copy was begun is left as it is."""
    async with opened(settings) as workplace:
        schema = await workplace.database.schema()
        if schema is Schema.FOREIGN:
            raise NotCopied(f"{place_of(settings.database_url)} is another program's; name an empty one.")
        if schema is Schema.OLDER:
            raise NotCopied(f"There is a database in {place_of(settings.database_url)} already; name an empty one.")
        if schema is not Schema.UNFINISHED:
            await workplace.database.migrate()
