"""Between a server that speaks ASGI and our endpoints, which know values alone."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from handlers.http.exchange import JSON_HEADERS, Handler, Header, HttpReply, HttpRequest, reply_to
from handlers.http.forms import MAX_BODY, too_large
from handlers.http.problem import Problem, invalid_request

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def _last(problem: Problem) -> HttpReply:
    reply = reply_to(problem)
    return reply._replace(headers=(*reply.headers, ("Connection", "close")))


_NO_HOST: Final = _last(invalid_request("Please send the header Host, once.", 400))
_VERSION: Final = _last(invalid_request("Please send HTTP/1.1.", 505))
_TOO_LARGE: Final = reply_to(too_large())
_TOO_LONG: Final = _last(invalid_request("The address and the headers are too long. Please send fewer.", 431))


def asgi_app(answer: Handler) -> App:
    """Return the application that answers each request with one handler, which raises nothing.

    It answers 413 to a body of more than MAX_BODY bytes; that one arrives in time is the connection's to see to.
    """

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = _by_name(scope["headers"])
        refusal = _what_is_wrong(scope["http_version"], headers)
        body = refusal or await _body(headers, receive)
        if isinstance(body, bytes):
            path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
            await _write(await answer(HttpRequest(scope["method"], path, query, headers, body)), send)
        elif body is not None:
            await _write(body, send)

    return app


async def refuse_long_head(_scope: MutableMapping[str, Any], _receive: Receive, send: Send) -> None:
    """Answer a request whose head is too long, without looking at it: an application, too."""
    await _write(_TOO_LONG, send)


def _by_name(given: Iterable[tuple[bytes, bytes]]) -> dict[str, Sequence[str]]:
    headers: dict[str, Sequence[str]] = {}
    for name, value in given:
        key, text = name.decode("latin-1"), value.decode("latin-1").strip(" \t")
        headers[key] = [*headers[key], text] if key in headers else [text]
    return headers


def _what_is_wrong(version: str, headers: Mapping[str, Sequence[str]]) -> HttpReply | None:
    hosts = len(headers.get("host", ()))
    if hosts != 1 and (hosts or version != "1.0"):
        return _NO_HOST  # RFC 9112 §3.2
    return None if version in ("1.1", "1.0") else _VERSION


async def _body(headers: Mapping[str, Sequence[str]], receive: Receive) -> bytes | HttpReply | None:
    """Return the body, or what to answer where it is too large; None, where nobody is there any more."""
    length = headers.get("content-length", ("0",))[0]
    if length == "0" and "transfer-encoding" not in headers:
        return b""
    if len(length) > 9 or int(length) > MAX_BODY:  # the server has seen to it that it is a number
        return _TOO_LARGE
    body = b""
    while len(body) <= MAX_BODY:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body += event["body"]
        if not event["more_body"]:
            return body if len(body) <= MAX_BODY else _TOO_LARGE
    return _TOO_LARGE


async def _write(reply: HttpReply, send: Send) -> None:
    headers = _JSON if reply.headers is JSON_HEADERS else _encoded(reply.headers)
    if reply.status != 204:  # it never has a body, and must not have a length (RFC 9110 §8.6)
        headers = [*headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _encoded(headers: Sequence[Header]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


_JSON: Final = _encoded(JSON_HEADERS)
"""Those of most answers."""
