"""*Not now*, to a contact who has asked for a new token."""

from dataclasses import dataclass

from access.model.token_request import TokenRequest
from access.operations.command import OnTokenRequest, operation
from access.operations.grant_token_request import open_request
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineTokenRequest(OnTokenRequest):
    """Decline it."""


@operation("decline_token_request")
async def decline_token_request(cmd: DeclineTokenRequest, ports: Ports) -> TokenRequest:
    """End a request without a new token; the one that the contact has stays as it is.

    Where somebody else may have the token, it is suspended, and an admin decides about that instead.

    Raises: NotPermitted, TokenRequestNotFound, TokenRequestDecided, ThirdPartyNotFound, TokenExists.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        request, _ = await open_request(cmd, actor, uow)
        declined, news = request.decline(actor, now)
        await uow.token_requests.save(declined)
        uow.record(actor, news, at=now)
        await uow.commit()
    return declined
