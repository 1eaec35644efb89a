"""A contact's public key, to which their credentials are encrypted. It belongs to the contact of one third party.

Whoever has the contact's Slack account can do nothing with a key alone: neither a new key nor the removal of one takes
effect before an admin has decided about it. See ADR 17.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from access.model import events as happened
from access.model.contact import ContactProposal
from access.model.credentials import Credentials, as_seen, contains_secret, env_file
from access.model.errors import (
    KeyChangeDecided,
    KeyRequired,
    KeysChangedOften,
    KeyUnchanged,
    KeyUnusable,
    NoKeyToRemove,
    NotTheContact,
    OwnKey,
)
from access.model.ids import ClientId, ContactKeyId, Fingerprint, HandoffId, PersonId, ReasonHash, ThirdPartyId
from access.model.policy import Policy
from access.model.secret import Secret
from access.model.third_party import ThirdParty

MOST_CHANGES: Final = 3
WITHIN: Final = timedelta(hours=1)
"""So often a contact may ask for a change in that time: nobody makes the audit trail grow, or the admins weary."""

URL_LIMIT: Final = 500
"""An API's address of more bytes is left out of the encrypted file, which has to fit one block of Slack's."""

_SPACES: Final = re.compile(r"\s+")
_PRIVATE: Final = re.compile(
    r"""AGE-SECRET-KEY-(?:[A-Z]{1,9}-)?1[0-9A-Z]{6}            # age's own, whole or damaged
    |   AGE-PLUGIN-[A-Z0-9-]{1,40}-1[0-9A-Z]{6}                # what points to one on a device
    |   [-\u2010-\u2015]BEGIN[A-Z0-9]{0,40}PRIVATEKEY          # OpenSSH's, OpenSSL's, ssh.com's, PGP's
    |   PUTTY-USER-KEY-FILE-
    |   B3BLBNNZAC1RZXKTDJE                                    # the body of an OpenSSH key without its first line
    """,
    re.VERBOSE,
)
"""Written without spaces and in capitals. Each part is bounded, so that a long text costs no more than reading it."""


class KeyKind(StrEnum):
    """What kinds of keys there are, by the words with which they are written."""

    AGE = "age"
    ED25519 = "ssh-ed25519"
    RSA = "ssh-rsa"


class KeyOutcome(StrEnum):
    """How a change of a key was decided."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    """By a newer change."""

    WITHDRAWN = "withdrawn"
    """Whose it is can be the contact no more."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that can be encrypted to. `text` is one line, normalised, without the comment that may name somebody.

    `fingerprint`: of an SSH key what `ssh-keygen -l` prints; of an age key the same, of the key as it is written.
    """

    kind: KeyKind
    text: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ContactKey:
    """One change of a contact's key: another key, or, without a `kind`, none any more. It is decided once.

    `text` is kept as long as it may be needed. `ended_at`: an approved key is in force no longer.
    """

    id: ContactKeyId
    third_party: ThirdPartyId
    contact: PersonId
    asked_at: datetime
    kind: KeyKind | None = None
    text: str | None = None
    fingerprint: str | None = None
    decided_at: datetime | None = None
    decided_by: PersonId | None = None
    outcome: KeyOutcome | None = None
    ended_at: datetime | None = None

    @property
    def is_removal(self) -> bool:
        """Tell whether this asks for no key any more."""
        return self.kind is None

    @property
    def is_in_force(self) -> bool:
        """Tell whether credentials are encrypted to it."""
        return self.outcome is KeyOutcome.APPROVED and self.ended_at is None

    def approve(
        self, by: PersonId, former: "ContactKey | None", now: datetime
    ) -> tuple["ContactKey", "ContactKey | None", list[happened.Event]]:
        """Approve it; return it, and the key whose place it takes, which ends.

        Raises: KeyChangeDecided, OwnKey.
        """
        self.must_be_open()
        self._must_be_decided_by_another(by)
        approved = replace(self, decided_at=now, decided_by=by, outcome=KeyOutcome.APPROVED)
        if self.is_removal:
            approved = replace(approved, ended_at=now)
        ended = replace(former, ended_at=now, text=None) if former else None
        event = happened.ContactKeyApproved(
            self.third_party, key=self.id, contact=self.contact, former=former.id if former else None
        )
        return approved, ended, [event]

    def reject(self, by: PersonId, now: datetime) -> tuple["ContactKey", list[happened.Event]]:
        """Say no. Raises KeyChangeDecided, OwnKey."""
        self.must_be_open()
        self._must_be_decided_by_another(by)
        rejected = replace(self, decided_at=now, decided_by=by, outcome=KeyOutcome.REJECTED, text=None)
        return rejected, [happened.ContactKeyRejected(self.third_party, key=self.id, contact=self.contact)]

    def supersede(self, now: datetime) -> tuple["ContactKey", list[happened.Event]]:
        """End it because of a newer change. Raises KeyChangeDecided."""
        self.must_be_open()
        ended = replace(self, decided_at=now, outcome=KeyOutcome.SUPERSEDED, text=None)
        return ended, [happened.ContactKeySuperseded(self.third_party, key=self.id)]

    def end(self, now: datetime) -> tuple["ContactKey", list[happened.Event]]:
        """End it, waiting or in force, because whose it is can be the contact no more."""
        if self.outcome is None:
            ended = replace(self, decided_at=now, outcome=KeyOutcome.WITHDRAWN, text=None)
        else:
            ended = replace(self, ended_at=now, text=None)
        return ended, [happened.ContactKeyEnded(self.third_party, key=self.id)]

    def must_be_open(self) -> None:
        """Raises KeyChangeDecided."""
        if self.outcome is not None:
            raise KeyChangeDecided(outcome=self.outcome.value)

    def _must_be_decided_by_another(self, by: PersonId) -> None:
        if by == self.contact:
            raise OwnKey


@dataclass(frozen=True, slots=True)
class ContactKeys:
    """The key of somebody that is in force, and the change that waits for a decision."""

    in_force: ContactKey | None = None
    waiting: ContactKey | None = None

    def must_do(self, policy: Policy, *, problem: str) -> None:
        """Raises KeyRequired, with that `problem`, where credentials are shown encrypted only and there is no key."""
        if policy.require_contact_key and self.in_force is None:
            raise KeyRequired(problem=problem)


@dataclass(frozen=True, slots=True)
class EncryptedCredentials:
    """What a contact with a key of their own is shown: an armoured age file in the place of the secrets."""

    handoff: HandoffId
    third_party_name: str
    client_id: ClientId
    armoured: str
    key: ContactKey
    fingerprint: Fingerprint
    expires_at: datetime


def file_for(credentials: Credentials, api_url: str | None) -> Secret:
    """Return what is encrypted: the credentials as a `.env` file, and nothing besides."""
    return env_file(credentials, api_url if api_url and len(api_url.encode()) <= URL_LIMIT else None)


def keys_of(contact: PersonId | None, among: Iterable[ContactKey]) -> ContactKeys:
    """Return somebody's, among those of a third party that wait or are in force."""
    theirs = [key for key in among if key.contact == contact]
    return ContactKeys(
        in_force=next((key for key in theirs if key.is_in_force), None),
        waiting=next((key for key in theirs if key.outcome is None), None),
    )


