"""The keyring: a file of keys. The first seals, all open.

JSON, so that a person can see which keys there are and since when. A key holds two independent roots: one for what is
sealed, one for the audit trail's chain, so that neither says anything about the other.
"""

import base64
import json
import os
import re
import shlex
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final, Never

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access.ports import Random
from bot.errors import CommandError
from bot.private_file import create_private_file

KEY_ID_LENGTH: Final = 8
ROOT_BYTES: Final = 32

_VERSION: Final = 1
_KEY_ID: Final = re.compile(rf"[a-z2-7]{{{KEY_ID_LENGTH}}}")
_ABOUT: Final = (
    "The keys of thirdparty-bot. Whoever has this file and the database can read what is sealed; without it nobody "
    "can. Keep a copy, apart from the database's. The first key seals, all open."
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
class Keyring:
    """The keys in the file's order; there is at least one."""

    keys: Sequence[Key]

    @property
    def first(self) -> Key:
        """The key that seals."""
        return self.keys[0]


def load_keyring(path: Path) -> Keyring:
    """Read a keyring file.

    Raises:
        KeyringError: it is missing, not a regular file, owned by somebody else than us or root, open to its group or
            to others, or damaged.
    """
    text = _read_private(path)
    try:
        content = json.loads(text)
    except ValueError:
        raise _damaged(path, "it is no JSON") from None
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        raise _damaged(path, f"it is not of version {_VERSION}")
    entries = content.get("keys")
    if not isinstance(entries, list) or not entries:
        raise _damaged(path, "it holds no key")
    keys = [_parse(path, number, entry) for number, entry in enumerate(entries, start=1)]
    if len({key.id for key in keys}) < len(keys):
        raise _damaged(path, "two keys have the same id")
    return Keyring(tuple(keys))


def make_keyring(path: Path, *, now: datetime, random: Random) -> str:
    """Write a new keyring with one key, readable by its owner alone, and return the key's id.

    Raises:
        KeyringError: there is a file of that name already (it is never overwritten), or it cannot be written.
    """
    entry = {
        "id": random.identifier()[:KEY_ID_LENGTH],
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "sealing": base64.b64encode(random.entropy(ROOT_BYTES)).decode(),
        "audit": base64.b64encode(random.entropy(ROOT_BYTES)).decode(),
    }
    text = json.dumps({"about": _ABOUT, "version": _VERSION, "keys": [entry]}, indent=2) + "\n"
    try:
        create_private_file(path, text)
    except FileExistsError:
        raise KeyringError(
            f"{path} exists already, and a keyring is never overwritten", "name another file in THIRDPARTY_KEYRING_FILE"
        ) from None
    except OSError as error:
        raise KeyringError(
            f"The keyring {path} cannot be written ({error.strerror})", "name a place for it in THIRDPARTY_KEYRING_FILE"
        ) from None
    return entry["id"]


def _read_private(path: Path) -> str:
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
        raise _damaged(path, "it is no text") from None


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe that nobody writes to must not make the start hang."""
    return os.open(path, flags | os.O_NONBLOCK)


def _must_be_private(path: Path, status: os.stat_result) -> None:
    where = shlex.quote(str(path))
    if not stat.S_ISREG(status.st_mode):
        raise KeyringError(f"The keyring {path} is not a regular file", "name one in THIRDPARTY_KEYRING_FILE")
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyringError(f"The keyring {path} belongs to another user", f"chown {os.geteuid()} {where}")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyringError(f"The keyring {path} is open to others than its owner", f"chmod 600 {where}")


def _parse(path: Path, number: int, entry: object) -> Key:
    if not isinstance(entry, dict) or entry.keys() != {"id", "made_at", "sealing", "audit"}:
        raise _damaged(path, f"key number {number} is incomplete")
    key_id = entry["id"]
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise _damaged(path, f"key number {number} has no proper id")
    try:
        made_at = datetime.fromisoformat(entry["made_at"]).astimezone(UTC)
        sealing, audit = (base64.b64decode(entry[name], validate=True) for name in ("sealing", "audit"))
        if sealing == audit:
            raise _damaged(path, f"the two roots of key {key_id} are the same")
        return Key(key_id, made_at, Root(sealing), Root(audit))
    except (TypeError, ValueError):
        raise _damaged(path, f"key {key_id} is unreadable") from None


def _damaged(path: Path, problem: str) -> KeyringError:
    return KeyringError(f"The keyring {path} is damaged ({problem})", "put back your copy of it")
