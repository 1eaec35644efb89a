"""From a secret that somebody presents to the token that it belongs to."""

import hmac
from dataclasses import dataclass

from access.model.credentials import SecretKind, digest, kind_of
from access.model.secret import Secret
from access.model.token import Token
from access.ports import Ports, Reading


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """A token, given by itself or by its client secret."""

    token: Token
    presented: SecretKind


async def find_presented(presented: Secret, reading: Reading, ports: Ports) -> PresentedToken | None:
    """Return the token that a secret belongs to, compared in constant time, whatever has become of it.

    One that was made elsewhere has no shape of its own: it is found only where it is presented whole.
    """
    kind = kind_of(presented)
    if kind is not None:
        digests = [digest(presented)]
    else:
        digests = [each.digest for each in ports.vault.keyed_digests(reading.workspace, presented)]
    found = None
    for each in digests:
        token = await reading.tokens.by_digest(each)
        if token is not None and hmac.compare_digest(token.token_digest or b"", each):
            found = PresentedToken(token, SecretKind.TOKEN)
        elif token is not None and hmac.compare_digest(token.secret_digest or b"", each):
            found = PresentedToken(token, SecretKind.CLIENT_SECRET)
    return found
