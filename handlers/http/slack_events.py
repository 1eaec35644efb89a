"""HTTP mode: Slack's requests, checked in our own order before Bolt sees them.

Size, content type, signature, decoding, shape. Bolt parses before it verifies: it answers 500 to bad UTF-8, bad JSON
and payloads without the parts it counts on, and takes a command whose text holds the word "payload" for an empty one.
Its verification reads the system's clock, too, and a sandbox's has to be movable. So Bolt gets the payload as Socket
Mode would hand it over, parsed and trusted, and the app may be made with `request_verification_enabled=False`.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from access.model.secret import Secret
from access.ports.machine import Clock
from handlers.payloads import is_understood

SLACK_EVENTS: Final = "/slack/events"
MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes. A view may hold 250 KB, and form encoding makes up to three times as much of it."""

WINDOW_SECONDS: Final = 300
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_UTF8: Final = frozenset({"utf-8", "utf8"})
_log = structlog.get_logger()

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def slack_events_route(app: AsyncApp, signing_secret: Secret, clock: Clock, *, max_body: int = MAX_BODY) -> Handler:
    """Return the handler for `POST /slack/events`.

    It answers 405 to another method, 413 to a body of more than `max_body` bytes, 415 to a content type that Slack does
    not send, 401 without a valid signature of the last five minutes, 400 to a signed request that makes no sense, and
    else what Bolt and our reception answer.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        body = await _read(request, max_body)
        if request.content_type not in (_FORM, _JSON) or (request.charset or "utf-8").lower() not in _UTF8:
            raise web.HTTPUnsupportedMediaType(text="Slack sends forms and JSON, in UTF-8.")
        if not _is_signed(request, body, signing_secret, clock):
            raise web.HTTPUnauthorized(text="The signature is missing, wrong or too old.")
        try:
            payload = _payload(body.decode(), request.content_type)
            bolt_request = AsyncBoltRequest(body=_sensible(payload), mode="socket_mode")
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise web.HTTPBadRequest(text="The body cannot be understood.") from None
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    return handle


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise web.HTTPRequestEntityTooLarge(limit, len(body))
    return bytes(body)


def _is_signed(request: web.BaseRequest, body: bytes, signing_secret: Secret, clock: Clock) -> bool:
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        return False
    expected = hmac.new(signing_secret.reveal().encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"v0={expected}".encode(), signature.encode(errors="replace")):
        return False
    age = clock.now().timestamp() - int(stamp)
    if abs(age) > WINDOW_SECONDS:  # somebody repeats what Slack once sent, or this machine's clock is wrong
        _log.warning("request_out_of_time", seconds=round(age))
        return False
    return True


def _payload(text: str, content_type: str) -> object:
    if content_type == _JSON:
        return json.loads(text)
    fields = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=100))
    return json.loads(fields["payload"]) if "payload" in fields else fields


def _sensible(payload: object) -> dict[str, Any]:
    """Return a payload in which Bolt and our listeners find what they count on. Raises ValueError."""
    if not isinstance(payload, dict) or not is_understood(payload):
        raise ValueError("not a payload that Slack sends to this app")
    return payload
