"""Who may ask whether a token is active: added, listed and removed at the command line."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, digest, is_well_formed, mint
from access.model.errors import AskerUnknown, NameInvalid, ResourceServerNameTaken, ResourceServerNotFound
from access.model.ids import ResourceServerId, WorkspaceId
from access.model.secret import Secret
from access.model.token import Verdict
from access.operations.add_resource_server import add_resource_server
from access.operations.check_token import Asker, check_token
from access.operations.find_resource_server import find_resource_server
from access.operations.list_resource_servers import list_resource_servers
from access.operations.remove_resource_server import remove_resource_server
from storage.chain import Verified, verify_chain
from tests.access.books import Books
from tests.access.world import TEAM, World

ELSEWHERE = WorkspaceId("T0ELSEWHERE")
TOKEN = mint(TOKEN_PREFIX, bytes(32))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.make(tmp_path)
    yield world
    await world.close()


async def ask(world: World, secret: Secret, token: Secret = TOKEN) -> Verdict:
    return (await check_token(Asker(secret), token, world.ports)).verdict


async def test_whoever_has_the_secret_may_ask_and_nobody_else(world: World) -> None:
    added = await add_resource_server(TEAM, "Shop API", world.ports)
    assert added.server.id.startswith("tpr_")
    assert added.secret.reveal().startswith(CLIENT_SECRET_PREFIX)
    assert is_well_formed(added.secret.reveal())
    assert await ask(world, added.secret) is Verdict.UNKNOWN
    assert (await check_token(Asker(added.secret, added.server.id), TOKEN, world.ports)).asker == added.server.id
    for other in (TOKEN, mint(CLIENT_SECRET_PREFIX, bytes(32)), Secret(added.server.id), Secret("")):
        with pytest.raises(AskerUnknown):
            await ask(world, other)


@pytest.mark.on_a_file
async def test_nothing_but_the_digest_of_the_secret_is_kept(world: World) -> None:
    added = await add_resource_server(TEAM, "Shop API", world.ports)
    assert added.server.secret_digest == digest(added.secret)
    kept = b"".join(path.read_bytes() for path in world.file.parent.iterdir())
    assert digest(added.secret) in kept
    assert added.secret.reveal().encode() not in kept
    assert added.secret.reveal() not in repr(added)


async def test_it_sees_the_tokens_of_its_workspace_alone(world: World) -> None:
    books = Books(world)
    token = await books.token(await books.party("Acme"), "a")
    await books.change(token, token_digest=digest(TOKEN))
    here = await add_resource_server(TEAM, "Shop API", world.ports)
    there = await add_resource_server(ELSEWHERE, "Shop API", world.ports)
    assert await ask(world, here.secret) is Verdict.ACCEPTED
    assert await ask(world, there.secret) is Verdict.UNKNOWN
    assert await list_resource_servers(TEAM, world.ports) == [here.server]
    assert await list_resource_servers(ELSEWHERE, world.ports) == [there.server]


async def test_its_next_check_is_refused_once_it_is_removed(world: World) -> None:
    added = await add_resource_server(TEAM, "Shop API", world.ports)
    other = await add_resource_server(TEAM, "Warehouse", world.ports)
    await ask(world, added.secret)
    world.clock.advance(timedelta(hours=1))
    removed = await remove_resource_server(TEAM, "shop  API", world.ports)
    assert removed == replace(added.server, removed_at=world.clock.now())
    with pytest.raises(AskerUnknown):
        await ask(world, added.secret)
    assert await ask(world, other.secret) is Verdict.UNKNOWN
    assert await list_resource_servers(TEAM, world.ports) == [other.server]
    with pytest.raises(ResourceServerNotFound):
        removed.remove(world.clock.now())


async def test_the_name_of_a_removed_one_may_be_used_again_and_its_secret_may_not(world: World) -> None:
    first = await add_resource_server(TEAM, "Shop API", world.ports)
    await remove_resource_server(TEAM, "Shop API", world.ports)
    second = await add_resource_server(TEAM, "Shop API", world.ports)
    assert second.server.id != first.server.id
    assert await find_resource_server(TEAM, "SHOP API", world.ports) == second.server
    with pytest.raises(AskerUnknown):
        await ask(world, first.secret)


async def test_when_it_asked_last_stays_with_it(world: World) -> None:
    added = await add_resource_server(TEAM, "Shop API", world.ports)
    asked_at = world.clock.now() + timedelta(minutes=5)
    async with world.ports.write(TEAM) as uow:
        await uow.resource_servers.note_asked({added.server.id: asked_at, ResourceServerId("tpr_gone"): asked_at})
        await uow.commit()
    assert [each.last_asked_at for each in await list_resource_servers(TEAM, world.ports)] == [asked_at]
    assert (await remove_resource_server(TEAM, "Shop API", world.ports)).last_asked_at == asked_at


async def test_it_is_found_by_its_secret_also_when_it_was_removed(world: World) -> None:
    added = await add_resource_server(TEAM, "Shop API", world.ports)
    removed = await remove_resource_server(TEAM, "Shop API", world.ports)
    async with world.ports.read(TEAM) as reading:
        assert await reading.resource_servers.by_digest(digest(added.secret)) == removed
        assert await reading.resource_servers.by_digest(digest(TOKEN)) is None


async def test_each_act_and_each_refusal_is_recorded_without_a_name(world: World) -> None:
    await add_resource_server(TEAM, "Shop API", world.ports)
    with pytest.raises(ResourceServerNameTaken):
        await add_resource_server(TEAM, "shop api", world.ports)
    with pytest.raises(NameInvalid):
        await add_resource_server(TEAM, " ", world.ports)
    await remove_resource_server(TEAM, "Shop API", world.ports)
    with pytest.raises(ResourceServerNotFound):
        await remove_resource_server(TEAM, "Shop API", world.ports)
    with pytest.raises(ResourceServerNotFound):
        await find_resource_server(TEAM, "Shop API", world.ports)
    assert world.rows("SELECT action, actor, third_party, outcome FROM audit ORDER BY number") == [
        ("resource_server.added", None, None, "done"),
        ("add_resource_server", None, None, "resource_server_name_taken"),
        ("add_resource_server", None, None, "name_invalid"),
        ("resource_server.removed", None, None, "done"),
        ("remove_resource_server", None, None, "resource_server_not_found"),
    ]
    assert await verify_chain(world.database, TEAM, world.seal) == Verified(5, None)
    assert "Shop" not in repr(world.rows("SELECT * FROM audit"))
