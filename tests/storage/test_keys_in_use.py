"""Which keys a database needs, as the real vault and the real chain wrote it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access.model.audit import AuditEntry
from access.model.ids import TokenId, WorkspaceId
from access.model.secret import Secret
from access.model.token import TokenOrigin
from access.ports.machine import Place
from bot.keyring import Key, Keyring, Root
from bot.vault import ChainSeal, SealingVault
from storage.engine import Database
from storage.keys_in_use import KeysInUse
from tests.fakes import CountingRandom
from tests.storage.rows import HERE, NOW, THERE, handoff, keep_party, token

OLD, NEW = "aaaaaaaa", "bbbbbbbb"
Open = Callable[..., Any]


def keyring(*ids: str) -> Keyring:
    return Keyring([Key(key_id, NOW, Root(key_id.encode() * 4), Root(key_id.upper().encode() * 4)) for key_id in ids])


@pytest.fixture
def no_statement_without_workspace() -> None:
    """But for these: a keyring belongs to the whole file."""


@pytest.fixture
def opened(file: Path) -> Open:
    @asynccontextmanager
    async def open_with(*ids: str) -> AsyncIterator[tuple[Database, SealingVault]]:
        vault = SealingVault(keyring(*ids), CountingRandom(len(ids)))
        seal = ChainSeal(keyring(*ids))
        database = await Database.open(
            f"sqlite:///{file}", seal=seal, random=CountingRandom(len(ids)), hash_reason=vault.hash_reason
        )
        await database.migrate()
        yield database, vault
        await database.close()

    return open_with


async def offer(database: Database, vault: SealingVault, workspace: WorkspaceId, name: str) -> None:
    async with database.write(workspace) as uow:
        places = [Place(workspace, "sealed_credentials", name, column) for column in ("client_secret", "bearer")]
        sealed_secret, sealed_bearer = (vault.seal(Secret(name), place) for place in places)
        await uow.tokens.add(token(id=TokenId(name)))
        await uow.handoffs.add(handoff(id=name, token=TokenId(name)))
        await uow.sealed.put(TokenId(name), client_secret=sealed_secret, bearer=sealed_bearer)
        uow.enter(AuditEntry(NOW, None, "issue_token", None, "refused", {}, None))
        await uow.commit()


async def test_a_new_database_needs_none(opened: Open) -> None:
    async with opened(NEW) as (database, _):
        assert await database.keys_in_use(NOW) == KeysInUse({}, {})


async def test_every_key_that_sealed_or_chained_something_is_found_with_how_much(opened: Open) -> None:
    async with opened(OLD) as (database, vault):
        await keep_party(database)
        await keep_party(database, workspace=THERE)
        await offer(database, vault, HERE, "first")
    async with opened(NEW, OLD) as (database, vault):
        await offer(database, vault, THERE, "second")
        assert await database.keys_in_use(NOW) == KeysInUse({OLD: 1, NEW: 1}, {OLD: 1, NEW: 1})
        async with database.write(HERE) as uow:
            await uow.sealed.discard(TokenId("first"))
            await uow.commit()
        assert await database.keys_in_use(NOW) == KeysInUse({NEW: 1}, {OLD: 1, NEW: 1})


async def test_a_key_is_missed_on_which_only_a_token_hangs_that_was_made_elsewhere(opened: Open) -> None:
    made = {"origin": TokenOrigin.MIGRATED, "digest_key": OLD, "issued_by": None, "collected_at": NOW}
    async with opened(NEW) as (database, _):
        await keep_party(database)
        async with database.write(HERE) as uow:
            live = token(id=TokenId("live"), **made)
            await uow.tokens.add(live)
            await uow.tokens.add(
                replace(live, id=TokenId("ended"), token_digest=b"e" * 32, secret_digest=None, revoked_at=NOW)
            )
            await uow.commit()
        in_use = await database.keys_in_use(NOW)
        assert in_use == KeysInUse({}, {}, {OLD: 1})
        assert in_use.without(opening=[NEW], verifying=[NEW]).ids == [OLD]
        assert (await database.keys_in_use(live.expires_at)).ids == []


async def test_what_names_no_key_is_left_out(opened: Open) -> None:
    async with opened(NEW) as (database, vault):
        await keep_party(database)
        await offer(database, vault, HERE, "first")
        async with database.write(HERE) as uow:
            await uow.sealed.discard(TokenId("first"))
            await uow.sealed.put(
                TokenId("first"), client_secret=b"\x01cut", bearer=b"\x01\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"
            )
            await uow.commit()
        assert (await database.keys_in_use(NOW)).offers == {}
