"""The examination: everything is looked at that does not depend on something that failed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from access.ports.machine import Clock
from bot.directory import SlackDirectory
from bot.doctor import machine, people, slack
from bot.doctor.findings import Finding, Report, not_looked_at
from bot.doctor.slack_facts import Asked, Introduction, ask_for_channel, ask_for_connection, introduce
from bot.keyring import Keyring, KeyringError
from bot.keyring_place import read_keyring
from bot.manifest import read_manifest
from bot.settings import ENV_FILE, INTERNAL_ADDRESS, PUBLIC_ADDRESS, CommonSettings, Settings, SocketMode, Survey
from bot.slack_client import TIMEOUT_SECONDS, slack_client
from storage.errors import StorageError
from storage.inspection import FileInspection
from storage.others import is_running
from storage.server_inspection import ServerInspection, inspect_database

_OF_CHANNELS: Final = frozenset({"channels:read", "groups:read"})
_OF_GROUPS: Final = frozenset({"usergroups:read"})


async def examine(survey: Survey, clock: Clock) -> Report:
    """Look at everything. Nothing is changed: no file is made to stay, nothing is posted, a running bot runs on."""
    with _findings_instead_of_logs():
        running = await _is_running(survey.common)
        findings = [*machine.settings(survey), machine.env_file(_mode(ENV_FILE)), *await _storage(survey, clock)]
        findings.append(machine.running(running))
        if survey.settings is None:
            findings += [not_looked_at(name, machine.NEEDS_SETTINGS) for name in ("bot token", "channel", "admins")]
        else:
            findings += await _slack(survey.settings, clock)
            findings += await _way_in(survey.settings, is_running=running is True)
    return Report(findings, settings_are_wrong=bool(survey.complaints))


async def _storage(survey: Survey, clock: Clock) -> Sequence[Finding]:
    ring = _keyring(survey.common)
    found = await _database(survey.common, clock)
    required = survey.settings is not None and survey.settings.require_contact_key
    findings = [machine.keyring(ring), *machine.database(found), machine.keys(found, ring)]
    return [*findings, *machine.contact_keys(found, required=required)]


def _keyring(common: CommonSettings | None) -> Keyring | KeyringError | None:
    try:
        return read_keyring(common.keyring_place) if common else None
    except KeyringError as error:
        return error


async def _database(
    common: CommonSettings | None, clock: Clock
) -> FileInspection | ServerInspection | StorageError | OSError | None:
    try:
        return await inspect_database(common.database_url, clock.now()) if common else None
    except (StorageError, OSError) as error:
        return error


async def _is_running(common: CommonSettings | None) -> bool | StorageError | OSError | None:
    try:
        return await is_running(common.database_url) if common else None
    except (StorageError, OSError) as error:
        return error


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except OSError:
        return None


async def _try_port(host: str, port: int) -> OSError | None:
    """Take the port as the bot does, without listening, and give it back."""
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    except OSError as error:
        return error
    server.close()
    await server.wait_closed()
    return None


async def _slack(settings: Settings, clock: Clock) -> Sequence[Finding]:
    client = slack_client(settings.slack_bot_token, settings.slack_api_url)
    first = await introduce(client, clock)
    findings = [slack.bot_token(first.who), slack.clock(first.ahead)]
    if not isinstance(first.who, Introduction):
        return [*findings, *(not_looked_at(name, people.NEEDS_TOKEN) for name in ("scopes", "channel", "admins"))]
    asked = read_manifest()["oauth_config"]["scopes"]
    findings.append(slack.scopes(first.scopes, asked, _unneeded(settings)))
    findings += people.channel(await ask_for_channel(client, settings.channel) if settings.channel else None)
    async with _directory(settings, first.who, clock) as directory:
        return [*findings, *await _people(settings, Asked(directory, first.scopes))]


def _unneeded(settings: Settings) -> frozenset[str]:
    """Return the scopes that the bot does without, as it is set up."""
    groups = [each for each in (*settings.admins, *settings.auditors) if each.startswith("S")]
    return (frozenset() if settings.channel else _OF_CHANNELS) | (frozenset() if groups else _OF_GROUPS)


async def _way_in(settings: Settings, *, is_running: bool) -> Sequence[Finding]:
    """Look at the ways by which Slack, whoever revokes a token, and the organisation's API reach the bot."""
    mode = settings.mode
    if isinstance(mode, SocketMode):
        client = slack_client(mode.app_token, settings.slack_api_url)
        slacks = slack.socket_mode(await ask_for_connection(client))
    else:
        slacks = slack.signing_secret()
    return [slacks, *await _ports(settings, is_running=is_running)]


async def _ports(settings: Settings, *, is_running: bool) -> Sequence[Finding]:
    findings = []
    for name, host, number, settings_of in (
        ("port", settings.http_host, settings.http_port, PUBLIC_ADDRESS),
        ("internal port", settings.internal_host, settings.internal_port, INTERNAL_ADDRESS),
    ):
        error = await _try_port(host, number)
        findings.append(machine.port(name, f"{host}:{number}", error, is_running=is_running, settings=settings_of))
    return [*findings, *machine.reach(settings.internal_host)]


async def _people(settings: Settings, asked: Asked) -> Sequence[Finding]:
    return [
        people.admins(await asked.admins(), self_approval=settings.self_approval),
        *people.lists(await asked.listed(settings.admins), "THIRDPARTY_ADMINS"),
        *people.lists(await asked.listed(settings.auditors), "THIRDPARTY_AUDITORS"),
    ]


@asynccontextmanager
async def _directory(settings: Settings, who: Introduction, clock: Clock) -> AsyncIterator[SlackDirectory]:
    directory = SlackDirectory(
        slack_client(settings.slack_bot_token, settings.slack_api_url),
        team=who.team_id,
        enterprise=who.enterprise_id,
        admins=settings.admins,
        auditors=settings.auditors,
        clock=clock,
        wait_seconds=TIMEOUT_SECONDS,
    )
    try:
        yield directory
    finally:
        await directory.close()


@contextmanager
def _findings_instead_of_logs() -> Iterator[None]:
    """Log nothing but a crash meanwhile: what goes wrong is found, and said in words for people."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)
