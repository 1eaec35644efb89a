"""The public port's endpoints that are values: a request is read here from aiohttp, and its answer is given back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from handlers.http.exchange import HttpReply, HttpRequest, reply_to
from handlers.http.forms import MAX_BODY, too_large
from handlers.http.problem import Problem, invalid_request
from handlers.http.routes import Routes

BODY_WITHIN_SECONDS: Final = 10.0
"""From the end of the headers on; a form of ours fits into one packet."""


def over_aiohttp(
    routes: Routes, *, within: float = BODY_WITHIN_SECONDS
) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    """Return an aiohttp handler of these endpoints.

    It answers 413 to a body of more than MAX_BODY bytes and 408 to one that does not come in time, and hangs up then.
    """

    async def handle(request: web.BaseRequest) -> web.Response:
        try:
            body = await _read(request, within)
        except Problem as problem:
            response = _response(reply_to(problem))
            response.force_close()
            return response
        return _response(await routes.answer(_as_value(request, body)))

    return handle


async def _read(request: web.BaseRequest, within: float) -> bytes:
    """Raises Problem."""
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY:
                    raise too_large()
    except TimeoutError:
        raise invalid_request("The body did not come in time. Please send it without a break.", 408) from None
    return bytes(body)


def _as_value(request: web.BaseRequest, body: bytes) -> HttpRequest:
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    return HttpRequest(request.method, request.path, request.rel_url.raw_query_string, headers, body)


def _response(reply: HttpReply) -> web.Response:
    return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
