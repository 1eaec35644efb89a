"""Each recipe of docs/protect-your-api.md, run: a real proxy asks the bot before an API hears of a request."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from access.model.credentials import TOKEN_PREFIX, digest, mint
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.add_resource_server import add_resource_server
from access.operations.remove_resource_server import remove_resource_server
from tests.access.books import DAY, Books
from tests.access.world import TEAM, World
from tests.proxies.internal_port import internal_port
from tests.proxies.recipes import RECIPES
from tests.proxies.street import Street, street

NAME = 'Café Zoë & "Söhne" 日本\\ %41,;='
WITHOUT_ANSWER = {"nginx": 500, "caddy": 502, "traefik": 500, "envoy": 503}
"""What a client gets where the bot does not answer, as the page says."""

pytestmark = pytest.mark.parametrize("kind", RECIPES)


@dataclass
class Place:
    """A street, and the bot whom its proxy asks."""

    street: Street
    books: Books
    bot: AsyncExitStack
    count: int = 0

    @property
    def world(self) -> World:
        return self.books.world

    async def party(self, name: str = NAME, **given: Any) -> tuple[ThirdParty, str]:
        """A third party, and its token."""
        party = await self.books.party(name, **given)
        _, secret = await self.token(party)
        return party, secret

    async def token(self, party: ThirdParty, **given: Any) -> tuple[Token, str]:
        self.count += 1
        secret = mint(TOKEN_PREFIX, self.count.to_bytes(32))
        token = await self.books.token(party, str(self.count), **given)
        return await self.books.change(token, token_digest=digest(secret)), secret.reveal()


@pytest.fixture
async def place(kind: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        world = await World.make(tmp_path)
        stack.push_async_callback(world.close)
        asker = await add_resource_server(TEAM, "API", world.ports)
        bot = await stack.enter_async_context(AsyncExitStack())
        address = await bot.enter_async_context(internal_port(world.ports))
        (tmp_path / kind).mkdir()
        opened = street(kind, bot=address, secret=asker.secret.reveal(), folder=tmp_path / kind)
        yield Place(await stack.enter_async_context(opened), Books(world), bot)


async def test_a_good_token_passes_and_the_api_reads_who_sends_it(place: Place) -> None:
    party, good = await place.party()
    [token] = await place_tokens(place, party)
    path, body = "/v1/orders?from=a%2Fb&to=%C3%A9&access_token=mine", b"amount=7&\xff\x00" * 5_000
    answer = await place.street.send(good, method="POST", path=path, body=body)
    assert (answer.status, answer.text) == (200, "from the API")
    reached = place.street.reached()
    assert (reached.method, reached.path, reached.body) == ("POST", path, body)
    assert reached.said_to_be() == {
        "x-third-party-id": [party.id],
        "x-third-party-name": [reached.headers["X-Third-Party-Name"]],
        "x-token-expires": [reached.headers["X-Token-Expires"]],
    }
    assert unquote(reached.headers["X-Third-Party-Name"]) == NAME
    assert reached.headers["X-Token-Expires"] == token.expires_at.isoformat(timespec="seconds").replace("+00:00", "Z")


async def place_tokens(place: Place, party: ThirdParty) -> list[Token]:
    async with place.world.ports.read(TEAM) as reading:
        return list(await reading.tokens.of(party.id))


async def test_what_is_no_good_token_does_not_reach_the_api(place: Place) -> None:
    now = place.world.clock.now()
    party, good = await place.party()
    _, disabled = await place.party("Disabled", enabled=False)
    refused = {
        "disabled": disabled,
        "unknown": mint(TOKEN_PREFIX, bytes(32)).reveal(),
        "damaged": good[:-1] + ("a" if good[-1] != "a" else "b"),
    }
    ended: dict[str, dict[str, Any]] = {
        "expired": {"left": -DAY},
        "revoked": {"revoked_at": now},
        "suspended": {"suspended_at": now},
        "never collected": {"collected_at": None},
    }
    for why, what in ended.items():
        other = await place.books.party(why)
        _, refused[why] = await place.token(other, **what)
    answers = {why: await place.street.send(token) for why, token in refused.items()}
    assert {why: answer.status for why, answer in answers.items()} == dict.fromkeys(refused, 401)
    for answer in answers.values():
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert "x-third-party-id" not in answer.headers
    assert len({answer.headers["WWW-Authenticate"] for answer in answers.values()}) == 1, "it tells why"
    missing = await place.street.send()
    assert missing.status == 401
    assert missing.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "error" not in missing.headers["WWW-Authenticate"]
    for odd in ("Basic abc", f"Token {good}", good):
        assert (await place.street.send(headers=[("Authorization", odd)])).status == 401
    assert place.street.api.reached == []
    assert party.enabled


async def test_a_token_stops_at_the_moment_at_which_it_expires(place: Place) -> None:
    party = await place.books.party("Acme")
    _, good = await place.token(party, left=timedelta(seconds=1))
    assert (await place.street.send(good)).status == 200
    place.world.clock.advance(timedelta(seconds=1))
    assert (await place.street.send(good)).status == 401


FORGED = [
    ("X-Third-Party-Id", "forged"),
    ("x-third-party-name", "forged"),
    ("X-TOKEN-EXPIRES", "2099-01-01T00:00:00Z"),
    ("X_Third_Party_Id", "forged"),
    ("X-Third_Party-Name", "forged"),
    ("X_Token_Expires", "forged"),
    ("X.Third.Party.Id", "forged"),
    ("X-Third-Party.Name", "forged"),
    ("X.Token-Expires", "forged"),
    ("X-Third-Party-Id", "forged, once more"),
]


@pytest.mark.parametrize("further", [[], [("Connection", "keep-alive, X-Third-Party-Id, X-Token-Expires")]])
async def test_forged_headers_do_not_reach_the_api(place: Place, further: list[tuple[str, str]]) -> None:
    party, good = await place.party()
    answer = await place.street.send(good, headers=[*FORGED, *further])
    assert answer.status == 200
    reached = place.street.reached()
    assert reached.said_to_be() == {
        "x-third-party-id": [party.id],
        "x-third-party-name": [reached.headers["X-Third-Party-Name"]],
        "x-token-expires": [reached.headers["X-Token-Expires"]],
    }
    assert "forged" not in str(reached.said_to_be())
    assert (await place.street.send(headers=FORGED)).status == 401


async def test_nobody_outside_asks_with_the_proxys_secret_or_learns_it(place: Place, kind: str) -> None:
    _, good = await place.party()
    forged = [("X-Resource-Server-Secret", "forged"), ("X-Resource-Server-Secret", "forged, too")]
    answer = await place.street.send(good, headers=forged)
    assert answer.status == 200, "the proxy asks with its own"
    secret = place.street.secret
    assert secret not in str(place.street.reached().headers)
    said = [await place.street.send(), await place.street.send(good), await place.street.send("tpt_wrong")]
    for path in ("/third-party-check", "/oauth/check", "/_check"):
        said.append(await place.street.send(good, path=path))
    assert not [each for each in said if secret in f"{each.headers} {each.text}"]


async def test_a_proxy_that_may_not_ask_lets_nobody_in(place: Place) -> None:
    _, good = await place.party()
    await remove_resource_server(TEAM, "API", place.world.ports)
    assert (await place.street.send(good)).status == 403
    assert (await place.street.send()).status == 403
    assert place.street.api.reached == []


async def test_a_bot_that_does_not_answer_lets_nobody_in(place: Place, kind: str) -> None:
    _, good = await place.party()
    await place.bot.aclose()
    assert (await place.street.send(good)).status == WITHOUT_ANSWER[kind]
    assert place.street.api.reached == []
