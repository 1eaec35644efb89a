"""The keyring: keys of which the first seals, and all open.

JSON, so that a person can see which keys there are and since when. A key holds two independent roots: one for what is
sealed, one for the audit trail's chain, so that neither says anything about the other. Of a key that was retired
nothing is left but the second: what it chained can be verified for ever, and what it sealed be opened never again.
"""

import base64
import json
import os
import re
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final, Never, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access.ports.machine import Random
from bot.errors import CommandError
from bot.private_file import create_private_file

KEY_ID_LENGTH: Final = 8
ROOT_BYTES: Final = 32

_VERSION: Final = 1
_KEY_ID: Final = re.compile(rf"[a-z2-7]{{{KEY_ID_LENGTH}}}")
_FIELDS: Final = frozenset({"id", "made_at", "sealing", "audit"})
_ABOUT: Final = (
    "The keys of thirdparty-bot. Whoever has this file and the database can read what is sealed; without it nobody "
    "can. Keep a copy, apart from the database's. The first key seals, all open; retired ones verify the audit trail."
)


class KeyringError(CommandError):
    """The keyring cannot be used.

    `found` names the file, and the key if it is one key's fault; `mend` says what to do. The message is both.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, found: str, mend: str) -> None:
        super().__init__(f"{found}: {mend}")
        self.found = found
        self.mend = mend


class Root:
    """32 secret bytes from which keys are derived, one for each purpose. Nothing shows the bytes themselves."""

    __slots__ = ("__material",)

    def __init__(self, material: bytes) -> None:
        if len(material) != ROOT_BYTES:
            raise ValueError("a root has 32 bytes")
        self.__material = material

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for a purpose, by HKDF-SHA256 (RFC 5869; no salt: the root is uniformly random)."""
        return HKDF(SHA256(), ROOT_BYTES, salt=None, info=f"thirdparty-bot {purpose}".encode()).derive(self.__material)

    def __repr__(self) -> str:
        return "Root(…)"

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a Root is not copied, pickled or serialised")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the keyring. `made_at` is in UTC."""

    id: str
    made_at: datetime
    sealing: Root
    audit: Root


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """What is left of a key that seals and opens nothing any more."""

    id: str
    made_at: datetime
    audit: Root


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys in the file's order; there is at least one. `retired` ones only verify."""

    keys: Sequence[Key]
    retired: Sequence[RetiredKey] = ()

    @property
    def first(self) -> Key:
        """The key that seals."""
        return self.keys[0]

    @property
    def audit_roots(self) -> Mapping[str, Root]:
        """The roots by which the audit trail is verified, by the keys' ids."""
        every: Sequence[Key | RetiredKey] = (*self.keys, *self.retired)
        return {key.id: key.audit for key in every}

    def now(self) -> "Keyring":
        """Return itself: it does not change (`Keys`)."""
        return self


class Keys(Protocol):
    """Where the keyring is that counts at this moment."""

    def now(self) -> Keyring:
        """Return it."""


def load_keyring(path: Path) -> Keyring:
    """Read a keyring file.

    Raises:
        KeyringError: it is missing, not a regular file, owned by somebody else than us or root, open to its group or
            to others, or damaged.
    """
    return parse_keyring(read_keyring_file(path), str(path))


def parse_keyring(text: str, where: str) -> Keyring:
    """Read a keyring. `where` it was found is named by what is wrong with it. Raises KeyringError."""
    content = _content(text, where)
    keys = [_key(entry, number, where) for number, entry in enumerate(content["keys"], start=1)]
    retired = [_retired(entry, number, where) for number, entry in enumerate(content["retired"], start=len(keys) + 1)]
    keyring = Keyring(tuple(keys), tuple(retired))
    if len(keyring.audit_roots) < len(keys) + len(retired):
        raise _damaged(where, "two keys have the same id")
    return keyring


def with_new_key(text: str, where: str, *, now: datetime, random: Random) -> str:
    """Return a keyring with one more key, the first. Raises KeyringError."""
    content = _content(text, where)
    return _written([_new_entry(now, random), *content["keys"]], content["retired"])


def without_key(text: str, where: str, *, key_id: str, verifies: bool) -> str:
    """Return a keyring in which a key opens nothing any more. `verifies`: it has to verify what it chained.

    Raises KeyringError.
    """
    content = _content(text, where)
    gone = [_without_sealing(entry) for entry in content["keys"] if entry["id"] == key_id and verifies]
    return _written([entry for entry in content["keys"] if entry["id"] != key_id], [*content["retired"], *gone])


def make_keyring(path: Path, *, now: datetime, random: Random) -> str:
    """Write a new keyring with one key, readable by its owner alone, and return the key's id.

    Raises:
        KeyringError: there is a file of that name already (it is never overwritten), or it cannot be written.
    """
    entry = _new_entry(now, random)
    try:
        create_private_file(path, _written([entry], []))
    except FileExistsError:
        raise KeyringError(
            f"{path} exists already, and a keyring is never overwritten", "name another file in THIRDPARTY_KEYRING_FILE"
        ) from None
    except OSError as error:
        raise KeyringError(
            f"The keyring {path} cannot be written ({error.strerror})", "name a place for it in THIRDPARTY_KEYRING_FILE"
        ) from None
    return str(entry["id"])


