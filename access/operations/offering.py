"""What several operations do on their way: know the contact, issue a token and offer it, end an offer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from access.model.authority import Right, must_be_allowed
from access.model.contact import must_suit_as_contact
from access.model.credentials import CLIENT_SECRET_PREFIX, ENTROPY_BYTES, TOKEN_PREFIX, digest, fingerprint, mint
from access.model.errors import AdminCannotCollect, ContactNotApproved, ContactReplaced, ContactUnsuitable, TookTooLong
from access.model.events import TokenIssued
from access.model.handoff import HandoffEnd, offer
from access.model.ids import HandoffId, PersonId, ThirdPartyId, TokenId, WorkspaceId
from access.model.people import Caller, Role, SlackPerson
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token, TokenOrigin, TokenState, expiry
from access.operations.command import OnThirdParty
from access.operations.succession import cancel_retirement, end_lapse
from access.ports import Ports, Reading, UnitOfWork
from access.ports.machine import Place

LOOK_UP: Final = timedelta(seconds=1.5)
"""The most that asking Slack may take of the three seconds in which a reveal has to be acknowledged."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The approved contact, as Slack knows them now."""

    person: PersonId
    slack: SlackPerson


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was issued and offered. `account_ends_at`: a guest's account ends before the token does."""

    token: Token
    recipient: Recipient
    lapses_at: datetime
    account_ends_at: datetime | None


async def know_recipient(workspace: WorkspaceId, third_party: ThirdPartyId, ports: Ports) -> Recipient:
    """Ask Slack about the approved contact, before any transaction is open.

    Raises: ThirdPartyNotFound, ContactNotApproved, ContactUnsuitable, DirectoryUnavailable.
    """
    async with ports.read(workspace) as reading:
        party = await reading.third_parties.get(third_party)
        contact = party.contact
        account = await reading.people.slack_of(contact) if contact else None
    if contact is None or account is None:
        raise ContactNotApproved
    slack = await ports.directory.look_up(account.user_id)
    if slack is None:
        raise ContactUnsuitable(problem="unknown")
    must_suit_as_contact(slack)
    return Recipient(contact, slack)


