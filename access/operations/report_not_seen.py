"""The contact presses *I didn't see it*."""

from dataclasses import dataclass

from access.model.errors import NotTheContact
from access.model.renewal import must_not_be_renewed
from access.model.token import RevocationCause
from access.operations.command import OnHandoff, operation
from access.operations.offering import (
    IssuedToken,
    know_recipient,
    offer_token,
    waiting_token,
)
from access.operations.succession import cancel_retirement
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNotSeen(OnHandoff):
    """The contact says that the reveal did not reach them."""


@operation("report_not_seen")
async def report_not_seen(cmd: ReportNotSeen, ports: Ports) -> IssuedToken | None:
    """Replace a token whose reveal was not seen, while it is unconfirmed. After the second time the owner is told.

    A token that it was to replace stays until the next one is collected. One that another system made can't be replaced
    here, unless another one was imported: then None is returned, and the owner is told at once.

    Raises: HandoffNotFound, ThirdPartyNotFound, NotTheContact, NotCollected, HandoffEnded, AlreadyConfirmed,
    AlreadyDisputed, CredentialsEnded, RenewedSince, HandoffPaused, ContactNotApproved, ContactUnsuitable,
    KeyRequired, DirectoryUnavailable.
    """
    now = ports.clock.now()
    async with ports.read(cmd.caller.workspace) as reading:
        handoff = await reading.handoffs.get(cmd.handoff)
        person = await reading.people.known(cmd.caller.slack)
        if person is None:
            raise NotTheContact
        party = await reading.third_parties.get(handoff.third_party)
        handoff.not_seen_by(person, party, await reading.tokens.get(handoff.token), now)
        (await reading.contact_keys.of(party.id, person)).must_do(ports.policy, problem="reveal")
    recipient = await know_recipient(cmd.caller.workspace, party.id, ports)
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        handoff = await uow.handoffs.get(cmd.handoff)
        party = await uow.third_parties.get(handoff.third_party)
        token = await uow.tokens.get(handoff.token)
        waiting, others = await waiting_token(party.id, uow, now)
        replaced = waiting is not None or not token.is_external
        times, news = handoff.not_seen_by(actor, party, token, now, replaced=replaced)
        must_not_be_renewed(token, others, now)
        revoked, revoke_news = token.revoke(RevocationCause.NOT_SEEN, party.owner, now)
        await uow.tokens.save(revoked)
        uow.record(actor, [*news, *revoke_news], at=now)
        await cancel_retirement(uow, revoked, actor=actor, now=now)
        offered = None
        if replaced:
            offered = await offer_token(
                uow, ports, party, recipient, waiting, actor=actor, renews=token.renews, not_seen=times
            )
        await uow.commit()
    return offered
