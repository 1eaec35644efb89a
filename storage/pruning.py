"""The beginning of the audit trail: its oldest records, which may be pruned if they are as they were written."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func

from access.model.audit import AuditEntry, canonical
from access.model.checkpoint import Checkpoint
from access.ports import TrailDoesNotFit
from access.ports.machine import AuditSeal
from storage.repositories.audit import AuditTrail
from storage.repositories.entities import values_of
from storage.scope import Scope
from storage.tables import audit, audit_checkpoints
from storage.trail_reading import UNREADABLE, following


class PruningRows:
    """The port `Pruning`."""

    def __init__(self, scope: Scope, seal: AuditSeal) -> None:
        self._scope = scope
        self._seal = seal
        self._trail = AuditTrail(scope)

    async def last_older(self, before: datetime) -> int:
        """Return the number of the last record of those that are all older; 0 where there is none."""
        young = self._scope.select(audit, func.min(audit.c.number)).where(audit.c.at >= before)
        first_young = (await self._scope.execute(young)).scalar()
        return first_young - 1 if first_young else await self._last()

    async def announce(self, until: int, at: datetime) -> int:
        """Note that the trail is pruned up to that number; return how many records that are. Raises TrailDoesNotFit."""
        noted = await self._checkpoint()
        before = noted or Checkpoint(0, b"", 0, at)
        if until <= before.until:
            return 0
        values = self._signed(replace(before, until=until, at=at))
        if noted is None:
            await self._scope.insert(audit_checkpoints, **values)
        else:
            await self._scope.execute(self._scope.update(audit_checkpoints).values(**values))
        return until - before.until

    async def prune(self, limit: int) -> int:
        """Prune some of what was announced, if it fits; return how many records. Raises TrailDoesNotFit."""
        before = await self._checkpoint()
        if before is None or before.number == before.until:
            return 0
        upto = await self._fitting(before, min(before.number + limit, before.until))
        await self._scope.execute(self._scope.update(audit_checkpoints).values(**self._signed(upto)))
        await self._scope.execute(self._scope.delete(audit).where(audit.c.number <= upto.number))
        return upto.number - before.number

    async def named_after(self, number: int | None) -> tuple[int | None, Collection[str]]:
        """Return which ids some records after that one name, and the number of the last of these; None in the end."""
        records = await following(self._trail, number)
        if not records:
            return None, ()
        names = set[str]()
        for line, _ in records:
            if line is None or not isinstance(line.entry.details, dict):
                raise TrailDoesNotFit((number or 0) + 1)
            number = line.number
            names.update(_named(line.entry))
        return number, names

    async def _checkpoint(self) -> Checkpoint | None:
        try:
            return await self._trail.checkpoint(self._seal)
        except UNREADABLE:
            raise TrailDoesNotFit(1) from None

    async def _fitting(self, before: Checkpoint, until: int) -> Checkpoint:
        """Walk on from a checkpoint up to a record and return the checkpoint there. Raises TrailDoesNotFit."""
        number, mac = before.number, before.mac
        while number < until:
            records = await following(self._trail, number)
            for line, its_mac in records[: until - number]:
                number += 1
                if line is None or line.number != number or not self._follows(mac, number, line.entry, its_mac):
                    raise TrailDoesNotFit(number)
                mac = its_mac
            if not records:
                raise TrailDoesNotFit(number + 1)
        return replace(before, number=number, mac=mac)

    def _follows(self, before: bytes, number: int, entry: AuditEntry, mac: bytes) -> bool:
        if not isinstance(entry.details, dict):  # somebody else has written it
            return False
        try:
            covered = canonical(self._scope.workspace, number, entry)
        except UNREADABLE:
            return False
        return self._seal.verify(before, covered, mac)

    async def _last(self) -> int:
        return int((await self._scope.execute(self._scope.select(audit, func.max(audit.c.number)))).scalar() or 0)

    def _signed(self, checkpoint: Checkpoint) -> dict[str, object]:
        signature = self._seal.mac(checkpoint.mac, checkpoint.covered(self._scope.workspace))
        return {**values_of(checkpoint), "signature": signature}


def _named(entry: AuditEntry) -> Iterator[str]:
    if entry.actor is not None:
        yield entry.actor
    for value in entry.details.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from value