def may_have_key(person: PersonId, party: ThirdParty | None, proposal: ContactProposal | None) -> bool:
    """Tell whether somebody may have a key: the contact, and whoever waits to become it (the open `proposal`)."""
    if party is None or party.removed_at is not None:
        return False
    proposed = proposal is not None and not proposal.deputy and proposal.contact == person
    return proposed or party.contact == person


def change_key(
    change: ContactKeyId,
    key: PublicKey | None,
    keys: ContactKeys,
    party: ThirdParty,
    proposal: ContactProposal | None,
    *,
    by: PersonId,
    hashed: ReasonHash | None,
    lately: int,
    now: datetime,
) -> tuple[ContactKey, ContactKey | None, list[happened.Event]]:
    """Ask for another key, or without a `key` for none; return it, and the change that waited before and ends.

    `hashed`: the keyed hash of the fingerprint. `proposal`: the open one. `lately`: how often they asked for a change
    within the time WITHIN.

    Raises: NotTheContact, KeyUnchanged, NoKeyToRemove, KeysChangedOften.
    """
    if not may_have_key(by, party, proposal):
        raise NotTheContact
    present = keys.waiting or keys.in_force
    if key is None and keys.in_force is None:
        raise NoKeyToRemove
    if present is not None and present.fingerprint == (key.fingerprint if key else None):
        raise KeyUnchanged(state="waiting" if keys.waiting else "in_force")
    if lately >= MOST_CHANGES:
        raise KeysChangedOften
    ended, news = keys.waiting.supersede(now) if keys.waiting else (None, [])
    asked = ContactKey(change, party.id, by, asked_at=now)
    of_contact = party.contact == by
    if key is None:
        return asked, ended, [*news, happened.ContactKeyRemovalAsked(party.id, key=change, contact=by)]
    registered = happened.ContactKeyRegistered(
        party.id, key=change, contact=by, kind=key.kind.value, hashed=hashed, of_contact=of_contact
    )
    return replace(asked, kind=key.kind, text=key.text, fingerprint=key.fingerprint), ended, [*news, registered]


_ENDING: Final = (
    happened.ContactApproved,
    happened.ContactRejected,
    happened.ContactUnreachable,
    happened.ProposalSuperseded,
    happened.ContactWithdrawn,
    happened.ContactGone,
    happened.DeputyTookOver,
    happened.ThirdPartyRemoved,
)


def may_end_keys(event: happened.Event) -> bool:
    """Tell whether keys of the third party have to be looked at after an event."""
    return isinstance(event, _ENDING)


def contains_private_key(text: str) -> bool:
    """Tell whether a text holds what looks like a private key, whole, damaged, or broken up by spaces and lines."""
    return _PRIVATE.search(_SPACES.sub("", as_seen(text)).upper()) is not None


def is_not_to_be_kept(text: str) -> bool:
    """Tell whether a text holds what looks like a token, a client secret or a private key."""
    return contains_secret(text) or contains_private_key(text)


def sole_line(text: str) -> str:
    """Return the one line that is a key, without what is around it: empty lines and lines of comment.

    Raises: KeyUnusable.
    """
    lines = [" ".join(line.split()) for line in as_seen(text).splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise KeyUnusable(problem="empty")
    if len(keys) > 1:
        raise KeyUnusable(problem="several")
    return keys[0]