async def know_recipient_for(cmd: OnThirdParty, ports: Ports) -> Recipient:
    """Ask Slack about the approved contact, for somebody who may serve this third party.

    Raises: NotPermitted, ThirdPartyNotFound, ContactNotApproved, ContactUnsuitable, DirectoryUnavailable.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        person = await reading.people.known(cmd.caller.slack)
        party = await reading.third_parties.get(cmd.third_party)
    owns = person is not None and party.is_owned_by(person)
    must_be_allowed(cmd.caller.role, Right.SERVE, owns=owns)
    return await know_recipient(cmd.caller.workspace, cmd.third_party, ports)


async def must_not_be_admin(caller: Caller, ports: Ports) -> None:
    """Ask Slack, before any transaction is open, whether the contact has become an admin since their approval.

    Raises: AdminCannotCollect; DirectoryUnavailable and TookTooLong, since without an answer nothing is shown.
    """
    try:
        async with asyncio.timeout(LOOK_UP.total_seconds()):
            person = await ports.directory.look_up(caller.slack.user_id)
    except TimeoutError:
        raise TookTooLong from None
    if person is not None and person.role is Role.ADMIN:
        raise AdminCannotCollect


async def offer_new_token(
    uow: UnitOfWork,
    ports: Ports,
    party: ThirdParty,
    recipient: Recipient,
    *,
    actor: PersonId,
    renews: TokenId | None = None,
    not_seen: int = 0,
) -> IssuedToken:
    """Issue a token, seal its credentials and offer them to the contact, within the caller's transaction.

    `renews`: the token that it is to replace once it is collected.

    Raises: ThirdPartyDisabled, ContactNotApproved, ContactReplaced (the contact changed meanwhile), KeyRequired.
    """
    await _must_be_ready(uow, ports, party, recipient)
    now = ports.clock.now()
    await end_what_is_over(uow, party, now)
    token_id = TokenId(ports.random.identifier())
    bearer = mint(TOKEN_PREFIX, ports.random.entropy(ENTROPY_BYTES))
    client_secret = mint(CLIENT_SECRET_PREFIX, ports.random.entropy(ENTROPY_BYTES))
    token = Token(
        id=token_id,
        third_party=party.id,
        fingerprint=fingerprint(digest(bearer)),
        token_digest=digest(bearer),
        secret_digest=digest(client_secret),
        issued_at=now,
        expires_at=expiry(now, ports.policy.token_months),
        issued_by=actor,
        renews=renews,
    )
    await uow.tokens.add(token)
    await uow.sealed.put(
        token_id,
        client_secret=ports.vault.seal(client_secret, secret_place(uow.workspace, token_id)),
        bearer=ports.vault.seal(bearer, bearer_place(uow.workspace, token_id)),
    )
    uow.record(actor, [TokenIssued(party.id, token=token_id, expires_at=token.expires_at)], at=now)
    return await _offer(uow, ports, party, recipient, token, actor=actor, not_seen=not_seen)


async def offer_token(
    uow: UnitOfWork,
    ports: Ports,
    party: ThirdParty,
    recipient: Recipient,
    waiting: Token | None,
    *,
    actor: PersonId,
    renews: TokenId | None = None,
    not_seen: int = 0,
) -> IssuedToken:
    """Offer the imported credentials that wait (`waiting_token`) to the contact; where none do, a new token.

    Raises: ThirdPartyDisabled, ContactNotApproved, ContactReplaced (the contact changed meanwhile), KeyRequired.
    """
    if waiting is None:
        return await offer_new_token(uow, ports, party, recipient, actor=actor, renews=renews, not_seen=not_seen)
    await _must_be_ready(uow, ports, party, recipient)
    token = replace(waiting, renews=renews or waiting.renews)
    await uow.tokens.save(token)
    return await _offer(uow, ports, party, recipient, token, actor=actor, not_seen=not_seen)


async def waiting_token(
    third_party: ThirdPartyId, reading: Reading, now: datetime
) -> tuple[Token | None, Sequence[Token]]:
    """Return the token of a third party that was made elsewhere and waits to be offered, if any, and all others."""
    tokens = await reading.tokens.of(third_party)
    waiting = (await waiting_tokens({third_party: tokens}, reading, now)).get(third_party)
    return waiting, [token for token in tokens if token != waiting]


async def waiting_tokens(
    tokens: Mapping[ThirdPartyId, Sequence[Token]], reading: Reading, now: datetime
) -> Mapping[ThirdPartyId, Token]:
    """Return the same of several third parties. `tokens`: all that each has, the newest first."""
    imported = {}
    for party, theirs in tokens.items():
        pending = (each for each in theirs if each.origin is not TokenOrigin.ISSUED)
        newest = next((each for each in pending if each.state(now) is TokenState.PENDING), None)
        if newest is not None:
            imported[party] = newest
    offered = await reading.handoffs.of_tokens([token.id for token in imported.values()]) if imported else {}
    return {party: token for party, token in imported.items() if token.id not in offered}


async def _must_be_ready(uow: UnitOfWork, ports: Ports, party: ThirdParty, recipient: Recipient) -> None:
    party.must_be_enabled()
    if party.contact is None:
        raise ContactNotApproved
    if party.contact != recipient.person:
        raise ContactReplaced
    (await uow.contact_keys.of(party.id, recipient.person)).must_do(ports.policy, problem="offer")


async def end_what_is_over(uow: UnitOfWork, party: ThirdParty, now: datetime) -> None:
    """End the offer, or the waiting for one, that has run out and that no job has noted yet."""
    overdue = await uow.handoffs.open_for(party.id)
    if overdue is not None and now >= overdue.lapses_at:
        await end_open_handoff(uow, party, HandoffEnd.LAPSED, actor=None, now=now)
    for token in await uow.tokens.of(party.id):
        if token.never_collected and now >= token.expires_at:
            await end_waiting(uow, party, token, RevocationCause.LAPSED, actor=None, now=now)


async def _offer(
    uow: UnitOfWork,
    ports: Ports,
    party: ThirdParty,
    recipient: Recipient,
    token: Token,
    *,
    actor: PersonId,
    not_seen: int,
) -> IssuedToken:
    now = ports.clock.now()
    handoff, offered = offer(
        HandoffId(ports.random.identifier()),
        token,
        party,
        recipient.person,
        time_zone=recipient.slack.time_zone or ports.policy.time_zone,
        not_seen=not_seen,
        policy=ports.policy,
        now=now,
    )
    await uow.handoffs.add(handoff)
    if token.renews is not None:
        await end_lapse(uow, token.renews, actor=actor, now=now)
    uow.record(actor, offered, at=now)
    ends_at = recipient.slack.account_ends_at
    too_early = ends_at if ends_at is not None and ends_at < token.expires_at else None
    return IssuedToken(token, recipient, handoff.lapses_at, too_early)


async def end_open_handoff(
    uow: UnitOfWork,
    party: ThirdParty,
    end: HandoffEnd,
    *,
    actor: PersonId | None,
    now: datetime,
    cause: RevocationCause | None = None,
) -> bool:
    """End the offer that waits, if any, and revoke its token with it. Returns whether there was one."""
    handoff = await uow.handoffs.open_for(party.id)
    if handoff is None:
        return False
    ended, end_news = handoff.finish(end, party, now)
    await uow.handoffs.save(ended)
    uow.record(actor, end_news, at=now)
    await end_waiting(uow, party, await uow.tokens.get(handoff.token), cause or end.cause, actor=actor, now=now)
    return True


async def end_waiting(
    uow: UnitOfWork, party: ThirdParty, token: Token, cause: RevocationCause, *, actor: PersonId | None, now: datetime
) -> None:
    """Revoke a token that nobody has collected, offered or not, and delete its sealed credentials."""
    revoked, news = token.withdraw(cause, party.owner, now)
    await uow.tokens.save(revoked)
    await uow.sealed.discard(token.id)
    uow.record(actor, news, at=now)


async def stop_token(
    uow: UnitOfWork, party: ThirdParty, token: Token, cause: RevocationCause, *, actor: PersonId | None, now: datetime
) -> Token:
    """Revoke a token; one that waits to be collected goes with its offer. The one it was to replace stays.

    Raises: TokenEnded.
    """
    if token.state(now) is TokenState.PENDING:
        if not await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now, cause=cause):
            await end_waiting(uow, party, token, cause, actor=actor, now=now)
        return await uow.tokens.get(token.id)
    revoked, news = token.revoke(cause, party.owner, now, contact=party.contact)
    await uow.tokens.save(revoked)
    uow.record(actor, news, at=now)
    await cancel_retirement(uow, revoked, actor=actor, now=now)
    return revoked


def secret_place(workspace: WorkspaceId, token: TokenId) -> Place:
    """Return where the sealed client secret of a token lives."""
    return Place(workspace, "sealed_credentials", token, "client_secret")


def bearer_place(workspace: WorkspaceId, token: TokenId) -> Place:
    """Return where the sealed token itself lives."""
    return Place(workspace, "sealed_credentials", token, "bearer")
