"""A token is revoked from outside, over a real database: who may, what follows from it, and what leaves no trace."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, mint
from access.model.errors import AccessError, ClientUnknown, TokenEnded, TokenOfAnother
from access.model.handoff import HandoffEnd
from access.model.ids import TokenId
from access.model.people import Role
from access.model.secret import Secret
from access.model.token import TokenState, Verdict
from access.model.token_request import RequestReason
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.ask_for_token import AskForToken, ask_for_token
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.revoke_presented_token import (
    Client,
    Revocation,
    RevokePresentedToken,
    revoke_presented_token,
)
from access.operations.revoke_token import RevokeToken, revoke_token
from tests.access.renewing import Renewing
from tests.access.world import TEAM, World
from tests.checking import check

REVOKED, NOTHING = Revocation.REVOKED, Revocation.NOTHING_TO_REVOKE
STRANGER = mint(TOKEN_PREFIX, bytes(32))
NOBODYS_SECRET = mint(CLIENT_SECRET_PREFIX, bytes(range(32)))


class Holding(Renewing):
    """Acme, whose first token somebody presents."""

    def secrets(self, token: TokenId) -> tuple[Secret, Secret]:
        """Its client secret, and the token itself."""
        client_secret, bearer = self.world.vault.sealed[token]
        return client_secret, bearer

    def bearer(self, token: TokenId) -> Secret:
        return self.secrets(token)[1]

    async def client(self, token: TokenId) -> Client:
        async with self.world.ports.read(TEAM) as reading:
            party = await reading.third_parties.find(self.party)
        assert party is not None
        return Client(party.client_id, self.secrets(token)[0])

    async def present(self, presented: Secret, client: Client | None = None) -> Revocation:
        command = RevokePresentedToken(workspace=TEAM, presented=presented, client=client)
        return await revoke_presented_token(command, self.world.ports)

    async def refused(self, presented: Secret, client: Client) -> type[AccessError]:
        """It is refused, and nothing at all is written."""
        before = self.world.everything()
        with pytest.raises(AccessError) as refusal:
            await self.present(presented, client)
        assert self.world.everything() == before
        return type(refusal.value)

    async def nothing(self, presented: Secret, client: Client | None = None) -> None:
        """There is nothing to revoke, and nothing at all is written."""
        before = self.world.everything()
        assert await self.present(presented, client) is NOTHING
        assert self.world.everything() == before

    async def told(self) -> Mapping[str, list[str | None]]:
        """Who was told what since the last time, by kind; None: the admins."""
        unsent = "FROM outbox LEFT JOIN people ON people.id = reader WHERE sent_at IS NULL"
        queued = self.world.rows(f"SELECT kind, user_id {unsent} ORDER BY 1, 2 NULLS FIRST")
        await self.world.deliver()
        return {kind: [user for each, user in queued if each == kind] for kind, _ in queued}


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Holding]:
    world = await World.make(tmp_path)
    yield await Holding.begin(world)
    await world.end()


async def test_whoever_holds_a_token_revokes_it_and_its_next_check_is_refused(acme: Holding) -> None:
    bearer = acme.bearer(acme.first)
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.ACCEPTED
    assert await acme.present(bearer) is REVOKED
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.REVOKED
    assert await acme.told() == {"revoked_by_holder": [None, "UANNA", "UCARLA"]}


async def test_whoever_holds_the_client_secret_revokes_the_token_it_belongs_to(acme: Holding) -> None:
    assert await acme.present(acme.secrets(acme.first)[0]) is REVOKED
    assert await acme.state(acme.first) is TokenState.REVOKED


async def test_a_third_party_revokes_its_own(acme: Holding) -> None:
    client_secret, bearer = acme.secrets(acme.first)
    assert await acme.present(bearer, await acme.client(acme.first)) is REVOKED
    assert await acme.told() == {"revoked_by_third_party": [None, "UANNA", "UCARLA"]}
    assert client_secret.reveal() not in str(acme.world.everything())


async def test_the_trail_tells_who_asked_for_it_and_what_they_had(acme: Holding) -> None:
    second = await acme.renewed()
    await acme.present(acme.secrets(acme.first)[0])
    await acme.present(acme.bearer(second), await acme.client(second))
    query = "SELECT actor, action, details FROM audit WHERE action LIKE 'token.revo%' ORDER BY number"
    read = [(actor, action, json.loads(details)) for actor, action, details in acme.world.rows(query)]
    assert [(actor, action, said["cause"], said.get("presented")) for actor, action, said in read] == [
        (None, "token.revocation_asked", "by_holder", "client_secret"),
        (None, "token.revoked", "by_holder", None),
        (None, "token.revocation_asked", "by_third_party", "token"),
        (None, "token.revoked", "by_third_party", None),
    ]


async def test_a_third_party_may_use_the_secret_of_any_token_of_its_own_that_has_not_ended(acme: Holding) -> None:
    second = await acme.renewed()
    assert await acme.present(acme.bearer(acme.first), await acme.client(second)) is REVOKED


async def test_what_is_unknown_malformed_or_ended_is_alike_and_leaves_no_trace(acme: Holding) -> None:
    bearer, client = acme.bearer(acme.first), await acme.client(acme.first)
    malformed = [
        Secret(""),
        Secret("x"),
        Secret(bearer.reveal()[:-1]),
        Secret(f" {bearer.reveal()}"),
        Secret("tpt_é\0"),
    ]
    for presented in (STRANGER, NOBODYS_SECRET, *malformed):
        await acme.nothing(presented)
        await acme.nothing(presented, client)
    await acme.ask("UANNA", revoke_token, RevokeToken, token=acme.first)
    await acme.nothing(bearer)
    await acme.nothing(client.secret)


async def test_an_answer_that_was_lost_can_be_asked_for_again(acme: Holding) -> None:
    bearer, client = acme.bearer(acme.first), await acme.client(acme.first)
    assert await acme.present(bearer, client) is REVOKED
    await acme.nothing(bearer, client)
    await acme.nothing(client.secret, client)
    await acme.nothing(bearer)


async def test_a_client_that_does_not_prove_itself_is_refused_and_leaves_no_trace(acme: Holding) -> None:
    second = await acme.renewed()
    (own_secret, bearer), client = acme.secrets(second), await acme.client(second)
    wrong = [
        Client(client.id, NOBODYS_SECRET),
        Client(client.id, Secret("")),
        Client(client.id, Secret(own_secret.reveal()[:-1])),
        Client(client.id, bearer),
        Client("tpc_another", own_secret),
        Client("", own_secret),
        Client("é", own_secret),
        Client(None, own_secret),
    ]
    for each in wrong:
        for presented in (bearer, STRANGER, Secret("x")):
            assert await acme.refused(presented, each) is ClientUnknown
    await acme.retire("UANNA", acme.first)
    assert await acme.refused(bearer, await acme.client(acme.first)) is ClientUnknown
    assert await acme.state(second) is TokenState.ACTIVE


async def test_a_token_of_another_third_party_is_refused_and_leaves_no_trace(acme: Holding) -> None:
    other = await Holding.begin(acme.world, "Globex")
    bearer, client = acme.bearer(acme.first), await other.client(other.first)
    assert await acme.refused(bearer, client) is TokenOfAnother
    assert await acme.refused(acme.secrets(acme.first)[0], client) is TokenOfAnother
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.ACCEPTED


async def test_an_expired_one_is_ended_and_so_is_its_secret(acme: Holding) -> None:
    acme.world.clock.set((await acme.token(acme.first)).expires_at)
    await acme.nothing(acme.bearer(acme.first))
    await acme.nothing(acme.bearer(acme.first), await acme.client(acme.first))
    assert await acme.refused(STRANGER, await acme.client(acme.first)) is ClientUnknown


async def test_what_nobody_has_opened_ends_with_its_offer_and_owner_and_admins_are_told(acme: Holding) -> None:
    pending = await acme.renew()
    await acme.world.deliver()
    assert await acme.present(acme.bearer(pending)) is REVOKED
    async with acme.world.ports.read(TEAM) as reading:
        assert (await reading.handoffs.of_token(pending)).end is HandoffEnd.WITHDRAWN
    assert acme.world.rows("SELECT * FROM sealed_credentials") == []
    assert await acme.state(acme.first) is TokenState.ACTIVE
    told = await acme.told()
    assert told["revoked_by_holder"] == [None, "UANNA"]
    assert "token_ended" not in told


async def test_a_successor_that_is_revoked_leaves_the_old_one_at_work(acme: Holding) -> None:
    second = await acme.renewed()
    assert await acme.present(acme.bearer(second)) is REVOKED
    assert await acme.state(acme.first) is TokenState.ACTIVE
    assert (await acme.token(acme.first)).retires_at is None


async def test_a_suspended_one_is_ended_for_good_and_the_suspension_cannot_be_lifted(acme: Holding) -> None:
    await acme.ask("UCARLA", ask_for_token, AskForToken, token=acme.first, why=RequestReason.SOMEBODY_ELSE)
    assert await acme.state(acme.first) is TokenState.SUSPENDED
    assert await acme.present(acme.bearer(acme.first)) is REVOKED
    with pytest.raises(AccessError):
        await acme.ask("UBEN", lift_suspension, LiftSuspension, token=acme.first)
    assert await acme.state(acme.first) is TokenState.REVOKED
    assert acme.world.rows("SELECT outcome FROM token_requests") == [("settled",)]


async def test_a_disabled_third_party_may_still_end_what_it_has(acme: Holding) -> None:
    await acme.ask("UANNA", disable_third_party, DisableThirdParty, third_party=acme.party, reason="")
    assert await acme.present(acme.bearer(acme.first), await acme.client(acme.first)) is REVOKED


async def test_of_a_removed_third_party_there_is_nothing_left_to_revoke(acme: Holding) -> None:
    client, bearer = await acme.client(acme.first), acme.bearer(acme.first)
    await acme.ask("UANNA", remove_third_party, RemoveThirdParty, third_party=acme.party)
    await acme.nothing(bearer)
    await acme.nothing(bearer, client)
    assert await acme.refused(STRANGER, client) is ClientUnknown


async def test_a_contact_who_has_changed_is_told_like_the_one_who_opened_it(acme: Holding) -> None:
    await acme.contact_is("UERIK")
    await acme.world.deliver()
    assert await acme.present(acme.bearer(acme.first)) is REVOKED
    assert (await acme.told())["revoked_by_holder"] == [None, "UANNA", "UCARLA", "UERIK"]


async def test_an_owner_who_is_the_contact_too_is_told_once(acme: Holding) -> None:
    acme.world.town.settle("UANNA", Role.MEMBER)
    acme.world.town.settle("UADA", Role.ADMIN)
    about = {"third_party": acme.party, "user_id": "UANNA"}
    proposal = await acme.ask("UADA", propose_contact, ProposeContact, **about)
    await acme.world.deliver()
    await acme.ask("UBEN", approve_contact, ApproveContact, proposal=proposal.id)
    await acme.world.deliver()
    assert await acme.present(acme.bearer(acme.first)) is REVOKED
    assert (await acme.told())["revoked_by_holder"] == [None, "UANNA", "UCARLA"]


async def test_fifty_at_once_and_an_admin_revoke_it_once(acme: Holding) -> None:
    bearer, client = acme.bearer(acme.first), await acme.client(acme.first)
    presses = acme.ask("UBEN", revoke_token, RevokeToken, token=acme.first)
    asked = [acme.present(bearer, client if number % 2 else None) for number in range(50)]
    done = await asyncio.gather(*asked[:25], presses, *asked[25:], return_exceptions=True)
    outcomes = [each for each in done if isinstance(each, Revocation)]
    assert len(outcomes) == 50
    by_admin = 0 if any(isinstance(each, TokenEnded) for each in done) else 1
    assert outcomes.count(REVOKED) + by_admin == 1
    assert len(acme.world.rows("SELECT 1 FROM audit WHERE action = 'token.revoked'")) == 1


async def test_who_is_slower_than_somebody_else_finds_nothing_left(acme: Holding) -> None:
    bearer = acme.bearer(acme.first)
    assert sorted(await asyncio.gather(acme.present(bearer), acme.present(bearer))) == [NOTHING, REVOKED]


async def test_a_flood_of_strangers_never_asks_for_the_writer(acme: Holding) -> None:
    async with acme.world.ports.write(TEAM):  # somebody holds it
        await asyncio.wait_for(asyncio.gather(*(acme.present(STRANGER) for _ in range(200))), 10)
        with pytest.raises(ClientUnknown):
            await acme.present(STRANGER, Client("tpc_1", NOBODYS_SECRET))


async def test_another_workspace_knows_nothing_of_it(acme: Holding) -> None:
    acme.world.clock.advance(timedelta(seconds=1))
    command = RevokePresentedToken(workspace=type(TEAM)("T0OTHER"), presented=acme.bearer(acme.first))
    assert await revoke_presented_token(command, acme.world.ports) is NOTHING
    assert await acme.state(acme.first) is TokenState.ACTIVE
