"""How a request says who it comes from: HTTP Basic, the form, or a bearer token. Pure; nobody is looked up here.

Source: RFC 6749 §2.3.1, RFC 7617, RFC 6750 §2.1.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from access.model.secret import Secret
from handlers.http.forms import decoded
from handlers.http.problem import Problem, invalid_client, invalid_request

BASIC: Final = 'Basic realm="thirdparty-bot", charset="UTF-8"'
BEARER: Final = 'Bearer realm="thirdparty-bot"'
"""What the header `WWW-Authenticate` asks for."""

_AUTHORIZATION: Final = re.compile(r"(?P<scheme>[!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +(?P<given>[-._~+/=0-9A-Za-z]+))?")


class Method(StrEnum):
    """By what a request says who it comes from."""

    BASIC = "basic"
    FORM = "form"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Authentication:
    """Who a request claims to come from, and its proof. A bearer token comes without an id."""

    method: Method
    secret: Secret
    id: str | None = field(default=None, repr=False)  # a client may have mixed the two up


def authentication(authorization: Sequence[str], form: Mapping[str, str]) -> Authentication | None:
    """Read the headers `Authorization`, as often as they came, and the form; None: neither holds a proof.

    A client ID without a secret proves nothing; beside the header it may say the same again.

    Raises: Problem: 400, for two methods at once (RFC 6749 §2.3); 401, for a header that cannot be understood.
    """
    if len(authorization) > 1:
        raise invalid_request("The header Authorization comes more than once. Please send it once.")
    secret = form.get("client_secret")
    if not authorization:
        return Authentication(Method.FORM, Secret(secret), form.get("client_id")) if secret else None
    if secret is not None:
        raise invalid_request(
            "The client authenticates in two ways. Please use either the header Authorization or client_secret."
        )
    found = _header(authorization[0])
    if found.method is Method.BASIC and form.get("client_id") not in (None, found.id):
        raise invalid_request("The form names another client_id than the header Authorization. Please leave one out.")
    return found


def unproved(description: str, method: Method | None, *, outcome: str) -> Problem:
    """Return the 401 of RFC 6749 §5.2 to a request that came with this method, and proved nothing by it.

    Each 401 has a challenge (RFC 9110 §15.5.2). After a bearer token it is RFC 6750 §3.1's, as RFC 7662 §2.3 wants it.
    """
    challenge = f'{BEARER}, error="invalid_token"' if method is Method.BEARER else BASIC
    return invalid_client(description, challenge, outcome=outcome)


def _header(text: str) -> Authentication:
    match = _AUTHORIZATION.fullmatch(text.strip(" \t"))
    scheme, given = (match["scheme"].lower(), match["given"] or "") if match else ("", "")
    if scheme == "bearer" and given:
        return Authentication(Method.BEARER, Secret(given))
    if scheme == "basic":
        try:
            id_, colon, secret = base64.b64decode(given, validate=True).partition(b":")
            if colon:  # both were URL-encoded before they were joined (RFC 6749 §2.3.1)
                return Authentication(Method.BASIC, Secret(decoded(secret)), decoded(id_))
        except (binascii.Error, Problem):
            pass
    raise invalid_client("The header Authorization cannot be understood. Please send HTTP Basic.", BASIC)
