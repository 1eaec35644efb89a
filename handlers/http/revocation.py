"""`POST /oauth/revoke`: RFC 7009, and for whoever has a token and does not say who they are."""

import math
from collections.abc import Callable
from typing import Final

import structlog

from access.model.errors import ClientUnknown, TokenOfAnother
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.operations.revoke_presented_token import (
    Client,
    Revocation,
    RevokePresentedToken,
    revoke_presented_token,
)
from access.ports import Ports
from handlers.error_text import explain
from handlers.http.client_authentication import Authentication, Method, authentication, unproved
from handlers.http.exchange import Handler, HttpReply, HttpRequest
from handlers.http.forms import must_be_form, must_not_be_in_url, read_form
from handlers.http.limiter import Limiter, OverLimit
from handlers.http.problem import NOT_KEPT, Problem, invalid_request

REVOKE: Final = "/oauth/revoke"
PER_SECOND: Final = 20
"""One costs about a millisecond, so that all that are taken cost a fiftieth of a core."""

BURST: Final = 100
"""For whoever has found many at once."""

DONE: Final = {each: HttpReply(200, tuple(NOT_KEPT.items()), outcome=each.value) for each in Revocation}
"""What was revoked, what had ended and what never was are answered alike. Source: RFC 7009 §2.2."""

_UNSUITABLE: Final = (
    "A bearer token does not prove who asks. Please send client ID and client secret, or the token alone as the "
    "parameter token."
)
_log = structlog.get_logger()


def revocation(workspace: WorkspaceId, ports: Ports, time: Callable[[], float]) -> Handler:
    """Return the handler. `time`: the event loop's clock.

    The limit is one for all, because behind a proxy every address is the proxy's. It stands before the database: a
    flood reads little there, and writes nothing.
    """
    limiter = Limiter(PER_SECOND, BURST, time)

    async def revoke(request: HttpRequest) -> HttpReply:
        presented, proof = _read(request)
        try:
            limiter.take()
            client = Client(proof.id, proof.secret) if proof else None
            command = RevokePresentedToken(workspace=workspace, presented=presented, client=client)
            outcome = await revoke_presented_token(command, ports)
        except OverLimit as flood:
            raise _later(flood) from None
        except (ClientUnknown, TokenOfAnother) as refusal:
            _log.warning("revocation_refused", outcome="refused", code=refusal.code)
            raise _refused(refusal, proof.method if proof else None) from None
        _log.info("revocation_asked", outcome=outcome.value)
        return DONE[outcome]

    return revoke


def _read(request: HttpRequest) -> tuple[Secret, Authentication | None]:
    """Return what is presented, and by whom; `token_type_hint` may be anything. Source: RFC 7009 §2.1.

    Raises: Problem.
    """
    must_not_be_in_url(request.query)
    must_be_form(request.values("content-type"), request.values("content-encoding"))
    form = read_form(request.body)
    proof = authentication(request.values("authorization"), form)
    if proof is not None and proof.method is Method.BEARER:
        raise unproved(_UNSUITABLE, None, outcome=ClientUnknown.code)
    if "token" not in form:
        raise invalid_request("Please send the token that is to be revoked as the parameter token.")
    return Secret(form["token"].strip()), proof  # whoever copied a space along would believe that it is revoked


def _refused(refusal: ClientUnknown | TokenOfAnother, method: Method | None) -> Problem:
    """Source: RFC 6749 §5.2; of another's token RFC 7009 §2.1 says that it is refused, and not with which error."""
    if isinstance(refusal, ClientUnknown):
        return unproved(explain(refusal), method, outcome=refusal.code)
    return Problem(400, "invalid_grant", explain(refusal), outcome=refusal.code)


def _later(flood: OverLimit) -> Problem:
    """Source: RFC 7009 §2.2.1: the token still exists, and the client may try again."""
    if flood.is_news:
        _log.warning("revocations_over_limit")
    wait = {"Retry-After": str(max(1, math.ceil(flood.wait)))}
    description = "Too many ask at the moment. Please try again a little later."
    return Problem(503, "temporarily_unavailable", description, wait, outcome="over_limit")
