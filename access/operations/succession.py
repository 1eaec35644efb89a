"""What several operations do about an old token when they change its successor, or the old token itself."""

from dataclasses import dataclass, replace
from datetime import datetime

from access.model.authority import Right, must_be_allowed
from access.model.errors import NotOverlapping, NotTheContact
from access.model.ids import PersonId, TokenId
from access.model.renewal import retires_at, successor_of
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.operations.command import OnToken
from access.ports import Ports, Reading, UnitOfWork


@dataclass(frozen=True, slots=True)
class Overlap:
    """An old token and its successor, both of which work. `askers`: who asks about them."""

    party: ThirdParty
    old: Token
    successor: Token
    askers: Askers


async def overlap_to_end(cmd: OnToken, reading: Reading, now: datetime, *, as_contact: bool) -> Overlap:
    """Return the overlap whose old token `cmd` names, if its caller may end it.

    `as_contact`: as the present contact, who has opened the successor; otherwise as an admin or the owner.

    Raises: NotPermitted, NotTheContact, TokenNotFound, TokenEnded, NotOverlapping, ThirdPartyNotFound.
    """
    person = await reading.people.known(cmd.caller.slack)
    old = await reading.tokens.get(cmd.token)
    party = await reading.third_parties.get(old.third_party)
    successor = successor_of(old, await reading.tokens.of(party.id), now)
    if not as_contact:
        must_be_allowed(cmd.caller.role, Right.SERVE, owns=person is not None and party.is_owned_by(person))
    elif person is None or person != party.contact or (successor and successor.holder(party.contact) != person):
        raise NotTheContact
    old.must_be_overlapping(now)
    if successor is None:  # it expired before the old one did
        raise NotOverlapping(state=TokenState.ACTIVE.value)
    askers = await reading.resource_servers.askers()
    return Overlap(party, old, successor, askers.unnamed if as_contact else askers)


async def end_lapse(uow: UnitOfWork, renewed: TokenId, *, actor: PersonId, now: datetime) -> None:
    """A token is offered in the place of this one, so nobody wants this one to lapse any more."""
    old = await uow.tokens.get(renewed)
    kept, news = old.undo_lapse()
    if news and old.is_live(now):
        await uow.tokens.save(kept)
        uow.record(actor, news, at=now)


async def start_overlap(
    uow: UnitOfWork, ports: Ports, successor: Token, *, actor: PersonId | None, now: datetime
) -> None:
    """Let the token that this one renews, if it is live, retire by the rules, counted from now."""
    if successor.renews is None:
        return
    old, news = (await uow.tokens.get(successor.renews)).succeed(successor.id, now)
    uow.record(actor, news, at=now)
    await plan_retirement(uow, ports, old, now=now)


async def cancel_retirement(uow: UnitOfWork, stopped: Token, *, actor: PersonId | None, now: datetime) -> None:
    """The successor stopped working: the token that it renews, if it is live, stays."""
    if stopped.renews is None:
        return
    old, news = (await uow.tokens.get(stopped.renews)).cancel_retirement(stopped.id, now)
    await uow.tokens.save(old)
    uow.record(actor, news, at=now)


async def plan_retirement(uow: UnitOfWork, ports: Ports, old: Token, *, now: datetime) -> Token:
    """Save a token with the time at which it may retire, as far as is known now.

    While an admin has to decide whether its third party, which was restored, works again, it retires not at all.
    """
    tokens = [old if token.id == old.id else token for token in await uow.tokens.of(old.third_party)]
    party = await uow.third_parties.find(old.third_party)
    known_since, waits = (party.decided_at, party.awaits_confirmation) if party else (None, False)
    at = None if waits else retires_at(old, tokens, ports.policy, now, known_since=known_since)
    planned = replace(old, retires_at=at)
    await uow.tokens.save(planned)
    return planned


async def plan_retirements(uow: UnitOfWork, ports: Ports, party: ThirdParty, *, now: datetime) -> None:
    """Work out anew when the old tokens of a third party that was once restored may retire."""
    if party.restored_at is not None:
        for token in await uow.tokens.of(party.id):
            if token.state(now) is TokenState.OVERLAPPING:
                await plan_retirement(uow, ports, token, now=now)
