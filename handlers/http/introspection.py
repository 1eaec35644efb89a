"""`POST /oauth/introspect`: RFC 7662, for the organisation's API."""

import json
import logging
from typing import Final

import structlog

from access.model.errors import AskerUnknown
from access.model.secret import Secret
from access.model.token import AskedToken, Verdict
from access.operations.check_token import Asker, Check, check_token
from access.ports import Ports
from handlers.http.client_authentication import Method, authentication, unproved
from handlers.http.exchange import JSON_HEADERS, Handler, HttpReply, HttpRequest
from handlers.http.forms import must_be_form, must_not_be_in_url, read_form
from handlers.http.problem import invalid_request

INACTIVE: Final = HttpReply(200, JSON_HEADERS, b'{"active": false}')
"""The answer for whatever is not accepted, why ever. Source: RFC 7662 §2.2."""

_INACTIVE: Final = {each: INACTIVE._replace(outcome=each.value) for each in Verdict}
_ACCEPTED: Final = Verdict.ACCEPTED.value
ASKER_UNKNOWN: Final = AskerUnknown.code
_UNKNOWN: Final = "It is not known who asks. Please check the id and the secret of the resource server."
_quoted: Final = json.JSONEncoder().encode
_log = structlog.get_logger()


def introspection(ports: Ports, issuer: str | None) -> Handler:
    """Return the handler. `issuer` is the bot's public address; without one, answers name no issuer."""
    issued_by = f',"iss":{_quoted(issuer)}' if issuer else ""

    async def introspect(request: HttpRequest) -> HttpReply:
        must_not_be_in_url(request.query)
        must_be_form(request.values("content-type"), request.values("content-encoding"))
        form = read_form(request.body)
        proof = authentication(request.values("authorization"), form)
        if proof is None:
            raise unproved(_UNKNOWN, None, outcome=ASKER_UNKNOWN)
        asker = form.get("client_id") if proof.method is Method.BEARER else proof.id or ""
        presented = form.get("token", "")
        try:
            check = await check_token(Asker(proof.secret, asker), Secret(presented), ports)
        except AskerUnknown:
            raise unproved(_UNKNOWN, proof.method, outcome=ASKER_UNKNOWN) from None
        if not presented:
            raise invalid_request("Please send the token that you ask about as the parameter token.")
        if check.accepted is None:
            log_refusal(check)
            return _INACTIVE[check.verdict]
        return HttpReply(200, JSON_HEADERS, _facts(check.accepted, issued_by), _ACCEPTED)

    return introspect


def log_refusal(check: Check) -> None:
    """Say in our own log, and nowhere else, why a token is not accepted.

    There may be thousands a second: at DEBUG, and asked before, as structlog takes long to find out that it need not.
    """
    if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        _log.debug("check_refused", outcome=check.verdict.value, token=check.token.id if check.token else None)


def _facts(token: AskedToken, issued_by: str) -> bytes:
    """Write what RFC 7662 §2.2 lists, and the third party. Formatting takes a tenth of what an encoder does."""
    client, subject = _quoted(token.client_id), _quoted(token.third_party)
    return (
        f'{{"active":true,"client_id":{client},"sub":{subject},"token_type":"Bearer",'
        f'"exp":{int(token.expires_at.timestamp())},"iat":{int(token.issued_at.timestamp())}{issued_by},'
        f'"third_party_id":{subject},"third_party_name":{_quoted(token.name)}}}'
    ).encode()
