"""Tokens that were made elsewhere: what is kept of them, what a check answers, and how they are handed over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.credentials import Credentials, digest, fingerprint
from access.model.errors import MadeElsewhere, NotOffered
from access.model.events import TokenImported
from access.model.ids import Fingerprint, TokenId
from access.model.secret import Secret
from access.model.token import RevocationCause, Token, TokenOrigin, TokenState, Verdict
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.identify_secret import IdentifiedToken, identify_secret
from access.operations.issue_token import IssueToken, issue_token
from access.operations.offering import bearer_place
from access.operations.renew_token import RenewToken, renew_token
from access.operations.resend_token import ResendToken, resend_token
from access.operations.revoke_presented_token import Revocation, RevokePresentedToken, revoke_presented_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.sweep_tokens import sweep_tokens
from tests.access.world import TEAM, World
from tests.checking import check
from tests.storage import rows

WEAK = Secret("summer2024")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A third party that is enabled, and has Carla as its approved contact."""
    world = await World.make(tmp_path)
    async with world.database.write(TEAM) as uow:
        owner, carla = [await uow.people.id_of(world.town.people[each].slack) for each in ("UMIA", "UCARLA")]
        await uow.third_parties.add(rows.party(enabled=True, owner=owner, contact=carla))
        await uow.commit()
    yield world
    await world.close()


async def put(world: World, name: str, origin: TokenOrigin, secret: Secret | None, *, delivered: bool) -> Token:
    """Enter a token that was made elsewhere, as an import does."""
    now, kept = world.clock.now(), world.vault.keyed_digest(TEAM, secret) if secret else None
    token = rows.token(
        id=TokenId(name),
        fingerprint=fingerprint(kept.digest) if kept else Fingerprint("0f0f0f0f"),
        token_digest=kept.digest if kept else None,
        secret_digest=None,
        digest_key=kept.key_id if kept else None,
        issued_by=None,
        collected_at=now if delivered else None,
        origin=origin,
    )
    async with world.database.write(TEAM) as uow:
        await uow.tokens.add(token)
        if secret is not None and not delivered:
            sealed = world.vault.seal(secret, bearer_place(TEAM, token.id))
            await uow.sealed.put(token.id, client_secret=None, bearer=sealed)
        imported = TokenImported(
            rows.PARTY, token=token.id, origin=origin.value, expires_at=token.expires_at, delivered=delivered
        )
        uow.record(None, [imported], at=now)
        await uow.commit()
    return token


async def read(world: World, name: str) -> Token:
    async with world.database.read(TEAM) as reading:
        return await reading.tokens.get(TokenId(name))


async def open_handoff(world: World) -> CollectHandoff:
    async with world.database.read(TEAM) as reading:
        handoff = await reading.handoffs.open_for(rows.PARTY)
    assert handoff is not None
    return CollectHandoff(caller=world.caller("UCARLA"), handoff=handoff.id)


async def test_a_migrated_token_works_at_once_and_is_revoked_at_once(world: World) -> None:
    await put(world, "old", TokenOrigin.MIGRATED, WEAK, delivered=True)
    assert await check(TEAM, WEAK, world.ports) is Verdict.ACCEPTED
    assert await check(TEAM, Secret("summer2025"), world.ports) is Verdict.UNKNOWN
    presented = RevokePresentedToken(workspace=TEAM, presented=WEAK)
    assert await revoke_presented_token(presented, world.ports) is Revocation.REVOKED
    assert await check(TEAM, WEAK, world.ports) is Verdict.REVOKED
    assert await revoke_presented_token(presented, world.ports) is Revocation.NOTHING_TO_REVOKE


async def test_nothing_in_the_database_lets_a_weak_one_be_guessed(world: World) -> None:
    token = await put(world, "old", TokenOrigin.MIGRATED, WEAK, delivered=True)
    await check(TEAM, WEAK, world.ports)
    kept = b"".join(file.read_bytes() for file in world.file.parent.glob("thirdparty.db*"))
    plain = digest(WEAK)
    assert token.fingerprint != fingerprint(plain)
    for trace in (WEAK.reveal().encode(), plain, plain.hex().encode(), fingerprint(plain).encode()):
        assert trace not in kept


@pytest.mark.parametrize("delivered", [True, False])
async def test_an_external_token_is_never_accepted(world: World, delivered: bool) -> None:
    await put(world, "theirs", TokenOrigin.EXTERNAL, WEAK, delivered=delivered)
    assert await check(TEAM, WEAK, world.ports) is Verdict.ELSEWHERE
    identified = await identify_secret(TEAM, WEAK, world.ports)
    assert isinstance(identified, IdentifiedToken)
    assert identified.token.id == "theirs"


@pytest.mark.parametrize("origin", [TokenOrigin.MIGRATED, TokenOrigin.EXTERNAL])
async def test_one_that_waits_is_offered_and_shown_once_as_it_came(world: World, origin: TokenOrigin) -> None:
    await put(world, "new", origin, WEAK, delivered=False)
    with pytest.raises(NotOffered):
        await resend_token(ResendToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    issued = await issue_token(IssueToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    assert issued.token.id == "new"
    shown = await collect_handoff(await open_handoff(world), world.ports)
    assert isinstance(shown, Credentials)
    assert (shown.token.reveal(), shown.client_secret) == (WEAK.reveal(), None)
    expected = Verdict.ACCEPTED if origin is TokenOrigin.MIGRATED else Verdict.ELSEWHERE
    assert await check(TEAM, WEAK, world.ports) is expected


async def test_an_external_one_is_renewed_only_by_another_that_was_imported(world: World) -> None:
    await put(world, "theirs", TokenOrigin.EXTERNAL, None, delivered=True)
    renew = RenewToken(caller=world.caller("UMIA"), third_party=rows.PARTY)
    with pytest.raises(MadeElsewhere):
        await renew_token(renew, world.ports)
    await put(world, "next", TokenOrigin.EXTERNAL, WEAK, delivered=False)
    issued = await renew_token(renew, world.ports)
    assert (issued.token.id, issued.token.renews) == ("next", "theirs")
    world.clock.advance(timedelta(minutes=2))
    with pytest.raises(MadeElsewhere):
        await resend_token(ResendToken(caller=world.caller("UMIA"), third_party=rows.PARTY), world.ports)
    await collect_handoff(await open_handoff(world), world.ports)
    old = await read(world, "theirs")
    assert old.state(world.clock.now()) is TokenState.OVERLAPPING
    assert old.retires_at is not None


async def test_what_was_not_offered_ends_with_its_secret(world: World) -> None:
    await put(world, "one", TokenOrigin.EXTERNAL, WEAK, delivered=False)
    await revoke_token(RevokeToken(caller=world.caller("UMIA"), token=TokenId("one")), world.ports)
    two = await put(world, "two", TokenOrigin.EXTERNAL, Secret("winter2024"), delivered=False)
    assert await sweep_tokens(TEAM, world.ports) == 0
    world.clock.advance(two.expires_at - world.clock.now())
    assert await sweep_tokens(TEAM, world.ports) == 1
    assert await sweep_tokens(TEAM, world.ports) == 0
    assert (await read(world, "two")).revoked_at == world.clock.now()
    async with world.database.read(TEAM) as reading:
        causes = [line.entry.details.get("cause") for line in await reading.audit_trail(rows.PARTY, 10)]
    assert RevocationCause.LAPSED.value in causes
