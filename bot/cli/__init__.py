"""The command line. What is expected to go wrong ends in one line that says how to mend it."""

import asyncio
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final, Never

import typer

from bot import app, logs, sandbox_command
from bot.chance import SystemRandom
from bot.cli import audit, backup, copying, exporting, identify, importing, keys, person, resource_server
from bot.cli.workplace import opened
from bot.clock import SystemClock
from bot.doctor import report as report_writer
from bot.doctor.examiner import examine
from bot.errors import CommandError
from bot.hardening import keep_to_ourselves
from bot.keyring import make_keyring
from bot.keyring_place import read_keyring
from bot.manifest import manifest_path
from bot.private_file import create_private_file
from bot.settings import ENV_FILE, CommonSettings, Settings, env_template, read_settings, survey_settings
from storage.backend import place_of
from storage.errors import StorageError

NAME: Final = "thirdparty-bot"

_WIDEST: Final = 110

_commands = typer.Typer(
    name=NAME,
    help="The whole life of a third party's API credentials, in Slack.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command that was typed and leave the process with its exit code."""
    keep_to_ourselves()
    logs.configure("text", "INFO")
    logs.log_crashes()
    try:
        # Not `_commands()`: that puts typer's own excepthook in place, which prints messages and values.
        typer.main.get_command(_commands)(prog_name=NAME)
    except CommandError as error:
        _stop(str(error), error.exit_code)
    except StorageError as error:
        _stop(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _stop(f"{error.filename}: {error.strerror}.")


def _stop(why: str, exit_code: int = 1) -> Never:
    sys.stderr.write(f"{NAME}: {' '.join(why.split())}\n")
    sys.exit(exit_code)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {metadata.version(NAME)}")
        raise typer.Exit


@_commands.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


@_commands.command()
def run() -> None:
    """Run the bot, with the settings of the environment and of .env."""
    settings = read_settings(Settings)
    logs.configure(settings.log_format, settings.log_level)
    asyncio.run(app.run(settings))


@_commands.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on this machine; 0 takes a free one.")] = 0,
    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to keep the data in; without it, nothing is kept.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
) -> None:
    """Try the bot in a Slack workspace of its own on this machine. There is nothing to configure."""
    asyncio.run(sandbox_command.run(port=port, data=data, shows=not no_open))


@_commands.command()
def init() -> None:
    """Make the keyring and a .env with every setting explained. What is there already stays as it is."""
    _make_env_file()
    settings = read_settings(CommonSettings)
    place, keyring = settings.keyring_place, settings.keyring_file
    if settings.keyring is not None or keyring.exists():
        read_keyring(place)
        typer.echo(f"{place.name} is there already and is in order.")
    else:
        key_id = make_keyring(keyring, now=SystemClock().now(), random=SystemRandom())
        typer.echo(f"Made {keyring} with the key {key_id}.")
    typer.echo(
        f"""
What to do next:
  1. Copy {place.name} to a safe place, apart from the database: without it nobody can open what is sealed.
  2. At https://api.slack.com/apps choose "From a manifest" and paste {manifest_path()}
     Install the app, then put its tokens into {ENV_FILE}.
  3. {NAME} doctor    looks whether everything is in place, and says how to mend what is not
  4. {NAME} run"""
    )


def _make_env_file() -> None:
    try:
        create_private_file(ENV_FILE, env_template())
        typer.echo(f"Made {ENV_FILE}.")
    except FileExistsError:
        typer.echo(f"{ENV_FILE} is there already and stays as it is.")


@_commands.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Look at settings, keyring, database and Slack, change nothing, and say how to mend what is wrong.

    Leaves with 0 if all is well, 1 if something is not, 2 if settings are wrong. The JSON object has "ok" (true or
    false) and "checks", each with "name", "state" ("ok", "note", "problem" or "not looked at"), "found" and "mend"
    (null if there is nothing to do).
    """
    report = asyncio.run(examine(survey_settings(), SystemClock()))
    if as_json:
        typer.echo(report_writer.as_json(report))
    else:
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        typer.echo(report_writer.as_text(report, width=width, colour=colour))
    raise typer.Exit(report.exit_status)


@_commands.command()
def migrate() -> None:
    """Bring the database to this version. The bot does the same at its start."""
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    asyncio.run(_migrate(settings))
    typer.echo(f"{place_of(settings.database_url)} is as this version wants it.")


async def _migrate(settings: CommonSettings) -> None:
    async with opened(settings) as workplace:
        await workplace.database.migrate()


_commands.command()(identify.identify)
_commands.add_typer(audit.commands, name="audit")
_commands.add_typer(keys.commands, name="keys")
_commands.add_typer(person.commands, name="person")
_commands.command()(backup.backup)
_commands.command()(backup.restore)
_commands.command("copy-database")(copying.copy_database)
_commands.command("import")(importing.import_file)
_commands.command()(exporting.export)
_commands.add_typer(resource_server.commands, name="resource-server")
