"""`thirdparty-bot backup` and `restore`: a copy of the database, and going on with it after the database is lost."""

import asyncio
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from access.model.resource_server import ResourceServer
from access.model.restored import BackupEnd
from access.operations.take_up_backup import TakenUp, take_up_backup
from bot import logs
from bot.cli.progress import progress_bar
from bot.cli.terminal import UsedWrongly, instant, printable
from bot.cli.workplace import Workplace, at_work, opened
from bot.clock import SystemClock
from bot.errors import CommandError
from bot.keyring import Keyring
from bot.keyring_place import read_keyring
from bot.settings import CommonSettings, read_settings
from storage.backend import place_of
from storage.backup import Contents, being_made, contents_of, copy_database, finish, keep, put_in_place
from storage.chain import verify_chain
from storage.migrate import Schema
from storage.others import no_bot
from storage.postgres import is_postgres
from storage.run_lock import RunLock
from storage.sqlite import database_path

_NAMES_SHOWN: Final = 20
_PAGE_ON_SERVERS: Final = "docs/postgresql.md says how."
_PAGE: Final = 4_096
Unverified = Annotated[
    bool,
    typer.Option("--unverified", help="Go on although the audit trail in it does not fit, or cannot be looked at."),
]


class BackupRefused(CommandError):
    """What was asked for would overwrite something, or trust something that is not in order. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """What a copy holds, and what is wrong with its audit trail, in words; nothing if it fits."""

    contents: Sequence[Contents]
    doubts: Sequence[str]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; there must be no such file yet.")],
    unverified: Unverified = False,
) -> None:
    """Copy the database into a new file, also while the bot runs, and look whether the copy is in order."""
    settings = _settings()
    if is_postgres(settings.database_url):
        raise BackupRefused(f"The database is PostgreSQL's, which has tools of its own for that: {_PAGE_ON_SERVERS}")
    source = database_path(settings.database_url)
    _must_be_new(file)
    with _orderly_end(), being_made(file) as part:
        _copy(source, part, "Copying")
        copy = asyncio.run(_look_at(part, source, settings, migrates=False))
        _must_fit(copy, unverified, "It was not kept.")
        finish(part)
        keep(part, file)
    typer.echo(f"{file} is a backup of {source}.")
    typer.echo(described(copy.contents, copy.doubts))
    typer.echo(
        f"""
It holds neither the keyring ({settings.keyring_place.name})
nor the credentials that wait to be collected. Keep it, and apart from it a copy of the keyring: without that, nobody
can tell whether the audit trail was changed."""
    )


def restore(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A backup.", show_default=False)] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="There is a database: keep it beside, under another name.")
    ] = False,
    from_server: Annotated[
        bool, typer.Option("--from-server", help="In the place of FILE: PostgreSQL's own tools put the database back.")
    ] = False,
    unverified: Unverified = False,
) -> None:
    """Go on with a backup, with the bot stopped. No third party works until an admin has confirmed which do."""
    settings = _settings()
    if from_server or is_postgres(settings.database_url):
        _go_on_with_server(settings, unverified, named=from_server and file is None)
        return
    if file is None:
        raise UsedWrongly("Name the backup, as in `thirdparty-bot restore FILE`.")
    path = database_path(settings.database_url)
    with _orderly_end(), RunLock(settings.database_url):
        if not replace and path.exists() and path.stat().st_size:
            raise BackupRefused(
                f"There is a database already: {path}. With --replace it is kept beside, under another name, and the "
                "backup takes its place."
            )
        with being_made(path) as part:
            _copy(file, part, "Reading")
            copy = asyncio.run(_look_at(part, file, settings, migrates=True))
            _must_fit(copy, unverified, "Nothing was changed.")
            taken = asyncio.run(_take_up(part, settings, copy))
            finish(part)
            aside = path.with_name(f"{path.name}.before-{SystemClock().now():%Y%m%dT%H%M%S.%fZ}")
            kept = put_in_place(part, path, aside)
    typer.echo(f"{path} is what {file} holds.")
    if kept:
        typer.echo(f"What was there before is {aside} now.")
    _echo_done(copy, taken)


def _go_on_with_server(settings: CommonSettings, unverified: bool, *, named: bool) -> None:
    """Go on with what the server's own tools have put back. `named`: that it was is said, and no file."""
    if not is_postgres(settings.database_url):
        raise UsedWrongly("The database is a file. Name the backup, as in `thirdparty-bot restore FILE`.")
    if not named:
        raise BackupRefused(
            "The database is PostgreSQL's: put it back with the server's own tools, then run `thirdparty-bot restore "
            f"--from-server`, alone. {_PAGE_ON_SERVERS}"
        )
    copy, taken = asyncio.run(_take_up_server(settings, unverified))
    typer.echo(f"No third party in {place_of(settings.database_url)} works now.")
    _echo_done(copy, taken)


