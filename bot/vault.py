"""Sealing and chaining, with the keys of the keyring.

What is sealed is `version (1 byte) · key id (8) · nonce (12) · AES-256-GCM ciphertext with its tag (16)`. Version, key
id and place are associated data: a ciphertext opens only in the workspace, table, row and column it was made for.
"""

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.model.errors import CredentialsUnreadable
from access.model.ids import ReasonHash, WorkspaceId
from access.model.secret import Secret
from access.ports.machine import KeyedDigest, Place, Random
from bot.keyring import KEY_ID_LENGTH, Keyring, Keys

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12  # NIST SP 800-38D §8.2.2: 96 random bits, safe for 2**32 values under one key
_HEADER_BYTES: Final = len(_VERSION) + KEY_ID_LENGTH
_HEADER_LENGTH: Final = _HEADER_BYTES.to_bytes(4)
_TEXT: Final = _HEADER_BYTES + _NONCE_BYTES


class SealingVault:
    """`access.ports.machine.Vault` over a keyring: the first key seals, all open but the retired."""

    def __init__(self, keys: Keys, random: Random) -> None:
        self._keys = keys
        self._random = random
        self._take(keys.now())

    def _take(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._first = keyring.first.id
        self._ciphers = {key.id: AESGCM(key.sealing.derive("seal")) for key in keyring.keys}
        self._header = _VERSION + self._first.encode()
        self._seals = self._ciphers[self._first]
        self._of_first = _HEADER_LENGTH + self._header
        headers = {_VERSION + key_id.encode(): cipher for key_id, cipher in self._ciphers.items()}
        self._by_header = {header: (cipher, _HEADER_LENGTH + header) for header, cipher in headers.items()}
        self._elsewhere = {key.id: key.sealing.derive("elsewhere") for key in keyring.keys}
        self._reason_key = keyring.first.sealing.derive("reason")

    def _follow(self) -> None:
        """Go by the keyring of this moment: the keys may have been rotated meanwhile, by another process."""
        if (keyring := self._keys.now()) is not self._keyring:
            self._take(keyring)

    def seal(self, secret: Secret, place: Place) -> bytes:
        """Encrypt a secret for one place, under the keyring's first key."""
        self._follow()
        header = self._header
        nonce = self._random.entropy(_NONCE_BYTES)
        sealed = self._seals.encrypt(nonce, secret.reveal().encode(), _associated(header, place))
        return header + nonce + sealed

    def open(self, sealed: bytes, place: Place) -> Secret:
        """Decrypt what was sealed for that place.

        Raises:
            CredentialsUnreadable: `problem` is damaged when `sealed` names no key, missing when the keyring does not
                have the key `key_id`, and else wrong: it was cut, changed or moved here from another place, or another
                key has that id.
        """
        self._follow()
        if not isinstance(sealed, bytes):  # SQLite keeps a text in such a column too, if somebody writes one there
            raise CredentialsUnreadable(problem="damaged", key_id=None)
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        key_id = _key_id(header[len(_VERSION) :])
        if key_id is None or not header.startswith(_VERSION):
            raise CredentialsUnreadable(problem="damaged", key_id=None)
        if key_id not in self._ciphers:
            raise CredentialsUnreadable(problem="missing", key_id=key_id)
        try:
            text = self._ciphers[key_id].decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _associated(header, place))
        except (InvalidTag, ValueError):  # ValueError: cut so short that there is no whole nonce
            raise CredentialsUnreadable(problem="wrong", key_id=key_id) from None
        return Secret(text.decode())

    def reseal(self, workspace: WorkspaceId, table: str, row: str, sealed: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Encrypt anew, under the keyring's first key, what was sealed for columns of a row. Raises what `open` does.

        It comes to the same as to open each value and to seal it again, in a third of the time.
        """
        self._follow()
        where, header, anew = _row(workspace, table, row), self._header, []
        nonces = self._random.entropy(_NONCE_BYTES * len(sealed))
        for column, value in sealed:
            former, there = value[:_HEADER_BYTES], where + _part(column)
            nonce, nonces = nonces[:_NONCE_BYTES], nonces[_NONCE_BYTES:]
            try:
                cipher, of_cipher = self._by_header[former]
                text = cipher.decrypt(value[_HEADER_BYTES:_TEXT], value[_TEXT:], of_cipher + there)
            except (KeyError, InvalidTag, ValueError):
                text = self.open(value, Place(workspace, table, row, column)).reveal().encode()  # says what is wrong
            anew.append(header + nonce + self._seals.encrypt(nonce, text, self._of_first + there))
        return anew

    def hash_reason(self, workspace: WorkspaceId, text: str) -> ReasonHash:
        """Return the HMAC-SHA-256 of a reason, in hex.

        The same words hash differently in another workspace, and after a rotation: each hash finds its own text.
        """
        self._follow()
        message = _joined(workspace.encode(), text.encode())
        return ReasonHash(hmac.digest(self._reason_key, message, hashlib.sha256).hex())

    def keyed_digest(self, workspace: WorkspaceId, secret: Secret) -> KeyedDigest:
        """Return what is kept of a secret that was made elsewhere, under the keyring's first key."""
        return self.keyed_digests(workspace, secret)[0]

    def keyed_digests(self, workspace: WorkspaceId, secret: Secret) -> Sequence[KeyedDigest]:
        """Return everything that may have been kept of it: under each key, the first one's first.

        What is presented may be anything that a program can send.
        """
        self._follow()
        message = _joined(workspace.encode(), secret.reveal().encode(errors="surrogatepass"))
        return [KeyedDigest(k, hmac.digest(key, message, hashlib.sha256)) for k, key in self._elsewhere.items()]


class ChainSeal:
    """`access.ports.machine.AuditSeal` over a keyring: `key id (8 bytes) · HMAC-SHA-256 (32)`."""

    def __init__(self, keys: Keys) -> None:
        self._source = keys
        self._take(keys.now())

    def _take(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._first = keyring.first.id
        self._keys = {key_id: root.derive("audit chain") for key_id, root in keyring.audit_roots.items()}

    def _follow(self) -> None:
        if (keyring := self._source.now()) is not self._keyring:
            self._take(keyring)

    def mac(self, previous: bytes, record: bytes) -> bytes:
        """Return the MAC that chains a record's canonical bytes to the MAC before it (b"" for the first)."""
        self._follow()
        return self._mac(self._first, previous, record)

    def verify(self, previous: bytes, record: bytes, mac: bytes) -> bool:
        """Tell, in constant time, whether `mac` is that of the record after `previous`. False for an unknown key."""
        self._follow()
        key_id = _key_id(mac[:KEY_ID_LENGTH])
        return key_id in self._keys and hmac.compare_digest(self._mac(key_id, previous, record), mac)

    def missing_key(self, mac: bytes) -> str | None:
        """Return the id of the key that a MAC names, if the keyring does not have it; None if it does, or for none."""
        key_id = _key_id(mac[:KEY_ID_LENGTH])
        return None if key_id in self._keys else key_id

    def _mac(self, key_id: str, previous: bytes, record: bytes) -> bytes:
        message = _joined(key_id.encode(), previous, record)
        return key_id.encode() + hmac.digest(self._keys[key_id], message, hashlib.sha256)


def _key_id(written: bytes) -> str | None:
    return written.decode() if len(written) == KEY_ID_LENGTH and written.isalnum() else None


def _associated(header: bytes, place: Place) -> bytes:
    return _HEADER_LENGTH + header + _row(place.workspace, place.table, place.row) + _part(place.column)


def _row(workspace: str, table: str, row: str) -> bytes:
    name = row.encode()
    return _before_row(workspace, table) + len(name).to_bytes(4) + name


@lru_cache(maxsize=64)
def _before_row(workspace: str, table: str) -> bytes:
    return _joined(workspace.encode(), table.encode())


@lru_cache(maxsize=64)
def _part(text: str) -> bytes:
    return _joined(text.encode())


def _joined(*parts: bytes) -> bytes:
    """Join with each part's length before it, so that no two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)
