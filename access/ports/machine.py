"""What is not in the database: the present, chance, sealing, who is who in Slack, what names look like, public keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from access.model.contact_key import PublicKey
from access.model.ids import ClientId, ReasonHash, WorkspaceId
from access.model.people import SlackPerson, SlackUser
from access.model.secret import Secret


class Clock(Protocol):
    """The present."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class Random(Protocol):
    """The system's generator."""

    def identifier(self) -> str:
        """Return a new random id: 26 characters of lower-case base32 (128 bits)."""

    def entropy(self, size: int) -> bytes:
        """Return `size` bytes from the system's generator."""


def client_id(random: Random) -> ClientId:
    """Make a client ID: public, so a random identifier with a prefix of its own is enough."""
    return ClientId(f"tpc_{random.identifier()}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives. A ciphertext moved to another place does not open."""

    workspace: WorkspaceId
    table: str
    row: str
    column: str


@dataclass(frozen=True, slots=True)
class KeyedDigest:
    """What is kept of a secret that was made elsewhere: HMAC-SHA-256 under the key of that id."""

    key_id: str
    digest: bytes


class Vault(Protocol):
    """Sealing, with keys that only the vault knows."""

    def seal(self, secret: Secret, place: Place) -> bytes:
        """Encrypt a secret for one place, under the keyring's first key.

        The result starts with one byte for its version and the eight of the key's id, so that it is known which key
        opens it.
        """

    def open(self, sealed: bytes, place: Place) -> Secret:
        """Decrypt what was sealed for that place. Raises CredentialsUnreadable, naming the key id."""

    def hash_reason(self, workspace: WorkspaceId, text: str) -> ReasonHash:
        """Return a keyed hash, so that a deleted reason cannot be guessed from the audit trail."""

    def keyed_digest(self, workspace: WorkspaceId, secret: Secret) -> KeyedDigest:
        """Return what is kept of a secret that was made elsewhere, under the keyring's first key."""

    def keyed_digests(self, workspace: WorkspaceId, secret: Secret) -> Sequence[KeyedDigest]:
        """Return everything that may have been kept of it: under each key, the first one's first."""


class AuditSeal(Protocol):
    """The chain of the audit trail, under a key root of its own."""

    def mac(self, previous: bytes, record: bytes) -> bytes:
        """Return the HMAC that chains a record's canonical bytes to the MAC before it (b"" for the first).

        The result starts with the id of the key it was made with (eight bytes), so that it can be verified after a
        rotation.
        """

    def verify(self, previous: bytes, record: bytes, mac: bytes) -> bool:
        """Tell, in constant time, whether `mac` is the one of that record after `previous`."""

    def missing_key(self, mac: bytes) -> str | None:
        """Return the id of the key that `mac` names, if that key is not there; None if it is, or if none is named."""


class Directory(Protocol):
    """Who is who in Slack."""

    async def look_up(self, user_id: str) -> SlackPerson | None:
        """Return what Slack says of an account now (at most 60 seconds old), or None if it knows no such user.

        Raises: DirectoryUnavailable, when Slack does not answer in time.
        """

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        """Return what Slack says of an account at this moment, whatever it said before; nobody waits for it.

        Raises: DirectoryUnavailable.
        """

    async def admins(self) -> Sequence[SlackUser]:
        """Return everybody who is an admin here. Raises DirectoryUnavailable."""


class Lookalikes(Protocol):
    """Which names can be mistaken for one another."""

    def skeleton(self, name: str) -> str:
        """Return what all names that look like this one have in common; people never see it."""


class PublicKeys(Protocol):
    """What is to be known of public keys, and what is done with them."""

    def read(self, text: str) -> PublicKey:
        """Return the one key that somebody pasted, normalised. Raises KeyUnusable. Of the text nothing is kept."""

    def encrypt(self, secret: Secret, key: str) -> str:
        """Return an armoured age file that only the owner of a normalised key opens. Raises CannotEncrypt."""
