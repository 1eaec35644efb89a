"""Put a new token in the place of one that was not collected."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.errors import MadeElsewhere, NothingToResend, NotOffered, OfferReplaced
from access.model.handoff import HandoffEnd
from access.model.ids import TokenId
from access.model.renewal import must_have_room
from access.model.token import RevocationCause, TokenState
from access.operations.command import OnThirdParty, operation
from access.operations.offering import IssuedToken, end_open_handoff, know_recipient_for, offer_new_token
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendToken(OnThirdParty):
    """Resend to it. `token`: the one to be replaced, where a button named it; None means the newest."""

    token: TokenId | None = None


@operation("resend_token")
async def resend_token(cmd: ResendToken, ports: Ports) -> IssuedToken:
    """Withdraw the open offer and offer a new token; after an offer that lapsed or was declined, offer anew.

    The new one renews what the one before was to renew.

    Raises: NotPermitted, ThirdPartyNotFound, ThirdPartyDisabled, ContactNotApproved, ContactReplaced,
    ContactUnsuitable, NothingToResend, NotOffered, MadeElsewhere, OfferReplaced, OfferedJustNow, TokenExists,
    KeyRequired, DirectoryUnavailable.
    """
    recipient = await know_recipient_for(cmd, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        must_be_allowed(cmd.caller.role, Right.SERVE, owns=party.is_owned_by(actor))
        party.must_be_enabled()
        newest = next((each for each in await uow.tokens.of(party.id) if not each.was_delivered_elsewhere), None)
        if newest is None:
            raise NothingToResend
        if cmd.token not in (None, newest.id):
            raise OfferReplaced
        handoff = await uow.handoffs.find_of(newest.id)
        if handoff is None:
            raise NotOffered if newest.state(now) is TokenState.PENDING else NothingToResend
        handoff.must_be_resendable(party, now)
        if newest.is_external:
            raise MadeElsewhere(problem="resend" if handoff.is_open else "resend_ended")
        await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now, cause=RevocationCause.REPLACED)
        if not handoff.is_open:  # else it takes the place that the one before had
            must_have_room(await uow.tokens.of(party.id), newest, now)
        issued = await offer_new_token(uow, ports, party, recipient, actor=actor, renews=newest.renews)
        await uow.commit()
    return issued
