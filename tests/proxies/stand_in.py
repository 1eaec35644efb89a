"""Stands in for the internal port, until it is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from urllib.parse import quote

from aiohttp import BasicAuth, web

from access.model.errors import AskerUnknown
from access.model.secret import Secret
from access.operations.check_token import Asker, check_token
from access.ports import Ports
from tests.proxies.serving import serving


@asynccontextmanager
async def internal_port(ports: Ports) -> AsyncIterator[str]:
    async def check(request: web.Request) -> web.Response:
        given = request.headers.getall("Authorization", [""])[0]
        asker = Asker(Secret(request.headers.get("X-Resource-Server-Secret", "")))
        try:
            token = (await check_token(asker, Secret(given.partition("Bearer ")[2]), ports)).accepted
        except AskerUnknown:
            return web.Response(status=403)
        if token is None:
            error = ', error="invalid_token"' if given else ""
            return web.Response(status=401, headers={"WWW-Authenticate": f'Bearer realm="API"{error}'})
        return web.Response(
            status=200 if request.path.startswith("/oauth/check/") else 204,
            headers={
                "X-Third-Party-Id": token.third_party,
                "X-Third-Party-Name": quote(token.name, safe=""),
                "X-Token-Expires": token.expires_at.astimezone(UTC)
                .isoformat(timespec="seconds")
                .replace("+00:00", "Z"),
            },
        )

    async def introspect(request: web.Request) -> web.Response:
        form = await request.post()
        try:
            given = BasicAuth.decode(request.headers.get("Authorization", ""))
            asker = Asker(Secret(given.password), given.login)
            token = (await check_token(asker, Secret(str(form["token"])), ports)).accepted
        except (AskerUnknown, ValueError):
            return web.json_response({"error": "invalid_client"}, status=401)
        if token is None:
            return web.json_response({"active": False})
        about = {"third_party_id": token.third_party, "third_party_name": token.name}
        return web.json_response({"active": True, "exp": int(token.expires_at.timestamp()), **about})

    async def answer(request: web.Request) -> web.Response:
        return await (introspect if request.path == "/oauth/introspect" else check)(request)

    async with serving(answer) as address:
        yield address
