"""How a token and a client secret are written, recognised and hashed.

256 random bits in base62, a prefix that secret scanners recognise, and a CRC32 at the end with which a scanner, or a
check, tells a real one from a typing error without asking a database.
"""

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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

_LOOKS_LIKE: Final = re.compile(
    r"""(?<![0-9A-Z]) tp[ts]_[0-9A-Z]{8,}               # a word of its own, however damaged
    |   (?<![0-9A-Z]) t\s*p\s*[ts]\s*_(?:\s*[0-9A-Z]){30,}  # broken up by spaces or lines
    |   (?<!ht) tp[ts]_[0-9A-Z]{16,}                    # right behind another word; smtps_username is too short
    |   t\s*p\s*[ts]\s*_\s*[0-9A-Z]{30,}                 # and behind https, or with spaces in front, too""",
    re.IGNORECASE | re.VERBOSE,
)
_SPACES: Final = re.compile(r"\s+")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{8}")
_AROUND_FINGERPRINT: Final = re.compile(r"[\s.`]+")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ud800-\udfff]+"
)
"""Controls, lone surrogates, and what Unicode calls default-ignorable: nobody sees it when they paste it along."""


class SecretKind(StrEnum):
    """Which of the two secrets of a token something is."""

    TOKEN = "token"
    CLIENT_SECRET = "client_secret"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handoff carries and the contact is shown once: two of them are secrets that nobody else ever sees.

    What was made elsewhere may have come without a client secret.
    """

    handoff: HandoffId
    third_party_name: str
    client_id: ClientId
    client_secret: Secret | None
    token: Secret
    fingerprint: Fingerprint
    expires_at: datetime


def env_file(credentials: Credentials, api_url: str | None) -> Secret:
    """Return the credentials as a `.env` file: a line each, `NAME=value`, in UTF-8, each ended by a line feed."""
    lines = {
        "API_URL": api_url,
        "API_CLIENT_ID": credentials.client_id,
        "API_CLIENT_SECRET": credentials.client_secret.reveal() if credentials.client_secret else None,
        "API_TOKEN": credentials.token.reveal(),
    }
    return Secret("".join(f"{name}={value}\n" for name, value in lines.items() if value))


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


def kind_of(presented: Secret) -> SecretKind | None:
    """Tell what somebody presented, by how it is written; None if it can be neither a token nor a client secret."""
    text = presented.reveal()
    if not is_well_formed(text):
        return None
    return SecretKind.TOKEN if text.startswith(TOKEN_PREFIX) else SecretKind.CLIENT_SECRET


def digest(secret: Secret) -> bytes:
    """Return the SHA-256 that is kept for checking. A 256-bit random value needs no slow hash."""
    return hashlib.sha256(secret.reveal().encode()).digest()


def fingerprint(token_digest: bytes) -> Fingerprint:
    """Return the first 8 hex digits of a token's SHA-256."""
    return Fingerprint(token_digest.hex()[:8])


def typed_fingerprint(text: str) -> Fingerprint | None:
    """Return the fingerprint that somebody typed, in capitals, with spaces or with dots around it; None for others."""
    digits = _AROUND_FINGERPRINT.sub("", as_seen(text)).lower()
    return Fingerprint(digits) if _FINGERPRINT.fullmatch(digits) else None


def contains_secret(text: str) -> bool:
    """Tell whether `text` holds something that looks like a token or client secret, whole, damaged or broken up."""
    return _LOOKS_LIKE.search(as_seen(text)) is not None


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield each well-formed token or client secret in `text`, also one broken by spaces or invisible characters."""
    seen: set[str] = set()
    shown = as_seen(text)
    for candidate in (*WELL_FORMED.findall(shown), *WELL_FORMED.findall(_SPACES.sub("", shown))):
        if candidate not in seen and is_well_formed(candidate):
            seen.add(candidate)
            yield Secret(candidate)


def as_seen(text: str) -> str:
    """Return a text as its reader sees it: without what is invisible, and with wide letters as plain ones."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text))


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
