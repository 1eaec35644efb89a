"""Which keys of the keyring a database needs. Every workspace's together: a keyring belongs to the whole file."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from access.model.audit import KEYS_ROTATED
from storage.tables import audit, audit_checkpoints, tokens
from storage.uninterrupted import uninterrupted

_KEY_ID_LENGTH: Final = 8
_SEALED: Final = (
    "SELECT key, count(*) FROM ("
    "SELECT substr(client_secret, 2, 8) AS key, workspace, token FROM sealed_credentials "
    "WHERE client_secret IS NOT NULL "
    "UNION SELECT substr(bearer, 2, 8), workspace, token FROM sealed_credentials) GROUP BY key"
)
_KEYED: Final = select(tokens.c.digest_key, tokens.c.expires_at).where(
    tokens.c.digest_key.is_not(None), tokens.c.revoked_at.is_(None), tokens.c.retired_at.is_(None)
)
_ROTATIONS: Final = select(audit.c.workspace, audit.c.details).where(audit.c.action == KEYS_ROTATED)
_LAST_PRUNED: Final = select(audit_checkpoints.c.workspace, audit_checkpoints.c.mac)
_CHAINED: Final = (
    "SELECT substr(mac, 1, 8), count(*) FROM ("
    "SELECT mac FROM audit UNION ALL SELECT signature FROM audit_checkpoints) GROUP BY 1"
)


@dataclass(frozen=True, slots=True)
class KeysInUse:
    """By key id: how many offers were sealed with it and wait to be opened, and how many audit records it chained.

    A checkpoint counts as a record: it takes the place of one.
    `tokens`: when those expire that were made elsewhere, were neither revoked nor retired, and are known by a digest
    that only this key makes. A value that was cut so that it names no key is left out.
    """

    offers: dict[str, int]
    records: dict[str, int]
    tokens: dict[str, list[datetime]] = field(default_factory=dict)

    def live_tokens(self, key_id: str, now: datetime) -> int:
        """Return how many tokens that have not ended hang on a key."""
        return sum(now < expires_at for expires_at in self.tokens.get(key_id, ()))

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all of them, in order."""
        return sorted(self.offers.keys() | self.records.keys())

    def without(self, *, opening: Collection[str], verifying: Collection[str]) -> "KeysInUse":
        """Return what is left for which there is no key among those that open offers, or that verify records."""
        return KeysInUse(
            {key: count for key, count in self.offers.items() if key not in opening},
            {key: count for key, count in self.records.items() if key not in verifying},
            {key: expiries for key, expiries in self.tokens.items() if key not in opening},
        )


async def read_keys_in_use(connection: AsyncConnection) -> KeysInUse:
    """Look at the first bytes of everything that a key was used for.

    What is sealed begins with a byte for its version and the key's id, a record's MAC with the key's id
    (`access.ports.Vault` and `AuditSeal`). The audit trail is read from end to end: a second for a million records.

    Args:
        connection: one that reads.
    """
    offers = await uninterrupted(connection.exec_driver_sql(_SEALED))
    records = await uninterrupted(connection.exec_driver_sql(_CHAINED))
    keyed = defaultdict[str, list[datetime]](list)
    for row in await uninterrupted(connection.execute(_KEYED)):
        keyed[row.digest_key].append(row.expires_at)
    return KeysInUse(_by_key(offers.all()), _by_key(records.all()), dict(keyed))


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
