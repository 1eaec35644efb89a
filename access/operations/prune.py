"""Forget for good what is long finished, as far as the organisation wants that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from access.model.ids import WorkspaceId
from access.model.retention import Finished, entry_of_pruned_records, entry_of_pruned_rows, kept_since
from access.ports import Ports

_ROWS: Final = 50
_RECORDS: Final = 500
"""So many at once: so long somebody waits who wants to write meanwhile."""


async def prune(workspace: WorkspaceId, ports: Ports) -> None:
    """Prune what was finished before `kept_since`, and the audit records of that time.

    Each step is a short transaction of its own, so that nobody waits, and says in the audit trail what went. Where one
    was the last before the program ended, the next run goes on.

    Raises: TrailDoesNotFit: then nothing of the trail is pruned, which would hide what was done to it.
    """
    if ports.policy.retention_months is None:
        return
    before = kept_since(ports.clock.now(), ports.policy.retention_months)
    for kind in Finished:
        if kind is not Finished.REASON:
            await _prune_rows(kind, before, workspace, ports)
    await _prune_trail(before, workspace, ports)
    await _prune_rows(Finished.REASON, before, workspace, ports)
    await _prune_switched(before, workspace, ports)
    await _prune_people(workspace, ports)


async def _prune_rows(kind: Finished, before: datetime, workspace: WorkspaceId, ports: Ports) -> None:
    after = ""
    while True:
        async with ports.read(workspace) as reading:
            found = await reading.history.finished(kind, before, _ROWS, after)
        if not found:
            return
        async with ports.write(workspace) as uow:
            gone = await uow.history.delete(kind, found, before)
            if gone:
                uow.enter(entry_of_pruned_rows(kind, [*gone], ports.clock.now()))
            await uow.commit()
        after = found[-1]


async def _prune_trail(before: datetime, workspace: WorkspaceId, ports: Ports) -> None:
    """Announce in the trail up to where it is pruned, and prune it."""
    async with ports.read(workspace) as reading:
        until = await reading.pruning.last_older(before)
    now = ports.clock.now()
    if until:
        async with ports.write(workspace) as uow:
            announced = await uow.pruning.announce(until, now)
            if announced:
                uow.enter(entry_of_pruned_records(until, announced, now))
            await uow.commit()
    while True:
        async with ports.write(workspace) as uow:
            if not await uow.pruning.prune(_RECORDS):
                return
            await uow.commit()


async def _prune_switched(before: datetime, workspace: WorkspaceId, ports: Ports) -> None:
    async with ports.write(workspace) as uow:
        await uow.history.delete_switched(before)
        await uow.commit()


async def _prune_people(workspace: WorkspaceId, ports: Ports) -> None:
    """Forget the accounts of people whom nothing refers to, the audit trail included."""
    strangers, last = await _strangers(workspace, ports)
    for start in range(0, len(strangers), _ROWS):
        some = strangers[start : start + _ROWS]
        async with ports.write(workspace) as uow:
            named, number = set[str](), last
            while number is not None:  # what was written since
                number, further = await uow.pruning.named_after(number)
                named.update(further)
            gone = await uow.history.delete_strangers([each for each in some if each not in named])
            if gone:
                uow.enter(entry_of_pruned_rows("person", [*gone], ports.clock.now()))
            await uow.commit()


async def _strangers(workspace: WorkspaceId, ports: Ports) -> tuple[Sequence[str], int | None]:
    """Return whom nothing refers to, and the number of the last record that was looked at."""
    strangers, after = dict[str, None](), ""
    while True:
        async with ports.read(workspace) as reading:
            found = await reading.history.strangers(_ROWS, after)
        if not found:
            break
        strangers |= dict.fromkeys(found)
        after = found[-1]
    last: int | None = None
    if not strangers:  # or the whole trail is read for nobody
        return [], None
    while True:
        async with ports.read(workspace) as reading:
            number, named = await reading.pruning.named_after(last)
        if number is None:
            return list(strangers), last
        for name in named:
            strangers.pop(name, None)
        last = number
