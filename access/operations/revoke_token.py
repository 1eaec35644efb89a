"""Stop a token now."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.handoff import HandoffEnd
from access.model.token import RevocationCause, Token, TokenState
from access.operations.command import OnToken, operation
from access.operations.offering import end_open_handoff
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
        if token.state(now) is TokenState.PENDING:
            await end_open_handoff(
                uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now, cause=RevocationCause.BY_HAND
            )
            revoked = await uow.tokens.get(token.id)
        else:
            revoked, news = token.revoke(RevocationCause.BY_HAND, party.owner, now)
            await uow.tokens.save(revoked)
            uow.record(actor, news, at=now)
        await uow.commit()
    return revoked
