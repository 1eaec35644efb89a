"""Put a new token in the place of one that was not collected."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.errors import NothingToResend, OfferReplaced
from access.model.handoff import HandoffEnd
from access.model.ids import TokenId
from access.model.token import RevocationCause, must_be_first
from access.operations.command import OnThirdParty, operation
from access.operations.offering import IssuedToken, end_open_handoff, know_recipient, offer_new_token
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendToken(OnThirdParty):
    """Resend to it. `token`: the one to be replaced, where a button named it; None means the newest."""

    token: TokenId | None = None


@operation("resend_token")
async def resend_token(cmd: ResendToken, ports: Ports) -> IssuedToken:
    """Withdraw the open offer and offer a new token; after an offer that lapsed or was declined, offer anew.

    Raises: NotPermitted, ThirdPartyNotFound, ThirdPartyDisabled, ContactNotApproved, ContactReplaced,
    ContactUnsuitable, NothingToResend, OfferReplaced, OfferedJustNow, TokenExists, DirectoryUnavailable.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        person = await reading.people.known(cmd.caller.slack)
        party = await reading.third_parties.get(cmd.third_party)
    owns = person is not None and party.is_owned_by(person)
    must_be_allowed(cmd.caller.role, Right.SERVE, owns=owns)
    recipient = await know_recipient(cmd.caller.workspace, cmd.third_party, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        must_be_allowed(cmd.caller.role, Right.SERVE, owns=party.is_owned_by(actor))
        party.must_be_enabled()
        newest = next(iter(await uow.tokens.of(party.id)), None)
        if newest is None:
            raise NothingToResend
        if cmd.token not in (None, newest.id):
            raise OfferReplaced
        (await uow.handoffs.of_token(newest.id)).must_be_resendable(party, now)
        await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now, cause=RevocationCause.REPLACED)
        must_be_first(await uow.tokens.of(party.id), now)
        issued = await offer_new_token(uow, ports, party, recipient, actor=actor)
        await uow.commit()
    return issued
