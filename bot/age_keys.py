"""Contacts' public keys, read and encrypted to with age (https://age-encryption.org/v1).

A key is looked at closely before the library sees it: to one of a small order everybody could open what is encrypted,
and on such ones the library panics.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Final

import pyrage
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from access.model.contact_key import KeyKind, PublicKey, sole_line
from access.model.errors import CannotEncrypt, KeyUnusable
from access.model.secret import Secret

_AGE: Final = "age1"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_AGE_LENGTH: Final = len(_AGE) + 52 + 6  # 256 bits by five, and a checksum
_UNSUPPORTED: Final = ("ssh-dss", "ecdsa-", "sk-", "ssh-xmss", "webauthn-")
_P: Final = 2**255 - 19
_ED25519_LENGTH: Final = 32
_SHORTEST, _LONGEST = 2_048, 4_096
"""Bits of an RSA key. age takes no shorter ones, and pyrage no longer ones."""


class AgeKeys:
    """Implements `access.ports.machine.PublicKeys`."""

    def read(self, text: str) -> PublicKey:
        """Return the one key that somebody pasted, normalised. Raises KeyUnusable."""
        line = sole_line(text)
        if line.lower().startswith(_AGE):
            return _age(line)
        word = line.partition(" ")[0]
        if word.startswith(_UNSUPPORTED):
            raise KeyUnusable(problem="old_kind")
        if word not in (KeyKind.ED25519, KeyKind.RSA):
            raise KeyUnusable(problem="unknown")
        return _ssh(KeyKind(word), line)

    def encrypt(self, secret: Secret, key: str) -> str:
        """Return an armoured age file that only the owner of a normalised key opens. Raises CannotEncrypt."""
        try:
            return pyrage.encrypt(secret.reveal().encode(), [_recipient(key)], armored=True).decode()
        except (pyrage.RecipientError, pyrage.EncryptError, ValueError):
            raise CannotEncrypt from None


def _recipient(key: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    kind = pyrage.x25519.Recipient if key.startswith(_AGE) else pyrage.ssh.Recipient
    return kind.from_str(key)


def _age(line: str) -> PublicKey:
    key, _, rest = line.partition(" ")
    if rest:
        raise KeyUnusable(problem="several" if _AGE in rest.lower() else "damaged")
    if not key.isascii() or len(key) != _AGE_LENGTH:  # of the longer kinds, which Debian's age does not know either
        raise KeyUnusable(problem="unknown" if len(key) > _AGE_LENGTH else "damaged")
    if key not in (key.lower(), key.upper()):  # bech32 takes either, and no mixture
        raise KeyUnusable(problem="damaged")
    key = key.lower()
    _must_be_known_to_age(key)
    if not _is_safe(_bytes_of(key)):
        raise KeyUnusable(problem="damaged")
    return PublicKey(KeyKind.AGE, key, _fingerprint(key.encode()))


def _ssh(kind: KeyKind, line: str) -> PublicKey:
    """Read one line of `ssh-keygen`'s. Source of the format: RFC 4253 §6.6, RFC 8709 §4."""
    parts = line.split(" ")
    try:
        blob = base64.b64decode(parts[1], validate=True)
        word, *numbers = _strings(blob)
    except (IndexError, ValueError, binascii.Error):
        raise KeyUnusable(problem="damaged") from None
    if any(part.startswith(("ssh-", "ecdsa-", "sk-", _AGE)) for part in parts[2:]):
        raise KeyUnusable(problem="several")
    if word != kind.encode():
        raise KeyUnusable(problem="damaged")
    (_must_be_sound_ed25519 if kind is KeyKind.ED25519 else _must_be_sound_rsa)(numbers)
    key = f"{kind.value} {base64.b64encode(blob).decode()}"
    _must_be_known_to_age(key)
    return PublicKey(kind, key, _fingerprint(blob))


def _strings(blob: bytes) -> Iterator[bytes]:
    """Yield the parts of an SSH key. Raises ValueError where one ends too early."""
    while blob:
        length = int.from_bytes(blob[:4])
        part, blob = blob[4 : 4 + length], blob[4 + length :]
        if len(part) != length:
            raise ValueError("cut off")
        yield part


def _must_be_sound_ed25519(numbers: list[bytes]) -> None:
    if [len(each) for each in numbers] != [_ED25519_LENGTH]:
        raise KeyUnusable(problem="damaged")
    y = (int.from_bytes(numbers[0], "little") & (2**255 - 1)) % _P
    if y == 1:  # the neutral element, which has no place on the other curve
        raise KeyUnusable(problem="damaged")
    u = (1 + y) * pow(1 - y, -1, _P) % _P  # RFC 7748 §4.1
    if not _is_safe(u.to_bytes(_ED25519_LENGTH, "little")):
        raise KeyUnusable(problem="damaged")


def _must_be_sound_rsa(numbers: list[bytes]) -> None:
    if len(numbers) != 2 or not all(numbers) or any(each[0] & 0x80 for each in numbers):
        raise KeyUnusable(problem="damaged")
    exponent, modulus = map(int.from_bytes, numbers)
    if modulus.bit_length() < _SHORTEST:
        raise KeyUnusable(problem="short")
    if modulus.bit_length() > _LONGEST:
        raise KeyUnusable(problem="long")
    if exponent < 3 or not exponent & modulus & 1:
        raise KeyUnusable(problem="damaged")


def _must_be_known_to_age(key: str) -> None:
    try:
        _recipient(key)
    except (pyrage.RecipientError, ValueError):
        raise KeyUnusable(problem="damaged") from None


def _is_safe(point: bytes) -> bool:
    """Tell whether a point of X25519 is none of the few with which every secret is shared (RFC 7748 §6.1)."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:
        return False
    return True


def _bytes_of(key: str) -> bytes:
    """Return the point that a sound age1 key writes in bech32."""
    number = 0
    for character in key[len(_AGE) : -6]:
        number = number << 5 | _BECH32.index(character)
    return (number >> 4).to_bytes(_ED25519_LENGTH)


def _fingerprint(of: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(of).digest()).decode().rstrip("=")
