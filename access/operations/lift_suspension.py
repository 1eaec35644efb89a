"""Decide that a dispute was a mistake."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.token import Token
from access.operations.command import OnToken, operation
from access.operations.succession import plan_retirement, start_overlap
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftSuspension(OnToken):
    """An admin presses *It was a mistake*."""


@operation("lift_suspension")
async def lift_suspension(cmd: LiftSuspension, ports: Ports) -> Token:
    """Let a suspended token work again. If it is to replace another one, their overlap begins anew.

    Raises: NotPermitted, TokenNotFound, TokenNotSuspended, ThirdPartyNotFound.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        token = await uow.tokens.get(cmd.token)
        await uow.third_parties.get(token.third_party)
        lifted, news = token.lift_suspension(now)
        uow.record(actor, news, at=now)
        await plan_retirement(uow, ports, lifted, now=now)
        await start_overlap(uow, ports, lifted, actor=actor, now=now)
        await uow.commit()
    return lifted
