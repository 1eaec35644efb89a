"""The operations over a real database file, with a Slack directory that the test decides about."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from access.model.contact_key import EncryptedCredentials
from access.model.credentials import Credentials
from access.model.ids import ReasonHash, WorkspaceId
from access.model.messages import MessageKind
from access.model.people import Caller, Role, SlackPerson, SlackUser
from access.model.policy import Policy
from access.model.secret import Secret
from access.operations.deliver_messages import claim_messages, note_posted, note_undeliverable
from access.ports import Ports
from access.ports.machine import KeyedDigest, Place, Random, Vault
from bot.age_keys import AgeKeys
from bot.keyring import load_keyring, make_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.vault import ChainSeal, SealingVault
from storage.engine import Database
from storage.tables import metadata
from tests.crash.truths import complaints
from tests.databases import make_database
from tests.fakes import CountingRandom, FrozenClock
from tests.kinds import Kind
from tests.postgres import ask, copy_into, make_empty, own_database

TEAM = WorkspaceId("T0SANDBOX")
_WITHOUT_RULES: Final = "DROP TRIGGER audit_refuses_update; DROP TRIGGER audit_refuses_delete;"


def in_clear(shown: Credentials | EncryptedCredentials) -> Credentials:
    """What somebody without a key was shown."""
    assert isinstance(shown, Credentials)
    return shown


@dataclass
class Town:
    """A directory: who is who, changed by the test at will."""

    people: dict[str, SlackPerson] = field(default_factory=dict)
    org: str = TEAM

    async def look_up(self, user_id: str) -> SlackPerson | None:
        return self.people.get(user_id)

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        return await self.look_up(user_id)

    async def admins(self) -> Sequence[SlackUser]:
        return [person.slack for person in self.people.values() if person.role is Role.ADMIN]

    def settle(self, user_id: str, role: Role, *, is_guest: bool = False) -> None:
        slack = SlackUser(user_id, self.org)
        self.people[user_id] = SlackPerson(slack, role, is_guest=is_guest, time_zone="Europe/Berlin")

    def change(self, user_id: str, *, is_deactivated: bool) -> None:
        self.people[user_id] = replace(self.people[user_id], is_deactivated=is_deactivated)


@dataclass
class WatchedVault:
    """The real vault, remembering each secret that was sealed so that a test can look for it."""

    vault: Vault
    sealed: dict[str, list[Secret]] = field(default_factory=dict)

    def seal(self, secret: Secret, place: Place) -> bytes:
        self.sealed.setdefault(place.row, []).append(secret)
        return self.vault.seal(secret, place)

    def open(self, sealed: bytes, place: Place) -> Secret:
        return self.vault.open(sealed, place)

    def hash_reason(self, workspace: WorkspaceId, text: str) -> ReasonHash:
        return self.vault.hash_reason(workspace, text)

    def keyed_digest(self, workspace: WorkspaceId, secret: Secret) -> KeyedDigest:
        return self.vault.keyed_digest(workspace, secret)

    def keyed_digests(self, workspace: WorkspaceId, secret: Secret) -> Sequence[KeyedDigest]:
        return self.vault.keyed_digests(workspace, secret)


@dataclass
class World:
    """Everything an operation needs, and what a test wants to look at."""

    file: Path
    database: Database
    ports: Ports
    clock: FrozenClock
    town: Town
    vault: WatchedVault
    seal: ChainSeal
    workspace: WorkspaceId = TEAM

    @classmethod
    async def make(
        cls,
        folder: Path,
        policy: Policy | None = None,
        *,
        seed: int = 0,
        workspace: WorkspaceId = TEAM,
        random: Random | None = None,
        clock: FrozenClock | None = None,
    ) -> "World":
        """A new world; or, in a folder that holds one already, that one again, with another `seed`.

        `random` takes the place of one with that seed, and `clock` that of one of its own.
        """
        random, clock = random or CountingRandom(seed), clock or FrozenClock()
        is_new = not (folder / "keyring").exists()  # a test may go on with what an earlier world left
        if is_new:
            make_keyring(folder / "keyring", now=clock.now(), random=random)
        keyring = load_keyring(folder / "keyring")
        seal, vault = ChainSeal(keyring), WatchedVault(SealingVault(keyring, random))
        file = folder / "thirdparty.db"
        database = await Database.open(
            await _place(file, is_new=is_new), seal=seal, random=random, hash_reason=vault.hash_reason
        )
        lookalikes, policy = UnicodeLookalikes(), policy or Policy()
        town = _settled(Town(org=workspace))
        ports = Ports(
            database.write, database.read, clock, random, vault, town, lookalikes, policy, database, AgeKeys()
        )
        return cls(file, database, ports, clock, town, vault, seal, workspace)

    def beside(self, workspace: WorkspaceId) -> "World":
        """Another workspace of the same bot, with people of its own. Closing either closes the database of both."""
        town, vault = _settled(Town(org=workspace)), WatchedVault(self.vault.vault)
        ports = replace(self.ports, directory=town, vault=vault)
        return replace(self, ports=ports, town=town, vault=vault, workspace=workspace)

    async def close(self) -> None:
        await self.database.close()

    async def end(self) -> None:
        """Close it, and see whether everything in its database is true together, where that is a file."""
        await self.close()
        if not Kind.postgres:
            with closing(sqlite3.connect(self.file)) as database:
                assert list(complaints(database)) == []

    @staticmethod
    async def bring_over(folder: Path) -> None:
        """Have the world of a folder where tests have theirs, if that is elsewhere."""
        if Kind.postgres:
            await copy_into(await asyncio.to_thread(own_database), folder / "thirdparty.db")

    def caller(self, user_id: str) -> Caller:
        person = self.town.people[user_id]
        return Caller(self.workspace, person.slack, person.role)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what is in the database, asked past the bot."""
        if not Kind.postgres:
            with closing(sqlite3.connect(self.file)) as connection, connection:
                return connection.execute(query).fetchall()
        return ask(own_database(), query)

    def tamper(self, statement: str) -> None:
        """Change the audit trail, as somebody does who takes the database's rules about it out of the way."""
        if not Kind.postgres:
            with closing(sqlite3.connect(self.file)) as connection:
                connection.executescript(f"{_WITHOUT_RULES} {statement}")
            return
        self.rows("ALTER TABLE audit DISABLE TRIGGER USER")
        try:
            self.rows(statement)
        finally:
            self.rows("ALTER TABLE audit ENABLE TRIGGER USER")

    def everything(self, *tables: str) -> Sequence[Sequence[tuple[Any, ...]]]:
        """Return all that is in some tables, or in the whole database."""
        return [self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables or metadata.tables]

    def count_records(self) -> int:
        ((count,),) = self.rows("SELECT count(*) FROM audit")
        return int(count)

    async def deliver(self, *, introductions_arrive: bool = True) -> list[MessageKind]:
        """Post whatever is due, as the relay would; return what was posted."""
        claimed, _ = await claim_messages(self.workspace, self.ports, lease=timedelta(minutes=2), limit=1_000)
        for queued in claimed:
            if queued.message.kind is MessageKind.INTRODUCTION and not introductions_arrive:
                await note_undeliverable(queued, "user_disabled", self.ports)
            else:
                await note_posted(queued, "D1", "1.0", self.ports)
        return [queued.message.kind for queued in claimed]


async def _place(file: Path, *, is_new: bool) -> str:
    """Return the URL of a world's database, made if the world is new."""
    if not Kind.postgres:
        if not file.exists():
            await make_database(file)
        return f"sqlite:///{file}"
    url = await asyncio.to_thread(own_database)
    if is_new:
        await make_empty(url)
    return url


def _settled(town: Town) -> Town:
    for user_id, role in {
        "UANNA": Role.ADMIN,
        "UBEN": Role.ADMIN,
        "UMIA": Role.MEMBER,
        "UOMAR": Role.MEMBER,
    }.items():
        town.settle(user_id, role)
    for user_id in ("UCARLA", "UERIK"):
        town.settle(user_id, Role.OUTSIDER, is_guest=True)
    return town
