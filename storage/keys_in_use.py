"""Which keys of the keyring a database needs. Every workspace's together: a keyring belongs to the whole file."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import LargeBinary, Select, and_, func, select, union, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from access.model.audit import KEYS_ROTATED
from storage.tables import audit, audit_checkpoints, sealed_credentials, tokens
from storage.uninterrupted import uninterrupted

_KEY_ID_LENGTH: Final = 8
_OFFERS: Final = union(  # once, where both values were sealed with the same key
    *(
        select(
            func.substr(column, 2, _KEY_ID_LENGTH, type_=LargeBinary).label("key"), *sealed_credentials.primary_key
        ).where(column.is_not(None))
        for column in (sealed_credentials.c.client_secret, sealed_credentials.c.bearer)
    )
).subquery()
_SEALED: Final = select(_OFFERS.c.key, func.count()).group_by(_OFFERS.c.key)
_ROTATIONS: Final = select(audit.c.workspace, audit.c.details).where(audit.c.action == KEYS_ROTATED)
_LAST_PRUNED: Final = select(audit_checkpoints.c.workspace, audit_checkpoints.c.mac)
_MACS: Final = union_all(select(audit.c.mac), select(audit_checkpoints.c.signature)).subquery()
_BEGINNING: Final = func.substr(_MACS.c.mac, 1, _KEY_ID_LENGTH, type_=LargeBinary)
_CHAINED: Final = select(_BEGINNING, func.count()).group_by(_BEGINNING)


def _keyed(now: datetime) -> Select[Any]:
    live = and_(tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None), tokens.c.expires_at > now)
    known = select(tokens.c.digest_key, func.count()).where(tokens.c.digest_key.is_not(None), live)
    return known.group_by(tokens.c.digest_key)


@dataclass(frozen=True, slots=True)
class KeysInUse:
    """By key id: how many offers were sealed with it and wait to be opened, and how many audit records it chained.

    A checkpoint counts as a record: it takes the place of one.
    `tokens`: how many that were made elsewhere and have not ended are known by a digest that only this key makes. A
    value that was cut so that it names no key is left out.
    """

    offers: dict[str, int]
    records: dict[str, int]
    tokens: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all of them, in order."""
        return sorted(self.offers.keys() | self.records.keys() | self.tokens.keys())

    def without(self, *, opening: Collection[str], verifying: Collection[str]) -> "KeysInUse":
        """Return what is left for which there is no key among those that open offers, or that verify records."""
        return KeysInUse(
            {key: count for key, count in self.offers.items() if key not in opening},
            {key: count for key, count in self.records.items() if key not in verifying},
            {key: count for key, count in self.tokens.items() if key not in opening},
        )


async def read_keys_in_use(connection: AsyncConnection, now: datetime) -> KeysInUse:
    """Look at the first bytes of everything that a key was used for.

    What is sealed begins with a byte for its version and the key's id, a record's MAC with the key's id
    (`access.ports.machine`: Vault, AuditSeal). The audit trail is read from end to end: a second for a million records.

    Args:
        connection: one that reads.
        now: when a token that expires later has not ended.
    """
    offers = await uninterrupted(connection.execute(_SEALED))
    records = await uninterrupted(connection.execute(_CHAINED))
    known = await uninterrupted(connection.execute(_keyed(now)))
    return KeysInUse(_by_key(offers.all()), _by_key(records.all()), {str(key): int(count) for key, count in known})


async def read_rotations(connection: AsyncConnection) -> Collection[tuple[str, str]]:
    """Return which workspace's audit trail says of which key that it became the first.

    Where the record that said so was pruned, the last one that was chained after it has that key.

    Args:
        connection: one that reads.
    """
    found = await uninterrupted(connection.execute(_ROTATIONS))
    said = {(row.workspace, str(row.details.get("key"))) for row in found if isinstance(row.details, dict)}
    pruned = await uninterrupted(connection.execute(_LAST_PRUNED))
    return said | {(row.workspace, row.mac[:_KEY_ID_LENGTH].decode("ascii", "replace")) for row in pruned}


def _by_key(rows: Iterable[Any]) -> dict[str, int]:
    return {head.decode(): count for head, count in rows if len(head) == _KEY_ID_LENGTH and head.isalnum()}
