"""A token that turned up somewhere: whose it is, and how it ends at the command line."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.check import Noted, Use
from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, SecretKind, mint
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.model.token import TokenState, Verdict
from access.operations.add_resource_server import add_resource_server
from access.operations.identify_secret import IdentifiedToken, identify_secret
from access.operations.record_checks import record_checks
from access.operations.remove_resource_server import remove_resource_server
from access.operations.revoke_presented_token import RevokePresentedToken, revoke_presented_token
from tests.access.test_revoke_presented import NOTHING, REVOKED, Holding
from tests.access.world import TEAM, World
from tests.checking import check


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Holding]:
    world = await World.make(tmp_path)
    yield await Holding.begin(world)
    await world.end()


async def identified(acme: Holding, presented: Secret) -> IdentifiedToken:
    found = await identify_secret(TEAM, presented, acme.world.ports)
    assert isinstance(found, IdentifiedToken)
    return found


async def test_a_token_and_its_client_secret_lead_to_the_same_token(acme: Holding) -> None:
    client_secret, bearer = acme.secrets(acme.first)
    by_itself, by_secret = await identified(acme, bearer), await identified(acme, client_secret)
    assert (by_itself.presented, by_secret.presented) == (SecretKind.TOKEN, SecretKind.CLIENT_SECRET)
    assert by_itself.token == by_secret.token == await acme.token(acme.first)
    assert (by_itself.party.name, by_itself.is_live, by_itself.used_at) == ("Acme", True, None)


async def test_what_has_ended_is_known_too(acme: Holding) -> None:
    bearer = acme.bearer(acme.first)
    await acme.present(bearer)
    found = await identified(acme, bearer)
    assert (found.is_live, found.token.state(found.now)) == (False, TokenState.REVOKED)


async def test_it_is_known_which_api_had_its_last_use(acme: Holding) -> None:
    ports = acme.world.ports
    server = (await add_resource_server(TEAM, "Shop API", ports)).server
    at = ports.clock.now() + timedelta(minutes=1)
    await record_checks(TEAM, Noted(accepted={acme.first: Use(at, server.id)}), ports)
    found = await identified(acme, acme.bearer(acme.first))
    assert (found.used_at, found.token.last_accepted_at) == ("Shop API", at)


async def test_a_resource_servers_secret_is_known_also_when_it_was_removed(acme: Holding) -> None:
    added = await add_resource_server(TEAM, "Shop API", acme.world.ports)
    assert await identify_secret(TEAM, added.secret, acme.world.ports) == added.server
    removed = await remove_resource_server(TEAM, "Shop API", acme.world.ports)
    assert await identify_secret(TEAM, added.secret, acme.world.ports) == removed


async def test_what_is_nobodys_or_another_workspaces_is_not_known(acme: Holding) -> None:
    bearer, ports = acme.bearer(acme.first), acme.world.ports
    unknown = [
        mint(TOKEN_PREFIX, bytes(32)),
        mint(CLIENT_SECRET_PREFIX, bytes(32)),
        Secret(""),
        Secret("tpt_" + "0" * 49),
    ]
    assert [await identify_secret(TEAM, each, ports) for each in unknown] == [None] * 4
    assert await identify_secret(WorkspaceId("T0ELSEWHERE"), bearer, ports) is None


async def test_looking_writes_nothing(acme: Holding) -> None:
    before = acme.world.everything()
    await identified(acme, acme.bearer(acme.first))
    assert acme.world.everything() == before


async def revoke(acme: Holding, presented: Secret) -> object:
    command = RevokePresentedToken(workspace=TEAM, presented=presented, at_command_line=True)
    return await revoke_presented_token(command, acme.world.ports)


async def test_revoked_at_the_command_line_it_is_refused_and_all_are_told(acme: Holding) -> None:
    bearer = acme.bearer(acme.first)
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.ACCEPTED
    assert await revoke(acme, bearer) is REVOKED
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.REVOKED
    assert await acme.told() == {"revoked_at_command_line": [None, "UANNA", "UCARLA"]}
    assert await revoke(acme, bearer) is NOTHING


async def test_the_trail_tells_that_it_was_done_at_the_command_line(acme: Holding) -> None:
    await revoke(acme, acme.secrets(acme.first)[0])
    query = "SELECT actor, action, details FROM audit WHERE action LIKE 'token.revo%' ORDER BY number"
    said = acme.world.rows(query)
    assert [(actor, action, json.loads(details)["cause"]) for actor, action, details in said] == [
        (None, "token.revocation_asked_at_command_line", "at_command_line"),
        (None, "token.revoked", "at_command_line"),
    ]


async def test_one_that_waits_to_be_collected_goes_with_its_offer(acme: Holding) -> None:
    second = await acme.renew()
    assert await revoke(acme, acme.bearer(second)) is REVOKED
    assert await acme.state(second) is TokenState.REVOKED
    assert acme.world.rows("SELECT * FROM sealed_credentials") == []
    assert await acme.told() == {"handoff": ["UCARLA"], "revoked_at_command_line": [None, "UANNA"]}
