"""The database as commands use it: beside a running bot, and without Slack as long as it is known whose it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import typer

from access.model.errors import AccessError
from access.model.ids import WorkspaceId
from access.model.policy import Policy
from access.ports import Ports
from bot import introduction, logs
from bot.age_keys import AgeKeys
from bot.chance import SystemRandom
from bot.cli.terminal import Refused
from bot.clock import SystemClock
from bot.directory import Nobody
from bot.keyring_place import LiveKeyring
from bot.lookalikes import UnicodeLookalikes
from bot.settings import CommonSettings, Settings, read_settings
from bot.slack_client import slack_client
from bot.vault import ChainSeal, SealingVault
from storage.engine import Database
from storage.others import may_run

_TRIES: Final = 20
_PAUSE_SECONDS: Final = 0.1
_STAYS: Final = (
    "Note: the database's journal may still hold what was deleted, because something is reading the "
    "database. End that, if it is a backup or a program of yours, and restart the bot, which then empties the journal."
)
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a command needs to call an operation."""

    database: Database
    ports: Ports
    seal: ChainSeal

    async def workspace(self) -> WorkspaceId:
        """Return the workspace that the bot is in: the only one in the database, else the one that Slack names.

        Raises: SettingsError, SlackRefused.
        """
        known = await self.database.workspaces()
        if len(known) == 1:
            return known[0]
        settings = read_settings(Settings)
        installation = await introduction.introduce(slack_client(settings.slack_bot_token, settings.slack_api_url))
        return WorkspaceId(installation.team_id)

    async def forget_what_was_deleted(self) -> None:
        """Empty the journal of it, as soon as no reader is in the way; a bot that runs does not know that it is due.

        If one stays in the way, say so on standard error.
        """
        for _ in range(_TRIES):
            if await self.database.checkpoint_if_due():
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        typer.echo(_STAYS, err=True)


@asynccontextmanager
async def opened(settings: CommonSettings) -> AsyncIterator[Workplace]:
    """Open the database as it is; one that is not there is made, empty.

    Raises: KeyringError, StorageError, OSError.
    """
    keyring, random = LiveKeyring(settings.keyring_place), SystemRandom()
    vault, seal = SealingVault(keyring, random), ChainSeal(keyring)
    database = await Database.open(settings.database_url, seal=seal, random=random, hash_reason=vault.hash_reason)
    try:
        policy = Policy()  # nothing that is done at the command line asks for the numbers that settings decide
        ports = Ports(
            database.write,
            database.read,
            SystemClock(),
            random,
            vault,
            Nobody(),
            UnicodeLookalikes(),
            policy,
            database,
            AgeKeys(),
        )
        yield Workplace(database, ports, seal)
    finally:
        await database.close()


@asynccontextmanager
async def at_work(settings: CommonSettings) -> AsyncIterator[Workplace]:
    """Open the database, and bring it to this version unless a bot, then of another version, runs on it.

    Raises: AlreadyRunning, and what `opened` does.
    """
    async with opened(settings) as workplace:
        if not await workplace.database.is_current():
            with may_run(settings.database_url):
                await workplace.database.migrate()
        yield workplace


def in_workspace(work: Callable[[WorkspaceId, Workplace], Awaitable[_R]]) -> _R:
    """Do something in the bot's workspace. Raises Refused, CommandError, StorageError, OSError."""
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    try:
        return asyncio.run(_in_workspace(settings, work))
    except AccessError as refusal:
        raise Refused(refusal) from None


async def _in_workspace(settings: CommonSettings, work: Callable[[WorkspaceId, Workplace], Awaitable[_R]]) -> _R:
    async with at_work(settings) as workplace:
        return await work(await workplace.workspace(), workplace)
