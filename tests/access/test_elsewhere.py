"""Tokens that were made elsewhere: what is kept of them, what a check answers, and how they are handed over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.contact_key import file_for
from access.model.credentials import Credentials, digest, fingerprint
from access.model.errors import AlreadyCollected, MadeElsewhere, NotOffered
from access.model.events import TokenImported
from access.model.ids import ClientId, Fingerprint, HandoffId, TokenId
from access.model.restored import BackupEnd
from access.model.secret import Secret
from access.model.token import RevocationCause, Token, TokenOrigin, TokenState, Verdict
from access.model.token_request import RequestReason
from access.operations.ask_for_token import AskForToken, ask_for_token
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.grant_token_request import GrantTokenRequest, grant_token_request
from access.operations.identify_secret import IdentifiedToken, identify_secret
from access.operations.issue_token import IssueToken, issue_token
from access.operations.offering import bearer_place
from access.operations.renew_token import RenewToken, renew_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.resend_token import ResendToken, resend_token
from access.operations.revoke_presented_token import Revocation, RevokePresentedToken, revoke_presented_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.sweep_handoffs import sweep_handoffs
from access.operations.sweep_tokens import sweep_tokens
from access.operations.take_up_backup import take_up_backup
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


async def put(
    world: World, name: str, origin: TokenOrigin, secret: Secret | None, *, delivered: bool, renews: str = ""
) -> Token:
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
        renews=TokenId(renews) if renews else None,
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


@pytest.mark.on_a_file
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


async def test_a_restore_deletes_what_waits_unoffered(world: World) -> None:
    await put(world, "one", TokenOrigin.EXTERNAL, WEAK, delivered=False)
    taken = await take_up_backup(TEAM, BackupEnd(1, world.clock.now()), world.ports, chain_fits=True)
    assert taken.withdrawn == ["Acme"]
    assert (await read(world, "one")).state(world.clock.now()) is TokenState.REVOKED
    async with world.database.write(TEAM) as uow:
        with pytest.raises(AlreadyCollected):
            await uow.sealed.take(TokenId("one"))


async def test_a_contact_may_ask_and_an_external_one_is_not_made_anew_here(world: World) -> None:
    await put(world, "theirs", TokenOrigin.EXTERNAL, None, delivered=True)
    asking = AskForToken(caller=world.caller("UCARLA"), token=TokenId("theirs"), why=RequestReason.STILL_WORKS)
    request = await ask_for_token(asking, world.ports)
    grant = GrantTokenRequest(caller=world.caller("UANNA"), request=request.id)
    with pytest.raises(MadeElsewhere):
        await grant_token_request(grant, world.ports)
    await put(world, "next", TokenOrigin.EXTERNAL, WEAK, delivered=False)
    await grant_token_request(grant, world.ports)
    assert (await collect_handoff(await open_handoff(world), world.ports)).fingerprint


async def test_that_was_not_me_suspends_it_here_and_does_not_offer_it_again(world: World) -> None:
    await put(world, "one", TokenOrigin.MIGRATED, WEAK, delivered=False)
    await issue_token(IssueToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    opened = await open_handoff(world)
    await collect_handoff(opened, world.ports)
    await dispute_handoff(DisputeHandoff(caller=opened.caller, handoff=opened.handoff), world.ports)
    assert await check(TEAM, WEAK, world.ports) is Verdict.SUSPENDED


def test_the_file_that_is_encrypted_leaves_out_a_client_secret_that_there_is_not() -> None:
    shown = Credentials(
        HandoffId("h"), "Acme", ClientId("their-id"), None, WEAK, Fingerprint("0f0f0f0f"), rows.NOW + timedelta(days=9)
    )
    assert file_for(shown, None).reveal() == f"API_CLIENT_ID=their-id\nAPI_TOKEN={WEAK.reveal()}\n"


async def test_i_did_not_see_it_offers_the_one_that_was_imported_in_its_place(world: World) -> None:
    await put(world, "one", TokenOrigin.EXTERNAL, WEAK, delivered=False)
    await issue_token(IssueToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    opened = await open_handoff(world)
    await collect_handoff(opened, world.ports)
    await put(world, "two", TokenOrigin.EXTERNAL, Secret("winter2024"), delivered=False, renews="one")
    offered = await report_not_seen(ReportNotSeen(caller=opened.caller, handoff=opened.handoff), world.ports)
    assert offered is not None
    assert offered.token.id == "two"
    assert (await read(world, "one")).state(world.clock.now()) is TokenState.REVOKED


async def test_one_that_was_delivered_elsewhere_is_no_newer_offer(world: World) -> None:
    await issue_token(IssueToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    await put(world, "old", TokenOrigin.MIGRATED, WEAK, delivered=True)
    world.clock.advance(timedelta(minutes=2))
    resent = await resend_token(ResendToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    assert resent.token.origin is TokenOrigin.ISSUED


async def test_after_its_offer_has_lapsed_there_is_nothing_left_to_give_up(world: World) -> None:
    await put(world, "one", TokenOrigin.EXTERNAL, WEAK, delivered=False)
    await issue_token(IssueToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    world.clock.advance(timedelta(days=9))
    await sweep_handoffs(TEAM, world.ports)
    with pytest.raises(MadeElsewhere) as refused:
        await resend_token(ResendToken(caller=world.caller("UANNA"), third_party=rows.PARTY), world.ports)
    assert refused.value.fields == {"problem": "resend_ended"}
