"""Who may speak with the page: a browser on this machine that shows the page itself, and nobody through it."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets through what a browser sends on behalf of the page at `address`."""

    def __init__(self, address: str) -> None:
        port = urlsplit(address).port
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    def guarded(self, handler: Handler) -> Handler:
        """Put the checks before a handler."""

        async def checked(request: web.Request) -> web.StreamResponse:
            refused = self.refusal(request)
            if refused:
                return web.Response(status=403, text=refused, headers=HEADERS)
            return await handler(request)

        return checked

    def refusal(self, request: web.Request) -> str:
        """Why a request is not answered; "" for one that is.

        Another name for this machine is how a foreign site would reach in (DNS rebinding), so the host must be one of
        ours. What changes something must come from the page itself; a link from elsewhere may only open it.
        """
        if request.host not in self._hosts:
            return "This page answers on this machine only, as 127.0.0.1 or localhost."
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if request.method != "GET":
            own = request.headers.get("Origin") == f"http://{request.host}"
            return "" if own and site == "same-origin" else "Only the page itself may do this."
        opened = request.headers.get("Sec-Fetch-Mode") == "navigate"
        return "" if opened or site in ("same-origin", "none") else "Only the page itself may ask for this."
