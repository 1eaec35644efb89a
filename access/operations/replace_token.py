"""Revoke a token that may be in the wrong hands and offer a new one to the contact."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.errors import AccessError, DirectoryUnavailable, MadeElsewhere
from access.model.ids import PersonId
from access.model.renewal import must_have_room
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token, TokenState
from access.operations.command import OnToken, operation
from access.operations.offering import (
    IssuedToken,
    Recipient,
    know_recipient,
    offer_token,
    stop_token,
    waiting_token,
)
from access.ports import Ports, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceToken(OnToken):
    """Revoke and replace it."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What was revoked and what was issued in its place, or why nothing could be issued."""

    revoked: Token
    issued: IssuedToken | None
    why_not: AccessError | None


@operation("replace_token")
async def replace_token(cmd: ReplaceToken, ports: Ports) -> Replacement:
    """Revoke a token and offer a new one. The revocation happens even where no new one can be issued.

    While Slack does not say who the contact is, nothing happens: to stop the token at once there is `revoke`. This is
    how an admin ends a suspension, and what is done with a token that a former contact opened. Where another
    token has been offered in its place already, no further one is.

    Raises: NotPermitted, TokenNotFound, TokenEnded, ThirdPartyNotFound, DirectoryUnavailable.
    """
    recipient, why_not = await _know_recipient_if_any(cmd, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        token = await uow.tokens.get(cmd.token)
        party = await uow.third_parties.get(token.third_party)
        right = Right.MANAGE if token.state(now) is TokenState.SUSPENDED else Right.SERVE
        must_be_allowed(cmd.caller.role, right, owns=party.is_owned_by(actor))
        revoked = await stop_token(uow, party, token, RevocationCause.REPLACED, actor=actor, now=now)
        issued = None
        if recipient is not None:
            try:
                issued = await _offer_another(token, uow, ports, party, recipient, actor=actor)
            except AccessError as refusal:
                why_not = refusal
        await uow.commit()
    return Replacement(revoked, issued, why_not)


async def _offer_another(
    revoked: Token, uow: UnitOfWork, ports: Ports, party: ThirdParty, recipient: Recipient, *, actor: PersonId
) -> IssuedToken:
    now = ports.clock.now()
    waiting, others = await waiting_token(party.id, uow, now)
    must_have_room(others, revoked, now)
    if waiting is None and revoked.is_external:
        raise MadeElsewhere(problem="replace")
    return await offer_token(uow, ports, party, recipient, waiting, actor=actor, renews=revoked.renews)


async def _know_recipient_if_any(cmd: ReplaceToken, ports: Ports) -> tuple[Recipient | None, AccessError | None]:
    async with ports.read(cmd.caller.workspace) as reading:
        token = await reading.tokens.get(cmd.token)
    try:
        return await know_recipient(cmd.caller.workspace, token.third_party, ports), None
    except DirectoryUnavailable:
        raise
    except AccessError as refusal:
        return None, refusal
