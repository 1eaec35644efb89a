"""A database of PostgreSQL behind a network that the test decides about."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from storage.engine import Database
from storage.postgres import PostgresBackend
from storage.postgres_connections import BOT, Patience
from storage.unit_of_work import Tools
from tests.fakes import CountingRandom, PlainSeal, plain_reason_hash
from tests.postgres import ask, make_empty
from tests.storage.proxy import Proxy, proxy_to
from tests.storage.rows import HERE, NOW, PARTY, keep_party, message, party


@dataclass
class Bench:
    """A database behind a proxy, and what was told of it."""

    url: str
    database: Database
    proxy: Proxy
    woken: list[None] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    async def write(self, name: str) -> None:
        async with self.database.write(HERE) as uow:
            await uow.third_parties.save(party(name))
            uow.plan(message(name), at=NOW)
            await uow.commit()

    async def works(self) -> None:
        """Do one of everything, at once."""
        async with asyncio.timeout(2):
            assert await self.database.look_up(b"", None) is None
            await self.database.probe()
            await self.write("Initech")
            assert await self.name() == "Initech"

    def connections(self) -> int:
        """How many the bot has, as the server sees it."""
        query = (
            f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{BOT}' AND datname = current_database()"
        )
        return int(ask(self.url, query)[0][0])

    def terminate(self) -> int:
        """Terminate every connection of the bot; returns how many they were."""
        query = f"""SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity
                    WHERE application_name = '{BOT}' AND datname = current_database()"""
        return int(ask(self.url, query)[0][0])

    async def name(self) -> str:
        async with self.database.read(HERE) as reading:
            return (await reading.third_parties.get(PARTY)).name


@asynccontextmanager
async def bench(url: str, patience: Patience | None = None, before: Proxy | None = None) -> AsyncIterator[Bench]:
    """One on the database of a URL, which is emptied. `before`: the way that is tried first."""
    await make_empty(url)
    async with proxy_to(url) as (proxy, through):
        both = through.replace(proxy.netloc, f"{before.netloc},{proxy.netloc}") if before else through
        place = f"{both}?target_session_attrs=read-write" if before else through
        tools = Tools(PlainSeal(), CountingRandom(), plain_reason_hash)
        database = Database(PostgresBackend(place, BOT, patience), tools)
        made = Bench(url, database, proxy)
        await keep_party(database)
        database.on_commit(lambda: made.woken.append(None))
        database.on_trouble(lambda trouble: made.alarms.append(trouble.code))
        yield made
        await database.close()
