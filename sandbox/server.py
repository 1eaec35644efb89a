"""The sandbox's HTTP server on loopback: Web API, response URLs, Socket Mode and the page, all with Slack's `Date`."""

import json
import socket
from collections.abc import Iterable
from email.utils import format_datetime

from aiohttp import web

from sandbox.clock import MovableClock
from sandbox.faults import Faults, answer_under
from sandbox.refusals import SlackError
from sandbox.responses import Responses
from sandbox.socket_mode import SocketMode
from sandbox.traffic import Traffic
from sandbox.web_api import WebApi

HOST = "127.0.0.1"
_STOP_WITHIN = 0.1


def listen(port: int) -> tuple[socket.socket, str]:
    """Take a port on loopback, 0 for a free one. Returns: the socket and the address behind it."""
    taken = socket.create_server((HOST, port))
    return taken, f"http://{HOST}:{taken.getsockname()[1]}"


class Server:
    """Brings requests to the parts that answer them."""

    def __init__(
        self,
        api: WebApi,
        responses: Responses,
        socket_mode: SocketMode,
        faults: Faults,
        traffic: Traffic,
        *,
        page: Iterable[web.RouteDef],
    ) -> None:
        self._responses = responses
        self._faults = faults
        self._traffic = traffic
        app = web.Application()
        app.router.add_route("*", "/api/{method}", api.handle)
        app.router.add_get("/link", socket_mode.handle)
        app.router.add_post("/{kind:commands|actions}/{rest:.+}", self._respond)
        app.router.add_routes(page)
        self._app = app
        self._runner = web.AppRunner(app, shutdown_timeout=_STOP_WITHIN, access_log=None)

    async def start(self, taken: socket.socket, clock: MovableClock) -> None:
        """Serve on a socket, dated by a clock."""

        async def date(_: web.Request, response: web.StreamResponse) -> None:
            response.headers["Date"] = format_datetime(clock.now(), usegmt=True)

        self._app.on_response_prepare.append(date)
        await self._runner.setup()
        await web.SockSite(self._runner, taken).start()

    async def stop(self) -> None:
        """Close every connection and the port."""
        await self._runner.cleanup()

    async def _respond(self, request: web.Request) -> web.Response:
        """A response URL: `ok`, or 404 for a spent one, 400 for a message that Slack refuses."""
        text = (await request.read()).decode(errors="replace")
        self._traffic.came("response_url", request.path, text)

        def refusal(code: str) -> web.Response:
            status = 404 if code in ("expired_url", "used_url") else 400
            return web.json_response({"ok": False, "error": code}, status=status)

        async def effect() -> web.Response:
            try:
                content = json.loads(text)
            except ValueError:
                return refusal("invalid_payload")
            if not isinstance(content, dict):
                return refusal("invalid_payload")
            try:
                self._responses.use(request.path, content)
            except SlackError as refused:
                return refusal(refused.code)
            return web.Response(text="ok")

        return await answer_under(self._faults.take("response_url"), request, effect, refusal)
