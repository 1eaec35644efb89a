"""The audit trail of one workspace: append-only, and chained so that a change, a removal or a re-ordering shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam

from access.model.audit import AuditEntry, canonical
from access.model.checkpoint import Checkpoint
from access.model.ids import PersonId, ThirdPartyId
from access.ports import AuditLine
from access.ports.machine import AuditSeal
from storage.repositories.entities import values_of
from storage.scope import LIMIT, Scope, selecting, updating
from storage.tables import audit, audit_checkpoints, audit_heads


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: of a time, from `since` on and before `until`; about a third party; by some people."""

    since: datetime | None = None
    until: datetime | None = None
    third_party: ThirdPartyId | None = None
    actors: Sequence[PersonId] | None = None


EVERY: Final = Wanted()

_HEAD: Final = selecting(audit_heads)
_MOVING_HEAD: Final = updating(audit_heads)
_ONCE: Final = selecting(audit, audit.c.number).where(audit.c.once_key == bindparam("once_key"))
_ABOUT: Final = (
    selecting(audit).where(audit.c.third_party == bindparam("third_party")).order_by(audit.c.number.desc()).limit(LIMIT)
)


class CheckpointUntrue(ValueError):
    """The note of where the records begin is not the program's. `key_id`: of the key to tell by, if it is missing."""

    def __init__(self, key_id: str | None) -> None:
        super().__init__("that is no checkpoint")
        self.key_id = key_id


class AuditTrail:
    """The records of one workspace."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def append(self, entries: Sequence[AuditEntry], seal: AuditSeal) -> None:
        """Add records to the chain. One whose `once_key` is there already is left out."""
        if not entries:
            return
        head = await self.head()
        before, mac = head or (0, b"")
        number = before
        rows: list[dict[str, Any]] = []
        once = set[str]()
        for entry in entries:
            if entry.once_key is not None:
                if entry.once_key in once or await self._has(entry.once_key):
                    continue
                once.add(entry.once_key)
            number += 1
            mac = seal.mac(mac, canonical(self._scope.workspace, number, entry))
            rows.append(_row(number, entry, mac))
        if not rows:  # nobody makes us write by being refused again
            return
        await self._scope.insert_all(audit, rows)
        if head:
            await self._scope.run(_MOVING_HEAD, number=number, mac=mac)
        else:
            await self._scope.insert(audit_heads, number=number, mac=mac)

    async def about(self, third_party: ThirdPartyId, limit: int) -> Sequence[AuditLine]:
        """Return the newest records about a third party, newest first."""
        return [_line(row) for row in await self._scope.run(_ABOUT, third_party=third_party, limit=limit)]

    async def head(self) -> tuple[int, bytes] | None:
        """Return number and MAC of the last record, as they were noted apart from it; None before the first.

        Raises: TypeError, if somebody else has noted something else.
        """
        row = await self._scope.run_first(_HEAD)
        if row is None:
            return None
        if not (isinstance(row.number, int) and isinstance(row.mac, bytes)):
            raise TypeError("that is no head")
        return row.number, row.mac

    async def checkpoint(self, seal: AuditSeal) -> Checkpoint | None:
        """Return where the records begin; None where none were pruned.

        Raises: CheckpointUntrue; what a value raises that this program never wrote.
        """
        row = await self._scope.first(self._scope.select(audit_checkpoints))
        if row is None:
            return None
        checkpoint = Checkpoint(row.number, row.mac, row.until, row.at)
        if not seal.verify(checkpoint.mac, checkpoint.covered(self._scope.workspace), row.signature):
            raise CheckpointUntrue(seal.missing_key(row.signature))
        return checkpoint

    async def begins_after(self, number: int) -> bool:
        """Tell whether it is noted that a record was pruned. Whether that is true is for `checkpoint` to tell."""
        noted = self._scope.select(audit_checkpoints).where(audit_checkpoints.c.number >= number)
        return await self._scope.first(noted) is not None

    async def last_before(self, at: datetime) -> int | None:
        """Return the number of the newest record that was made before an instant, if there is one."""
        earlier = self._scope.select(audit, audit.c.number).where(audit.c.at < at)
        row = await self._scope.first(earlier.order_by(audit.c.number.desc()))
        return row.number if row else None

    async def following(
        self, number: int | None, limit: int, wanted: Wanted = EVERY
    ) -> Sequence[tuple[AuditLine, bytes]]:
        """Return the records after one, or from the first on, in order, each with its MAC; or those that are wanted."""
        later = self._scope.select(audit).order_by(audit.c.number).limit(limit)
        if number is not None:
            later = later.where(audit.c.number > number)
        if wanted.since is not None:
            later = later.where(audit.c.at >= wanted.since)
        if wanted.until is not None:
            later = later.where(audit.c.at < wanted.until)
        if wanted.third_party is not None:
            later = later.where(audit.c.third_party == wanted.third_party)
        if wanted.actors is not None:
            later = later.where(audit.c.actor.in_(wanted.actors))
        return [
            (_line(row), row.mac if isinstance(row.mac, bytes) else b"") for row in await self._scope.execute(later)
        ]

    async def _has(self, once_key: str) -> bool:
        return await self._scope.run_first(_ONCE, once_key=once_key) is not None


def _row(number: int, entry: AuditEntry, mac: bytes) -> dict[str, Any]:
    return {"number": number, **values_of(entry), "details": dict(entry.details), "mac": mac}


def _line(row: Row[Any]) -> AuditLine:
    return AuditLine(
        row.number,
        AuditEntry(row.at, row.actor, row.action, row.third_party, row.outcome, row.details, row.once_key),
    )
