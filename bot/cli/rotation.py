"""The steps of a rotation of keys. Each leaves everything readable, and goes on where another one was stopped."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from access.model.audit import KEYS_RETIRED, KEYS_ROTATED
from access.model.errors import CredentialsUnreadable
from access.model.ids import TokenId, WorkspaceId
from access.operations.change_keys import change_keys
from access.operations.offering import bearer_place, secret_place
from access.ports import Ports
from access.ports.machine import Random
from bot.cli.workplace import Workplace
from bot.errors import CommandError
from bot.keyring import Keyring, with_new_key, without_key
from bot.keyring_place import KeyringPlace, Replacement, read_keyring
from bot.vault import SealingVault
from storage.engine import Database
from storage.resealing import Reseal, SealedRow
from storage.resealing import Resealed as ResealedRow

_AT_ONCE: Final = 1_000
_ANYWHERE: Final = WorkspaceId(""), TokenId("")
_SECRET: Final = secret_place(*_ANYWHERE)
_BEARER: Final = bearer_place(*_ANYWHERE)
_PAUSE: Final = timedelta(milliseconds=5)
"""Between two transactions, so that whoever else wants to write comes to it."""


class NotRetired(CommandError):
    """A key cannot be retired."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many offers were sealed anew, and how many could not be opened, by key id and what is wrong with it."""

    count: int
    unopened: Mapping[tuple[str, str], int]


async def make_new_first(workplace: Workplace, place: KeyringPlace) -> None:
    """Put a new key first, and record it as the first record that is chained with it.

    Raises: KeyringError, KeyringChanged, CannotKeep.
    """
    new = Replacement(place, new_key_first(workplace.ports))

    async def change() -> None:
        new.put_in_place()

    workspaces = await workplace.database.workspaces()
    if not workspaces:
        await change()
    for workspace in workspaces[:1]:
        await _announce(workspace, new.keyring, change, workplace)
    await announce(workplace, new.keyring)


def new_key_first(ports: Ports) -> Callable[[str, str], str]:
    """Return what makes of a keyring one with a new first key."""
    return partial(with_new_key, now=ports.clock.now(), random=ports.random)


async def announce(workplace: Workplace, keyring: Keyring) -> bool:
    """Record in each workspace that its key was rotated, unless that was done; tell whether something was to do."""
    if len(keyring.audit_roots) == 1:
        return False
    known = await workplace.database.rotations()
    missing = [each for each in await workplace.database.workspaces() if (each, keyring.first.id) not in known]
    for workspace in missing:
        await _announce(workspace, keyring, _nothing, workplace)
    return bool(missing)


async def reseal_all(database: Database, keyring: Keyring, random: Random, advance: Callable[[int], None]) -> Resealed:
    """Seal anew, with the first key, what was sealed with another one. Raises CannotKeep; what is done stays done."""
    unopened = Counter[tuple[str, str]]()
    reseal = resealing(SealingVault(keyring, random), unopened)
    return Resealed(await reseal_each(database, keyring.first.id, reseal, advance, pause=_PAUSE), unopened)


async def reseal_each(
    database: Database, key_id: str, reseal: Reseal, advance: Callable[[int], None], *, pause: timedelta
) -> int:
    """Seal anew what was sealed with another key than that one, some rows at a time; return how many offers it was."""
    done, after = 0, ("", "")
    while rows := await database.sealed_otherwise(key_id, after=after, limit=_AT_ONCE):
        sealed = [(row, new) for row in rows if (new := reseal(row)) is not None]
        await database.put_resealed(sealed)
        done, after = done + len(sealed), (rows[-1].workspace, rows[-1].token)
        advance(done)
        await asyncio.sleep(pause.total_seconds())
    return done


def resealing(vault: SealingVault, unopened: Counter[tuple[str, str]]) -> Reseal:
    """Return what seals the two values of an offer anew, and counts those that cannot be opened."""

    def reseal(row: SealedRow) -> ResealedRow | None:
        given = [(_SECRET.column, row.client_secret), (_BEARER.column, row.bearer)]
        sealed = [(column, value) for column, value in given if value is not None]
        if not all(isinstance(value, bytes) for _, value in sealed):  # nobody of ours wrote that
            unopened["", "damaged"] += 1
            return None
        try:
            anew = vault.reseal(WorkspaceId(row.workspace), _SECRET.table, row.token, sealed)
        except CredentialsUnreadable as error:
            unopened[str(error.fields["key_id"] or ""), str(error.fields["problem"])] += 1
            return None
        return (anew[0] if len(anew) > 1 else None), anew[-1]

    return reseal


async def retire(workplace: Workplace, place: KeyringPlace, key_id: str) -> bool:
    """Take a key away from what opens, and record it; tell whether its part that verifies stays.

    Raises: NotRetired, KeyringError, KeyringChanged, CannotKeep.
    """
    new, verifies = await without(workplace, place, key_id)

    async def change() -> None:
        await _must_be_unused(workplace, key_id)
        new.put_in_place()

    workspaces = await workplace.database.workspaces()
    if not workspaces:
        await change()
    for place_among, workspace in enumerate(workspaces):
        step = _nothing if place_among else change
        await change_keys(workspace, KEYS_RETIRED, step, workplace.ports, key=key_id)
    return verifies


async def without(workplace: Workplace, place: KeyringPlace, key_id: str) -> tuple[Replacement, bool]:
    """Return the keyring without a key that opens nothing, and whether its part that verifies is still in it.

    Raises: NotRetired, KeyringError.
    """
    _must_be_old(read_keyring(place), key_id)
    await _must_be_unused(workplace, key_id)
    verifies = key_id in (await workplace.database.keys_in_use(workplace.ports.clock.now())).records
    return Replacement(place, partial(without_key, key_id=key_id, verifies=verifies)), verifies


def _must_be_old(keyring: Keyring, key_id: str) -> None:
    """Raise NotRetired for a key that is not one of the older ones."""
    if key_id == keyring.first.id:
        raise NotRetired(
            f"{key_id} is the key that seals. `thirdparty-bot keys rotate` makes another one first; then it can be "
            "retired."
        )
    if key_id in {key.id for key in keyring.retired}:
        raise NotRetired(f"{key_id} is retired already: it opens nothing, and verifies what it chained.")
    if key_id not in {key.id for key in keyring.keys}:
        raise NotRetired("The keyring has no key of that id: `thirdparty-bot keys list` shows those it has.")


async def _must_be_unused(workplace: Workplace, key_id: str) -> None:
    """Raise NotRetired while something is sealed with a key, or known by what it alone makes."""
    in_use = await workplace.database.keys_in_use(workplace.ports.clock.now())
    offers, tokens = in_use.offers.get(key_id, 0), in_use.tokens.get(key_id, 0)
    if offers:
        raise NotRetired(
            f"{offers:,} waiting offer(s) can be opened with {key_id} alone. `thirdparty-bot keys rotate` seals them "
            "anew; or wait until they lapse."
        )
    if tokens:
        raise NotRetired(
            f"Without {key_id}, {tokens:,} imported token(s) would not be recognised: what is kept of them cannot be "
            "made anew. Wait until they have expired, or renew them and retire the old ones."
        )


async def _announce(
    workspace: WorkspaceId, keyring: Keyring, change: Callable[[], Awaitable[None]], workplace: Workplace
) -> None:
    former = keyring.keys[1].id if len(keyring.keys) > 1 else keyring.retired[-1].id
    await change_keys(workspace, KEYS_ROTATED, change, workplace.ports, key=keyring.first.id, former=former)


async def _nothing() -> None:
    pass
