"""A check, without its HTTP: who may ask, what is looked up, what decides, and what is noted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from access.model.check import Looked, Noted, Use
from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, digest, fingerprint, mint
from access.model.errors import AskerUnknown
from access.model.secret import Secret
from access.model.token import Verdict
from access.operations.check_token import Asker, check_token
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.revoke_token import RevokeToken, revoke_token
from access.ports import CannotKeep, Ports
from access.ports.tokens import TokenLookup
from tests.access.world import TEAM, World
from tests.checking import ASKER, ASKERS_SECRET, add_resource_server
from tests.storage import rows

TOKEN = mint(TOKEN_PREFIX, (1).to_bytes(32))
ANOTHER = mint(TOKEN_PREFIX, (2).to_bytes(32))
ASKS = Asker(ASKERS_SECRET, ASKER)
AT = Use(rows.NOW, ASKER)


@dataclass
class Watched:
    """The real lookup, and what it was asked for; `answer` stands for a storage that finds something else."""

    lookup: TokenLookup
    asked: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    answer: Looked | CannotKeep | None = None

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        self.asked.append((secret_digest, token_digest))
        if isinstance(self.answer, CannotKeep):
            raise self.answer
        return self.answer or await self.lookup.look_up(secret_digest, token_digest)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A token that is accepted, and one that was not collected."""
    world = await World.make(tmp_path)
    await add_resource_server(TEAM, world.ports)
    async with world.database.write(TEAM) as uow:
        await uow.third_parties.add(rows.party(enabled=True))
        for secret, name, collected in ((TOKEN, "token", True), (ANOTHER, "another", False)):
            hashed = digest(secret)
            opened = {"collected_at": rows.NOW, "collected_by": rows.CONTACT} if collected else {}
            await uow.tokens.add(rows.token(id=name, token_digest=hashed, fingerprint=fingerprint(hashed), **opened))
        await uow.commit()
    yield world
    await world.close()


@pytest.fixture
def watched(world: World) -> Watched:
    return Watched(world.ports.lookup)


@pytest.fixture
def ports(world: World, watched: Watched) -> Ports:
    return replace(world.ports, lookup=watched)


async def test_an_accepted_token_is_answered_with_what_is_known_of_it(ports: Ports) -> None:
    check = await check_token(ASKS, TOKEN, ports)
    assert (check.verdict, check.asker) == (Verdict.ACCEPTED, ASKER)
    assert check.accepted is not None
    assert (check.accepted.id, check.accepted.third_party, check.accepted.name) == ("token", rows.PARTY, "Acme")
    assert ports.notes.take() == {TEAM: Noted(accepted={rows.TOKEN: AT}, asked={ASKER: rows.NOW})}


async def test_a_refused_one_is_noted_with_its_reason(ports: Ports) -> None:
    check = await check_token(ASKS, ANOTHER, ports)
    assert (check.verdict, check.accepted) == (Verdict.NOT_COLLECTED, None)
    [noted] = ports.notes.take().values()
    assert (noted.accepted, noted.refused) == ({}, {("another", Verdict.NOT_COLLECTED): AT})


@pytest.mark.parametrize(
    "presented",
    [
        Secret(""),
        Secret("x" * 100_000),
        Secret(TOKEN.reveal()[:-1]),
        Secret(TOKEN.reveal()[:-1] + "?"),
        Secret(TOKEN.reveal()[:20] + "x" + TOKEN.reveal()[21:]),
        Secret(f" {TOKEN.reveal()}"),
        Secret(TOKEN.reveal().upper()),
        mint(CLIENT_SECRET_PREFIX, (1).to_bytes(32)),
    ],
    ids=["empty", "long", "short", "other letter", "wrong checksum", "space", "capitals", "client secret"],
)
async def test_a_malformed_token_is_looked_up_no_further_than_who_asks(
    presented: Secret, watched: Watched, ports: Ports
) -> None:
    check = await check_token(ASKS, presented, ports)
    assert (check.verdict, check.token) == (Verdict.UNKNOWN, None)
    assert watched.asked == [(digest(ASKERS_SECRET), None)]


async def test_one_query_decides(watched: Watched, ports: Ports) -> None:
    for presented in (TOKEN, ANOTHER, mint(TOKEN_PREFIX, bytes(32))):
        watched.asked.clear()
        await check_token(ASKS, presented, ports)
        assert watched.asked == [(digest(ASKERS_SECRET), digest(presented))]


async def test_one_that_names_no_token_leaves_nothing_but_that_somebody_asked(ports: Ports) -> None:
    for number in range(50):
        assert (await check_token(ASKS, mint(TOKEN_PREFIX, (100 + number).to_bytes(32)), ports)).token is None
    assert ports.notes.take() == {TEAM: Noted(asked={ASKER: rows.NOW})}


@pytest.mark.parametrize(
    "asker",
    [
        Asker(Secret("x")),
        Asker(Secret("")),
        Asker(TOKEN),
        Asker(Secret("é\x00")),
        Asker(ASKERS_SECRET, "tpr_other"),
        Asker(ASKERS_SECRET, ""),
        Asker(ASKERS_SECRET, "é"),
    ],
)
async def test_whoever_does_not_prove_who_they_are_learns_nothing_and_leaves_nothing(
    asker: Asker, ports: Ports
) -> None:
    with pytest.raises(AskerUnknown):
        await check_token(asker, TOKEN, ports)
    assert ports.notes.take() == {}


async def test_what_another_secret_or_token_has_does_not_count(watched: Watched, ports: Ports) -> None:
    """Should the storage ever find something else than what it was asked for."""
    found = await watched.lookup.look_up(digest(ASKERS_SECRET), digest(TOKEN))
    assert found is not None
    watched.answer = found
    assert (await check_token(ASKS, ANOTHER, ports)).verdict is Verdict.UNKNOWN
    watched.answer = found._replace(token_digest=None)
    assert (await check_token(ASKS, TOKEN, ports)).verdict is Verdict.UNKNOWN
    watched.answer = found._replace(secret_digest=bytes(32))
    with pytest.raises(AskerUnknown):
        await check_token(ASKS, TOKEN, ports)


async def test_without_the_database_there_is_no_answer(watched: Watched, ports: Ports) -> None:
    watched.answer = CannotKeep("gone")
    with pytest.raises(CannotKeep):
        await check_token(ASKS, TOKEN, ports)
    assert ports.notes.take() == {}


async def test_what_one_bot_ends_no_other_accepts_from_that_moment_on(world: World, tmp_path: Path) -> None:
    """The others have asked before, and have connections, statements and caches of their own."""
    bots = [world, *[await World.make(tmp_path, seed=seed) for seed in (1, 2)]]

    async def said() -> set[Verdict]:
        return {(await check_token(ASKS, TOKEN, bot.ports)).verdict for bot in bots}

    party = rows.PARTY
    for turn in range(6):
        bot = bots[turn % len(bots)]
        assert await said() == {Verdict.ACCEPTED}
        await disable_third_party(DisableThirdParty(caller=bot.caller("UANNA"), third_party=party), bot.ports)
        assert await said() == {Verdict.DISABLED}
        await enable_third_party(EnableThirdParty(caller=bot.caller("UANNA"), third_party=party), bot.ports)
    cmd = RevokeToken(caller=world.caller("UANNA"), token=rows.TOKEN)
    await revoke_token(cmd, world.ports)
    assert await said() == {Verdict.REVOKED}
    for bot in bots[1:]:
        await bot.close()
