"""`GET /oauth/check`: forward authentication for nginx, Caddy, Traefik and Envoy.

The reverse proxy asks before it passes a request on, and it passes on what was answered. So there are three answers:
204 with who sends the request, 401 with what the third party is told (RFC 6750 §3), and 403 where the asker may not
ask. nginx makes a 500 of everything else, which is right for the 503 that says that the database cannot be used, and
wrong for RFC 6750's 400: a malformed request gets 401 too. Envoy takes nothing but a 200 for a yes, and hands a 204 to
the client; below this address, where it alone asks, a 200 stands in the 204's place.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, quote

from access.model.errors import AskerUnknown
from access.model.secret import Secret
from access.model.token import AskedToken, Verdict
from access.operations.check_token import Asker, check_token
from access.ports import Ports
from handlers.http.client_authentication import BEARER
from handlers.http.exchange import Handler, HttpReply, HttpRequest, reply_to
from handlers.http.introspection import ASKER_UNKNOWN, log_refusal
from handlers.http.problem import NOT_KEPT, Problem

ASKERS_SECRET: Final = "x-resource-server-secret"
_BELOW: Final = "/oauth/check/"


def _unauthorized(error: str, description: str) -> HttpReply:
    challenge = f'{BEARER}, error="{error}", error_description="{description}"'
    return reply_to(Problem(401, error, description, {"WWW-Authenticate": challenge}))


MAY_NOT_ASK: Final = reply_to(
    Problem(
        403,
        "access_denied",
        "The API may not ask about tokens. Its operator checks X-Resource-Server-Secret.",
        outcome=ASKER_UNKNOWN,
    )
)
NO_TOKEN: Final = HttpReply(401, (("WWW-Authenticate", BEARER), *NOT_KEPT.items()), outcome="no_token")
"""Nothing says what is wrong where nothing was sent. Source: RFC 6750 §3.1."""

NOT_ACCEPTED: Final = _unauthorized("invalid_token", "The token is not accepted. Please ask who gave it to you.")
"""The same for an unknown, an expired and a revoked one."""

_NOT_ACCEPTED: Final = {each: NOT_ACCEPTED._replace(outcome=each.value) for each in Verdict}

MALFORMED: Final = _unauthorized("invalid_request", "Please send one token, in the header Authorization behind Bearer.")

_B64TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""Source: RFC 6750 §2.1."""


def forward_check(ports: Ports) -> Handler:
    """Return the handler, for every method, since Envoy sends that of the request which it asks about."""

    async def check(request: HttpRequest) -> HttpReply:
        asker = request.values(ASKERS_SECRET)
        if len(asker) != 1:
            return MAY_NOT_ASK
        presented = _presented(request)
        try:
            check = await check_token(Asker(Secret(asker[0])), Secret(presented or ""), ports)
        except AskerUnknown:
            return MAY_NOT_ASK
        if presented is None:
            return MALFORMED
        if not presented:
            return NO_TOKEN
        if check.accepted is None:
            log_refusal(check)
            return _NOT_ACCEPTED[check.verdict]
        status = 200 if request.path.startswith(_BELOW) else 204
        return HttpReply(status, _about(check.accepted), outcome=check.verdict.value)

    return check


def _presented(request: HttpRequest) -> str | None:
    """Return the token; "" where none was sent, and None where it cannot be told which one is meant."""
    if request.query and "access_token" in dict(parse_qsl(request.query)):
        return None  # RFC 6750 §2.3 discourages it, and §2 forbids it beside the header
    given = request.values("authorization")
    if not given:
        return ""
    if len(given) > 1:
        return None
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        return ""
    token = token.strip(" \t")
    return token if _B64TOKEN.fullmatch(token) else None


def _about(token: AskedToken) -> tuple[tuple[str, str], ...]:
    """Say who sends the request: all three always there, none of them empty, and in ASCII."""
    return (
        ("X-Third-Party-Id", token.third_party),
        ("X-Third-Party-Name", quote(token.name, safe="")),
        ("X-Token-Expires", token.expires_at.isoformat(timespec="seconds").replace("+00:00", "Z")),
        *NOT_KEPT.items(),
    )
