"""One year from its beginning to its end, and what is wrong with it."""

import asyncio
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from aiohttp import ClientSession

from access.model.credentials import CLIENT_SECRET_PREFIX, mint
from access.model.ids import WorkspaceId
from access.model.policy import Policy
from access.ports import Ports
from bot.age_keys import AgeKeys
from bot.keyring import load_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.vault import ChainSeal, SealingVault
from sandbox import MovableClock, Sandbox
from sandbox.cast import HOME
from sandbox.messages import Message
from sandbox.timing import Timing
from storage.chain import verify_chain
from storage.engine import Database
from tests.access.world import Town as Everybody
from tests.checking import add_resource_server
from tests.crash.dice import Dice
from tests.crash.nursery import Nursery
from tests.crash.season import PATIENT
from tests.fakes import CountingRandom
from tests.manifest import our_manifest
from tests.year.checker import complaints
from tests.year.journal import Journal
from tests.year.place import Place
from tests.year.replica import Replica
from tests.year.reporter import Reporter
from tests.year.town import settle
from tests.year.year import Deed, Year

BEGINS: Final = datetime(2026, 8, 31, 6, 0, tzinfo=UTC)
"""Half a year after the last day of August is the last of February, and clocks change three times in that year."""


@asynccontextmanager
async def year_in(
    home: Nursery,
    place: Place,
    folder: Path,
    keyring_file: Path,
    *,
    number: int = 0,
    replicas: int,
    seed: int,
    parties: int,
    months: int = 6,
) -> AsyncIterator[Year]:
    """Set everything up; the bot is not alive yet. `number`: of the workspace, as several may share a place."""
    clock, random = MovableClock(BEGINS), CountingRandom(seed)
    keyring = load_keyring(keyring_file)
    vault = SealingVault(keyring, random)
    timing = Timing(acknowledge_within=PATIENT.acknowledge_within, trigger_lives=PATIENT.trigger_lives)
    seal = ChainSeal(keyring)
    database = await Database.open(place.url, seal=seal, random=random, hash_reason=vault.hash_reason)
    directory, lookalikes, policy = Everybody(), UnicodeLookalikes(), Policy()
    ports = Ports(
        database.write, database.read, clock, random, vault, directory, lookalikes, policy, database, AgeKeys()
    )
    team = replace(HOME, id=f"{HOME.id[:-2]}{number:02}")
    async with (
        await Sandbox.start(manifest=our_manifest(), clock=clock, timing=timing, team=team) as slack,
        ClientSession() as session,
    ):
        town = settle(slack, parties)
        reporter, dice = Reporter(slack, Journal(town.zones, months=months)), Dice(seed)
        bots, verify = (
            [Replica() for _ in range(replicas)],
            partial(verify_chain, database, WorkspaceId(slack.team_id), seal),
        )
        asker = mint(CLIENT_SECRET_PREFIX, number.to_bytes(32))
        year = Year(slack, home, bots, place, folder, keyring_file, dice, town, reporter, ports, verify, asker, session)

        async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            year._calls.put_nowait((reader, writer))

        messages = town.admins[0].client.space.messages
        post, update = messages.post, messages.update

        def posted(*given: Any, **more: Any) -> Message:
            message = post(*given, **more)
            year.see(message, is_new=True)
            return message

        def updated(message: Message, content: dict[str, Any]) -> None:
            update(message, content)
            year.see(message, is_new=False)

        server = await asyncio.start_unix_server(answered, folder / "control")
        with (
            patch.object(messages, "post", posted),
            patch.object(messages, "update", updated),
            patch.object(slack.faults, "take", year.watch(slack.faults.take)),
            year.ambush.beside(slack),
        ):
            try:
                async with place.in_order:
                    await add_resource_server(year.workspace, ports, asker)
                yield year
            finally:
                place.onlookers.remove(year.disturbed)
                for each in year.replicas:
                    if each.is_alive:
                        each.kill()
                        await each.ended
                    each.hang_up()
                year.database.close()
                server.close()
                await database.close()


def _ways_to_restart(place: Place, count: int) -> list[tuple[str, Deed]]:
    return [("crashed", place.crash) if number % 2 else ("restarted", place.restart) for number in range(count)]


async def live(year: Year, days: int, kills: int, cuts: int = 0, restarts: int = 0) -> list[str]:
    """Live through it; return what is wrong."""
    end = year.now + timedelta(days=days)
    year.plan_kills(kills, end)
    year.look_every = timedelta(hours=12)
    year.after(year.fault, hours=30)
    for _ in range(max(1, days // 120)):
        year.at(year.now + timedelta(days=year.dice.share() * days), year.outage)
    for what, how in [("cut", year.place.cut)] * cuts + _ways_to_restart(year.place, restarts):
        year.at(year.now + timedelta(days=year.dice.share() * days), year.disturb(what, how))
    await year.look()
    await year.pass_until(end)
    await year._struck
    year.slack.faults.clear()
    year.hear()
    (year.folder / "journal.pickle").write_bytes(pickle.dumps((year.journal, year.now)))
    async with year.place.in_order:
        verified = await year.verify()
    broken = [f"chain: {verified}"] if verified.wrong is not None or not verified.count else []
    found = complaints(year.journal, year.now)
    return [*broken, *found, *year.reporter.complaints, *year.reporter.misread(year.database)]