async def _take_up_server(settings: CommonSettings, unverified: bool) -> tuple[_Copy, Sequence[TakenUp]]:
    async with no_bot(settings.database_url), at_work(settings) as workplace:
        contents = await workplace.database.contents()
        copy = _Copy(contents, await doubts_of(contents, workplace, read_keyring(settings.keyring_place)))
        _must_fit(copy, unverified, "Nothing was changed.")
        return copy, await _taken_up(workplace, copy)


def _echo_done(copy: _Copy, taken: Sequence[TakenUp]) -> None:
    typer.echo(described(copy.contents, copy.doubts))
    for each in taken:
        typer.echo(_what_is_to_do(each))


def _settings() -> CommonSettings:
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    return settings


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Let SIGTERM end the block as an exception does, so that nothing half-made is left."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _must_be_new(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise BackupRefused(f"{file} is there already, and stays as it is. Name a new file.")


def _copy(source: Path, part: Path, what: str) -> None:
    pages = max(1, source.stat().st_size // _PAGE)
    with progress_bar(what, pages) as shown:
        copy_database(source, part, lambda done, all_of_them: shown(done * pages // max(1, all_of_them)))


async def _look_at(part: Path, source: Path, settings: CommonSettings, *, migrates: bool) -> _Copy:
    """Open a copy as the bot would, and look at all of it. Raises BackupRefused, CopyFailed, StorageError."""
    keyring = read_keyring(settings.keyring_place)
    async with opened(settings.at(f"sqlite:///{part}")) as workplace:
        schema = await workplace.database.schema()
        if schema in (Schema.NONE, Schema.FOREIGN, Schema.UNFINISHED):
            raise BackupRefused(f"{source} holds no database of thirdparty-bot.")
        if schema is Schema.NEWER:
            raise BackupRefused(f"{source} was made by a newer version of thirdparty-bot: use that version for it.")
        if migrates:
            await workplace.database.migrate()
        contents = contents_of(part)
        return _Copy(contents, await doubts_of(contents, workplace, keyring))


async def doubts_of(contents: Sequence[Contents], workplace: Workplace, keyring: Keyring) -> Sequence[str]:
    """Say what is wrong with the audit trails in a copy."""
    in_use = await workplace.database.keys_in_use(workplace.ports.clock.now())
    missing = sorted(in_use.records.keys() - keyring.audit_roots.keys())
    if missing:
        keys = f"{'key' if len(missing) == 1 else 'keys'} {', '.join(missing)}"
        return [f"Its audit trail cannot be looked at: the keyring lacks the {keys}."]
    doubts = list[str]()
    for each in contents:
        verified = await verify_chain(workplace.database, each.workspace, workplace.seal)
        if verified.first_wrong is not None:
            doubts.append(f"Its audit trail does not fit from record {verified.first_wrong} on ({each.workspace}).")
    return doubts


async def _take_up(part: Path, settings: CommonSettings, copy: _Copy) -> Sequence[TakenUp]:
    async with opened(settings.at(f"sqlite:///{part}")) as workplace:
        return await _taken_up(workplace, copy)


async def _taken_up(workplace: Workplace, copy: _Copy) -> Sequence[TakenUp]:
    return [
        await take_up_backup(
            each.workspace, BackupEnd(each.number, each.newest_at), workplace.ports, chain_fits=not copy.doubts
        )
        for each in copy.contents
    ]


def _must_fit(copy: _Copy, unverified: bool, otherwise: str) -> None:
    if copy.doubts and not unverified:
        raise BackupRefused(f"{' '.join(copy.doubts)} {otherwise} With --unverified it is done all the same.")


def described(contents: Sequence[Contents], doubts: Sequence[str]) -> str:
    """Say what a database holds, and whether its audit trail fits."""
    lines = [
        f"""
Workspace {each.workspace}: {each.third_parties} third parties, {each.tokens} tokens that were not revoked.
The newest of its audit records is number {each.number}, of {instant(each.newest_at)}. The trail ends at
  {each.head}"""
        for each in contents
    ]
    fits = "Its audit trail was not verified." if doubts else "Its audit trail fits, from its oldest record on."
    return "\n".join([*lines, fits])


def _what_is_to_do(taken: TakenUp) -> str:
    waiting, withdrawn = _names(taken.waiting), _names(taken.withdrawn)
    return f"""
No third party works now. An admin confirms in Slack which do, as soon as the bot runs: {waiting}
A token that was revoked, suspended or retired after the backup was made works again with its third party.
Withdrawn, to be offered anew: {withdrawn}
Messages that waited to be sent, and are not sent any more: {taken.messages_dropped}
These may ask whether tokens are active, also one that was removed since: {_names(_of(taken.servers))}"""


def _of(servers: Sequence[ResourceServer]) -> list[str]:
    return [server.name for server in servers]


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"{shown or 'none'}{more}"
