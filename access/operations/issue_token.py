"""Issue a third party's first token."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.token import must_be_first
from access.operations.command import OnThirdParty, operation
from access.operations.offering import (
    IssuedToken,
    know_recipient,
    offer_token,
    waiting_token,
)
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken(OnThirdParty):
    """Issue a token to it."""


@operation("issue_token")
async def issue_token(cmd: IssueToken, ports: Ports) -> IssuedToken:
    """Issue a token to an enabled third party that has none, and offer it to the approved contact.

    Where an imported one waits to be offered, that one is.

    Raises: NotPermitted, ThirdPartyNotFound, ThirdPartyDisabled, ContactNotApproved, ContactReplaced,
    ContactUnsuitable, TokenExists, KeyRequired, DirectoryUnavailable.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    recipient = await know_recipient(cmd.caller.workspace, cmd.third_party, ports)
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        now = ports.clock.now()
        waiting, others = await waiting_token(party.id, uow, now)
        must_be_first(others, now)
        issued = await offer_token(uow, ports, party, recipient, waiting, actor=actor)
        await uow.commit()
    return issued