_Entry = dict[str, str]


def _new_entry(now: datetime, random: Random) -> _Entry:
    return {
        "id": random.identifier()[:KEY_ID_LENGTH],
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "sealing": base64.b64encode(random.entropy(ROOT_BYTES)).decode(),
        "audit": base64.b64encode(random.entropy(ROOT_BYTES)).decode(),
    }


def _without_sealing(entry: _Entry) -> _Entry:
    return {name: value for name, value in entry.items() if name != "sealing"}


def _written(keys: Sequence[_Entry], retired: Sequence[_Entry]) -> str:
    more = {"retired": retired} if retired else {}
    return json.dumps({"about": _ABOUT, "version": _VERSION, "keys": keys, **more}, indent=2) + "\n"


def read_keyring_file(path: Path) -> str:
    """Return what a keyring file holds. Raises KeyringError, as `load_keyring` does but for what is damaged."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            _must_be_private(path, os.fstat(file.fileno()))  # what is checked is what was opened
            return file.read().decode()
    except FileNotFoundError:
        raise KeyringError(
            f"There is no keyring {path}", "make one with `thirdparty-bot init`, or put back your copy of it"
        ) from None
    except OSError as error:
        raise KeyringError(
            f"The keyring {path} cannot be read ({error.strerror})", "give it, and its folder, to the bot's user"
        ) from None
    except UnicodeDecodeError:
        raise _damaged(str(path), "it is no text") from None


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe that nobody writes to must not make the start hang."""
    return os.open(path, flags | os.O_NONBLOCK)


def _must_be_private(path: Path, status: os.stat_result) -> None:
    where = shlex.quote(str(path))
    shared = stat.S_IRWXG | stat.S_IRWXO
    if status.st_uid == 0 and str(path.parent) == os.environ.get("CREDENTIALS_DIRECTORY"):
        shared &= ~stat.S_IRGRP  # systemd lets the service's user read it by an ACL, of which this bit is the mask
    if not stat.S_ISREG(status.st_mode):
        raise KeyringError(f"The keyring {path} is not a regular file", "name one in THIRDPARTY_KEYRING_FILE")
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyringError(f"The keyring {path} belongs to another user", f"chown {os.geteuid()} {where}")
    if status.st_mode & shared:
        raise KeyringError(f"The keyring {path} is open to others than its owner", f"chmod 600 {where}")


def _content(text: str, where: str) -> dict[str, list[_Entry]]:
    """Return the entries of both kinds, as JSON has them, of which each has its fields."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(where, "it is no JSON") from None
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        raise _damaged(where, f"it is not of version {_VERSION}")
    keys, retired = content.get("keys"), content.get("retired", [])
    if not isinstance(keys, list) or not keys or not isinstance(retired, list):
        raise _damaged(where, "it holds no key")
    wanted = [(entry, _FIELDS) for entry in keys] + [(entry, _FIELDS - {"sealing"}) for entry in retired]
    for number, (entry, fields) in enumerate(wanted, start=1):
        if not isinstance(entry, dict) or entry.keys() != fields:
            raise _damaged(where, f"key number {number} is incomplete")
        if not all(isinstance(value, str) for value in entry.values()):
            raise _damaged(where, f"key number {number} is unreadable")
    return {"keys": keys, "retired": retired}


def _key(entry: _Entry, number: int, where: str) -> Key:
    key_id, made_at = _known(entry, number, where)
    sealing, audit = _material(entry, "sealing", where), _material(entry, "audit", where)
    if sealing == audit:
        raise _damaged(where, f"the two roots of key {key_id} are the same")
    return Key(key_id, made_at, Root(sealing), Root(audit))


def _retired(entry: _Entry, number: int, where: str) -> RetiredKey:
    return RetiredKey(*_known(entry, number, where), Root(_material(entry, "audit", where)))


def _known(entry: _Entry, number: int, where: str) -> tuple[str, datetime]:
    key_id = entry["id"]
    if not _KEY_ID.fullmatch(key_id):
        raise _damaged(where, f"key number {number} has no proper id")
    try:
        return key_id, datetime.fromisoformat(entry["made_at"]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _damaged(where, f"key {key_id} is unreadable") from None


def _material(entry: _Entry, name: str, where: str) -> bytes:
    try:
        material = base64.b64decode(entry[name], validate=True)
    except ValueError:
        material = b""
    if len(material) != ROOT_BYTES:
        raise _damaged(where, f"key {entry['id']} is unreadable")
    return material


def _damaged(where: str, problem: str) -> KeyringError:
    return KeyringError(f"The keyring {where} is damaged ({problem})", "put back your copy of it")
