"""Offer a new token while the old one still works."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.errors import MadeElsewhere
from access.model.ids import PersonId
from access.model.renewal import token_to_renew
from access.model.third_party import ThirdParty
from access.operations.command import OnThirdParty, operation
from access.operations.offering import (
    IssuedToken,
    Recipient,
    know_recipient_for,
    offer_token,
    waiting_token,
)
from access.ports import Ports, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewToken(OnThirdParty):
    """Renew its token."""


@operation("renew_token")
async def renew_token(cmd: RenewToken, ports: Ports) -> IssuedToken:
    """Issue a token that is to replace the one that works, and offer it to the approved contact.

    Until the new one is collected, nothing happens to the old one; then both work until the old one retires.

    Raises: NotPermitted, ThirdPartyNotFound, ThirdPartyDisabled, ContactNotApproved, ContactReplaced,
    ContactUnsuitable, NothingToRenew, TokenExists, TwoTokens, MadeElsewhere, KeyRequired, DirectoryUnavailable.
    """
    recipient = await know_recipient_for(cmd, ports)
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        must_be_allowed(cmd.caller.role, Right.SERVE, owns=party.is_owned_by(actor))
        issued = await offer_renewal(uow, ports, party, recipient, actor=actor)
        await uow.commit()
    return issued


async def offer_renewal(
    uow: UnitOfWork, ports: Ports, party: ThirdParty, recipient: Recipient, *, actor: PersonId
) -> IssuedToken:
    """Offer a new token beside the one that works, within the caller's transaction.

    Where an imported one waits to be offered, that one is; and otherwise another system makes the new one, if it has
    made the old one.

    Raises: ThirdPartyDisabled, ContactNotApproved, ContactReplaced, NothingToRenew, TokenExists, TwoTokens,
    MadeElsewhere, KeyRequired.
    """
    party.must_be_enabled()
    now = ports.clock.now()
    waiting, others = await waiting_token(party.id, uow, now)
    old = token_to_renew(others, now)
    if waiting is None and old.is_external:
        raise MadeElsewhere(problem="renew")
    return await offer_token(uow, ports, party, recipient, waiting, actor=actor, renews=old.id)
