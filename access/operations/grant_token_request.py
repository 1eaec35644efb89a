"""*Offer a new token*, to a contact who has asked for one."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.ids import PersonId
from access.model.third_party import ThirdParty
from access.model.token_request import TokenRequest
from access.operations.command import OnTokenRequest, operation
from access.operations.offering import IssuedToken, know_recipient
from access.operations.renew_token import offer_renewal
from access.ports import Ports, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTokenRequest(OnTokenRequest):
    """Grant it."""


@operation("grant_token_request")
async def grant_token_request(cmd: GrantTokenRequest, ports: Ports) -> IssuedToken:
    """Renew the token that the contact has, as they have asked. If that is refused, the request stays open.

    Where somebody else may have the token, it is suspended, and an admin decides about that instead.

    Raises: NotPermitted, TokenRequestNotFound, TokenRequestDecided, ThirdPartyNotFound, ThirdPartyDisabled,
    ContactNotApproved, ContactReplaced, ContactUnsuitable, NothingToRenew, TokenExists, TwoTokens,
    KeyRequired, DirectoryUnavailable.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        request, _ = await open_request(cmd, await reading.people.known(cmd.caller.slack), reading)
    recipient = await know_recipient(cmd.caller.workspace, request.third_party, ports)
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        request, party = await open_request(cmd, actor, uow)
        granted, news = request.grant(actor, ports.clock.now())
        await uow.token_requests.save(granted)
        uow.record(actor, news, at=ports.clock.now())
        issued = await offer_renewal(uow, ports, party, recipient, actor=actor)
        await uow.commit()
    return issued


async def open_request(
    cmd: OnTokenRequest, person: PersonId | None, reading: Reading
) -> tuple[TokenRequest, ThirdParty]:
    """Return an open request and its third party, for somebody who may decide about it.

    Raises: NotPermitted, TokenRequestNotFound, TokenRequestDecided, ThirdPartyNotFound.
    """
    request = await reading.token_requests.get(cmd.request)
    party = await reading.third_parties.get(request.third_party)
    must_be_allowed(cmd.caller.role, Right.SERVE, owns=party.is_owned_by(person))
    request.must_be_open()
    return request, party
