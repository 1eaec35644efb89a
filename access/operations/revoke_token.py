"""Stop a token now."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.token import RevocationCause, Token, TokenState
from access.operations.command import OnToken, operation
from access.operations.offering import stop_token
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken(OnToken):
    """Revoke it."""


@operation("revoke_token")
async def revoke_token(cmd: RevokeToken, ports: Ports) -> Token:
    """Revoke a token for good; if it waits to be collected, its offer is withdrawn with it.

    A suspended token is the admins' to decide about.

    Raises: NotPermitted, TokenNotFound, TokenEnded, ThirdPartyNotFound.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        token = await uow.tokens.get(cmd.token)
        party = await uow.third_parties.get(token.third_party)
        suspended = token.state(now) is TokenState.SUSPENDED
        right = Right.MANAGE if suspended else Right.SERVE
        must_be_allowed(cmd.caller.role, right, owns=party.is_owned_by(actor))
        revoked = await stop_token(uow, party, token, RevocationCause.BY_HAND, actor=actor, now=now)
        await uow.commit()
    return revoked
