"""How a token and a client secret are written, recognised and hashed.

256 random bits in base62, a prefix that secret scanners recognise, and a CRC32 at the end with which a scanner, or a
check, tells a real one from a typing error without asking a database.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.ids import ClientId, Fingerprint, HandoffId
from access.model.secret import Secret

TOKEN_PREFIX: Final = "tpt_"
CLIENT_SECRET_PREFIX: Final = "tps_"
ENTROPY_BYTES: Final = 32

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY_LENGTH: Final = 43  # 62**43 > 2**256
_CHECKSUM_LENGTH: Final = 6  # 62**6 > 2**32

WELL_FORMED: Final = re.compile(rf"tp[ts]_[0-9A-Za-z]{{{_BODY_LENGTH + _CHECKSUM_LENGTH}}}")
"""What a whole token or client secret looks like; published for secret scanners."""

_LOOKS_LIKE: Final = re.compile(r"(?<![0-9A-Za-z])tp[ts]_[0-9A-Za-z]{8,}", re.IGNORECASE)
_LONG: Final = re.compile(r"tp[ts]_[0-9A-Za-z]{30,}", re.IGNORECASE)  # what `https_callback` never gets to
_SPACING: Final = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handoff carries and the contact is shown once: two of them are secrets that nobody else ever sees."""

    handoff: HandoffId
    third_party_name: str
    client_id: ClientId
    client_secret: Secret
    token: Secret
    fingerprint: Fingerprint
    expires_at: datetime


def mint(prefix: str, entropy: bytes) -> Secret:
    """Write 32 random bytes as a token or client secret.

    Args:
        prefix: `TOKEN_PREFIX` or `CLIENT_SECRET_PREFIX`.
        entropy: exactly `ENTROPY_BYTES` bytes from the system's generator.

    Raises:
        ValueError: if `entropy` has another length.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError("a secret is made of 32 random bytes")
    body = prefix + _base62(int.from_bytes(entropy), _BODY_LENGTH)
    return Secret(body + _checksum(body))


def is_well_formed(text: str) -> bool:
    """Tell by length, alphabet and checksum whether `text` can be a token or client secret of ours."""
    return bool(WELL_FORMED.fullmatch(text)) and _checksum(text[:-_CHECKSUM_LENGTH]) == text[-_CHECKSUM_LENGTH:]


def digest(secret: Secret) -> bytes:
    """Return the SHA-256 that is kept for checking. A 256-bit random value needs no slow hash."""
    return hashlib.sha256(secret.reveal().encode()).digest()


def fingerprint(token_digest: bytes) -> Fingerprint:
    """Return the first 8 hex digits of a token's SHA-256."""
    return Fingerprint(token_digest.hex()[:8])


def contains_secret(text: str) -> bool:
    """Tell whether `text` holds something that looks like a token or client secret, whole, damaged or broken up."""
    return bool(_LOOKS_LIKE.search(text) or _LONG.search(_SPACING.sub("", text)))


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield each well-formed token or client secret in `text`, also one broken by spaces or invisible characters."""
    seen: set[str] = set()
    for candidate in (*WELL_FORMED.findall(text), *WELL_FORMED.findall(_SPACING.sub("", text))):
        if candidate not in seen and is_well_formed(candidate):
            seen.add(candidate)
            yield Secret(candidate)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
