"""An organisation's API that asks about tokens: one in each state, and a real port that answers."""

import base64
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence, Sized
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, digest, fingerprint, mint
from access.model.ids import ResourceServerId, TokenId, WorkspaceId
from access.model.resource_server import ResourceServer
from access.model.secret import Secret
from access.ports import Ports
from bot.listening import listening
from handlers.http.health import Probe, database_probe
from handlers.http.internal import internal_routes
from handlers.http.port import REQUEST_WITHIN, HttpPort
from tests.access.world import TEAM, World
from tests.fakes import MONDAY_MORNING
from tests.handlers.http.wire import Answer, ask
from tests.kinds import Kind
from tests.storage import rows

FORM: Final = "application/x-www-form-urlencoded"
ISSUER: Final = "https://thirdparty.example.com"
NOW: Final = MONDAY_MORNING
BEFORE: Final = NOW - timedelta(days=30)
OPENED: Final[dict[str, Any]] = {"collected_at": BEFORE, "collected_by": rows.CONTACT}
NAME: Final = 'Käse & "Söhne" 株式会社'

STATES: Final[Mapping[str, dict[str, Any]]] = {
    "active": OPENED,
    "overlapping": OPENED | {"succeeded_at": BEFORE},
    "expired": OPENED | {"issued_at": NOW - timedelta(days=200), "expires_at": NOW},
    "revoked": OPENED | {"revoked_at": BEFORE},
    "retired": OPENED | {"succeeded_at": BEFORE, "retired_at": BEFORE},
    "suspended": OPENED | {"suspended_at": BEFORE},
    "pending": {},
    "disabled": OPENED,
    "removed": OPENED,
    "elsewhere": OPENED,
}
"""A token of each: what is kept of it. The last three are other third parties', the very last in another workspace."""

REFUSED: Final = sorted(STATES.keys() - {"active", "overlapping"})
NEVER_HEARD_OF: Final = ("unknown", "malformed", "client secret")


def secret_text(number: int, prefix: str = TOKEN_PREFIX) -> str:
    return mint(prefix, number.to_bytes(32)).reveal()


@dataclass
class Api:
    """What a resource server knows: where to ask, who it is, and the tokens that it was sent."""

    world: World
    port: Sized = ()
    url: str = ""
    id: str = "tpr_api"
    secret: str = secret_text(1, CLIENT_SECRET_PREFIX)
    secret_of_removed: str = secret_text(2, CLIENT_SECRET_PREFIX)
    secret_elsewhere: str = secret_text(3, CLIENT_SECRET_PREFIX)
    tokens: Mapping[str, str] = field(
        default_factory=lambda: {
            **{state: secret_text(100 + number) for number, state in enumerate(STATES)},
            "unknown": secret_text(1_000),
            "malformed": secret_text(1_001)[:-1] + "?",
            "client secret": secret_text(1_002, CLIENT_SECRET_PREFIX),
        }
    )

    @property
    def ports(self) -> Ports:
        return self.world.ports

    @property
    def basic(self) -> str:
        return basic(self.id, self.secret)

    async def introspect(
        self, token: str | None = None, headers: Mapping[str, str] | None = None, *, path: str = "", **form: str
    ) -> Answer:
        """Ask by RFC 7662, authenticated by HTTP Basic unless `headers` say otherwise."""
        body = urlencode(({} if token is None else {"token": token}) | form)
        given = {"Authorization": self.basic} if headers is None else headers
        return await ask(self.url, "POST", f"/oauth/introspect{path}", {"Content-Type": FORM, **given}, body or b"&")

    async def check(
        self, *authorization: str, path: str = "", method: str = "GET", asker: Sequence[str] | None = None
    ) -> Answer:
        """Ask as a reverse proxy does."""
        proofs = [("X-Resource-Server-Secret", secret) for secret in ([self.secret] if asker is None else asker)]
        headers = [*proofs, *(("Authorization", each) for each in authorization)]
        return await ask(self.url, method, f"/oauth/check{path}", headers)


def basic(id_: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{id_}:{secret}'.encode()).decode()}"


async def _fill(api: Api) -> None:
    """Keep a token in each state, and who may ask."""
    database = api.world.database
    async with database.write(TEAM) as uow:
        for third_party in (
            rows.party(NAME, enabled=True),
            rows.party("Disabled", id="disabled"),
            rows.party("Removed", id="removed", removed_at=BEFORE),
        ):
            await uow.third_parties.add(third_party)
        server = ResourceServer(ResourceServerId(api.id), "API", digest_of(api.secret), BEFORE)
        await uow.resource_servers.add(server)
        removed = replace(
            server, id=ResourceServerId("tpr_old"), name="Old", secret_digest=digest_of(api.secret_of_removed)
        )
        await uow.resource_servers.add(removed.remove(NOW))
        for number, state in enumerate(STATES):
            if state != "elsewhere":
                party = state if state in ("disabled", "removed") else rows.PARTY
                await uow.tokens.add(_token(number, state, party))
        await uow.commit()
    async with database.write(WorkspaceId("T0THERE")) as uow:
        await uow.third_parties.add(rows.party("There", enabled=True))
        there = ResourceServer(ResourceServerId("tpr_there"), "There", digest_of(api.secret_elsewhere), BEFORE)
        await uow.resource_servers.add(there)
        await uow.tokens.add(_token(len(STATES) - 1, "elsewhere", rows.PARTY))
        await uow.commit()


def _token(number: int, state: str, party: str) -> Any:
    text = secret_text(100 + number)
    kept = {"token_digest": digest_of(text), "fingerprint": fingerprint(digest_of(text)), "third_party": party}
    return rows.token(**{"id": TokenId(state), "issued_at": BEFORE, **kept, **STATES[state]})


def digest_of(text: str) -> bytes:
    return digest(Secret(text))


_made: list[bytes] = []


async def _filled() -> bytes:
    """The database, made once in a process."""
    if not _made:
        with tempfile.TemporaryDirectory() as folder:
            api = Api(await World.make(Path(folder)))
            await _fill(api)
            await api.world.close()
            _made.append(api.world.file.read_bytes())
    return _made[0]


@asynccontextmanager
async def open_api(
    folder: Path, *, request_within: float = REQUEST_WITHIN, most: int = 1_000, parts: Mapping[str, Probe] | None = None
) -> AsyncIterator[Api]:
    """Open the internal port over a database of its own."""
    if not Kind.postgres:
        (folder / "thirdparty.db").write_bytes(await _filled())
    api = Api(await World.make(folder))
    if Kind.postgres:
        await _fill(api)
    probes = {"database": database_probe(api.world.database), **(parts or {})}
    routes = internal_routes(api.ports, ISSUER, probes)
    api.port = port = HttpPort(routes.answer, api.world.clock, most=most, request_within=request_within)
    async with listening("127.0.0.1", 0, port, settings="X") as api.url:
        yield api
    await api.world.close()
