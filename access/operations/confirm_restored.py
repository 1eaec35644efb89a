"""Enable, after a restore, what was enabled when the backup was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.authority import Right, may, must_be_allowed
from access.model.errors import NothingToConfirm
from access.model.handoff import Handoff
from access.model.ids import ThirdPartyId
from access.model.restored import RestoredLine
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.command import Command, operation
from access.operations.succession import plan_retirements
from access.ports import Ports, Reading

PAGE: Final = 10
"""So many are shown at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRestored(Command):
    """Confirm the list of those that wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnconfirmed(Command):
    """A page of those that wait, from that one on; from the beginning, where it does not wait any more."""

    first: ThirdPartyId


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A page of those that wait, by name. `total`: of all; `following`: with which the next page begins."""

    lines: Sequence[RestoredLine]
    total: int
    following: ThirdPartyId | None
    now: datetime
    may_confirm: bool


async def restored_line(party: ThirdParty, reading: Reading, now: datetime) -> RestoredLine:
    """Read what there is to know about one."""
    tokens = await reading.tokens.of(party.id)
    newest = tokens[0] if tokens else None
    handoff = await reading.handoffs.find_of(newest.id) if newest else None
    return RestoredLine(
        party=party,
        contact=await reading.people.slack_of(party.contact) if party.contact else None,
        live=[token for token in tokens if token.is_live(now)],
        withdrawn=newest if newest is not None and _was_withdrawn(newest, handoff, party) else None,
    )


def _was_withdrawn(newest: Token, handoff: Handoff | None, party: ThirdParty) -> bool:
    if handoff is not None:
        return handoff.was_withdrawn_by_restore(party)
    return newest.collected_at is None and newest.revoked_at is not None and newest.revoked_at == party.restored_at


@operation("list_unconfirmed")
async def list_unconfirmed(cmd: ListUnconfirmed, ports: Ports) -> Unconfirmed:
    """Return a page of those that wait to be confirmed, by name. Raises NotPermitted, NothingToConfirm."""
    must_be_allowed(cmd.caller.role, Right.LOOK)
    now = ports.clock.now()
    async with ports.read(cmd.caller.workspace) as reading:
        parties = await reading.third_parties.awaiting_confirmation()
        if not parties:
            raise NothingToConfirm
        ids = [party.id for party in parties]
        start = ids.index(cmd.first) if cmd.first in ids else 0
        end = start + PAGE
        return Unconfirmed(
            lines=[await restored_line(party, reading, now) for party in parties[start:end]],
            total=len(parties),
            following=ids[end] if end < len(ids) else None,
            now=now,
            may_confirm=may(cmd.caller.role, Right.MANAGE),
        )


@operation("confirm_restored")
async def ask_to_confirm(cmd: ConfirmRestored, ports: Ports) -> Sequence[ThirdParty]:
    """Return those that `confirm_restored` would enable now, by name. Raises NotPermitted, NothingToConfirm."""
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    async with ports.read(cmd.caller.workspace) as reading:
        parties = await reading.third_parties.awaiting_confirmation()
    if not parties:
        raise NothingToConfirm
    return parties


@operation("confirm_restored")
async def confirm_restored(cmd: ConfirmRestored, ports: Ports) -> Sequence[ThirdParty]:
    """Enable exactly those that were enabled when the backup was made, unless somebody has decided about them since.

    Raises: NotPermitted, NothingToConfirm.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        waiting = await uow.third_parties.awaiting_confirmation()
        if not waiting:
            raise NothingToConfirm
        for party in waiting:
            confirmed, news = party.confirm(now)
            await uow.third_parties.save(confirmed)
            uow.record(actor, news, at=now)
            await plan_retirements(uow, ports, confirmed, now=now)
        await uow.commit()
    return waiting
