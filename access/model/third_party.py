"""The outside organisation that gets access, and the rules of its own switch."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from access.model import events as happened
from access.model.errors import (
    AlreadyDisabled,
    AlreadyEnabled,
    CallbackUrlInvalid,
    DeputyUnsuitable,
    DeputyWithoutContact,
    NameInvalid,
    NotTheDeputy,
    OwnerUnsuitable,
    TextTooLong,
    ThirdPartyDisabled,
    ThirdPartyNotFound,
)
from access.model.ids import ClientId, PersonId, ProposalId, ReasonHash, ThirdPartyId
from access.model.people import Role, SlackPerson

NAME_LIMIT: Final = 80
CALLBACK_URL_LIMIT: Final = 2_000
TEXT_LIMIT: Final = 500
"""Characters in a note or a reason."""

_EDITABLE: Final = ("name", "callback_url", "owner", "deputy_owner", "notes")
_LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A third party as it is kept. `contact` is the approved contact, `enabled` the switch of its own.

    `deputy_contact` is approved in the same way, and takes the contact's place when that one has gone.
    `restored_at`: when it last came back out of a backup. `decided_at`: when it was decided after that whether it works
    again; at once where it was not enabled when the backup was made.
    """

    id: ThirdPartyId
    name: str
    client_id: ClientId
    owner: PersonId
    registered_at: datetime
    callback_url: str | None = None
    deputy_owner: PersonId | None = None
    notes: str = ""
    contact: PersonId | None = None
    deputy_contact: PersonId | None = None
    enabled: bool = False
    removed_at: datetime | None = None
    restored_at: datetime | None = None
    decided_at: datetime | None = None

    @property
    def awaits_confirmation(self) -> bool:
        """Tell whether it was enabled when a backup was made, was restored, and nobody has decided about it since."""
        return self.restored_at is not None and self.decided_at is None and self.removed_at is None

    @property
    def was_enabled_at_backup(self) -> bool:
        """Tell whether it was enabled when the backup was made from which it was restored last."""
        return self.restored_at is not None and self.decided_at != self.restored_at

    def is_owned_by(self, person: PersonId | None) -> bool:
        """Tell whether `person` is the owner or the deputy owner."""
        return person is not None and person in (self.owner, self.deputy_owner)

    def edit(
        self, *, name: str, callback_url: str | None, owner: PersonId, deputy_owner: PersonId | None, notes: str
    ) -> tuple["ThirdParty", list[happened.Event]]:
        """Take new details, all of them checked and normalised here.

        Raises:
            NameInvalid, CallbackUrlInvalid, TextTooLong, OwnerUnsuitable: a value that the rules refuse.
            ThirdPartyNotFound: it was removed meanwhile.
        """
        self._must_exist()
        if owner == deputy_owner:
            raise OwnerUnsuitable(problem="same")
        edited = replace(
            self,
            name=checked_name(name),
            callback_url=checked_callback_url(callback_url),
            owner=owner,
            deputy_owner=deputy_owner,
            notes=checked_text(notes),
        )
        changed = tuple(field for field in _EDITABLE if getattr(edited, field) != getattr(self, field))
        if not changed:
            return self, []
        news: list[happened.Event] = [happened.ThirdPartyEdited(self.id, fields=changed)]
        if "owner" in changed:
            news.append(happened.OwnerAssigned(self.id, owner=owner, former=self.owner))
        return edited, news

    def enable(self, now: datetime) -> tuple["ThirdParty", list[happened.Event]]:
        """Turn the switch on. Raises AlreadyEnabled, ThirdPartyNotFound."""
        self._must_exist()
        if self.enabled:
            raise AlreadyEnabled
        decided_at = now if self.awaits_confirmation else self.decided_at
        enabled = replace(self, enabled=True, decided_at=decided_at)
        return enabled, [happened.ThirdPartyEnabled(self.id, owner=self.owner)]

    def restore(self, now: datetime) -> tuple["ThirdParty", list[happened.Event]]:
        """Come back out of a backup, which knows nothing of what was ended since: off, until an admin decides.

        Of a restored one about which nobody had decided yet when the backup was made, that is asked again. Raises
        ThirdPartyNotFound.
        """
        self._must_exist()
        asks = self.enabled or self.awaits_confirmation
        restored = replace(self, enabled=False, restored_at=now, decided_at=None if asks else now)
        disabled = [happened.ThirdPartyDisabledByRestore(self.id, owner=self.owner)] if self.enabled else []
        return restored, [*disabled]

    def confirm(self, now: datetime) -> tuple["ThirdParty", list[happened.Event]]:
        """Enable it as it was when the backup was made; nothing happens if somebody has decided about it since."""
        if not self.awaits_confirmation:
            return self, []
        confirmed = replace(self, enabled=True, decided_at=now)
        return confirmed, [happened.ThirdPartyEnabledAfterRestore(self.id, owner=self.owner)]

    def disable(self, reason: ReasonHash | None) -> tuple["ThirdParty", list[happened.Event]]:
        """Turn the switch off; the next check is refused. Raises AlreadyDisabled, ThirdPartyNotFound."""
        self._must_exist()
        if not self.enabled:
            raise AlreadyDisabled
        return replace(self, enabled=False), [happened.ThirdPartyDisabled(self.id, owner=self.owner, reason=reason)]

    def remove(self, now: datetime) -> tuple["ThirdParty", list[happened.Event]]:
        """End it. The history stays and the name is free again. Raises ThirdPartyNotFound."""
        self._must_exist()
        removed = replace(self, enabled=False, contact=None, deputy_contact=None, removed_at=now)
        return removed, [happened.ThirdPartyRemoved(self.id, owner=self.owner)]

    def with_contact(self, contact: PersonId) -> "ThirdParty":
        """Put an approved contact in the place of the former one; they are no deputy then.

        Raises: ThirdPartyNotFound.
        """
        self._must_exist()
        deputy = None if self.deputy_contact == contact else self.deputy_contact
        return replace(self, contact=contact, deputy_contact=deputy)

    def without_contact(self) -> tuple["ThirdParty", list[happened.Event]]:
        """Withdraw the contact's approval; nothing happens if there is none."""
        if self.contact is None:
            return self, []
        return replace(self, contact=None), [happened.ContactWithdrawn(self.id, contact=self.contact)]

    def must_want_as_deputy(self, person: PersonId) -> None:
        """A deputy is somebody else than the contact, and not the present deputy.

        Raises: DeputyWithoutContact, DeputyUnsuitable.
        """
        if self.contact is None:
            raise DeputyWithoutContact
        for problem, present in {"contact": self.contact, "deputy": self.deputy_contact}.items():
            if person == present:
                raise DeputyUnsuitable(problem=problem)

    def with_deputy(self, deputy: PersonId) -> "ThirdParty":
        """Put an approved deputy contact in the place of the former one. Raises ThirdPartyNotFound."""
        self._must_exist()
        return replace(self, deputy_contact=deputy)

    def without_deputy(self) -> tuple["ThirdParty", list[happened.Event]]:
        """Withdraw the deputy contact's approval; nothing happens if there is none."""
        if self.deputy_contact is None:
            return self, []
        return replace(self, deputy_contact=None), [happened.DeputyWithdrawn(self.id, contact=self.deputy_contact)]

    def must_have_as_deputy(self, person: PersonId) -> None:
        """Raises NotTheDeputy, unless that person is the deputy contact."""
        if self.deputy_contact != person:
            raise NotTheDeputy

    def promote_deputy(self, approval: ProposalId) -> tuple["ThirdParty", list[happened.Event]]:
        """Make the deputy contact the contact. `approval`: the proposal by which they became the deputy.

        Raises: NotTheDeputy, if there is none; ThirdPartyNotFound.
        """
        self._must_exist()
        deputy = self.deputy_contact
        if deputy is None:
            raise NotTheDeputy
        took_over = happened.DeputyTookOver(self.id, proposal=approval, contact=deputy, owner=self.owner)
        return self.with_contact(deputy), [took_over]

    def must_be_enabled(self) -> None:
        """Raises ThirdPartyNotFound if it was removed, ThirdPartyDisabled if it is not enabled."""
        self._must_exist()
        if not self.enabled:
            raise ThirdPartyDisabled

    def _must_exist(self) -> None:
        if self.removed_at is not None:
            raise ThirdPartyNotFound


def register(
    third_party: ThirdPartyId,
    client_id: ClientId,
    *,
    name: str,
    callback_url: str | None,
    owner: PersonId,
    now: datetime,
) -> tuple[ThirdParty, list[happened.Event]]:
    """Make a new third party, not enabled. Raises NameInvalid, CallbackUrlInvalid."""
    registered = ThirdParty(
        id=third_party,
        name=checked_name(name),
        client_id=client_id,
        owner=owner,
        callback_url=checked_callback_url(callback_url),
        registered_at=now,
    )
    return registered, [happened.ThirdPartyRegistered(third_party, owner=owner)]


def checked_name(text: str) -> str:
    """Return the name with its outer and repeated spaces folded. Raises NameInvalid."""
    name = " ".join(text.split())
    if not name:
        raise NameInvalid(problem="empty")
    if len(name) > NAME_LIMIT:
        raise NameInvalid(problem="too_long")
    if any(unicodedata.category(character) in _UNSEEN_CATEGORIES for character in name):
        raise NameInvalid(problem="invisible")
    return name


def details_hash(party: ThirdParty) -> str:
    """Return 16 hex digits that tell whether the details are still those that somebody was shown before an edit."""
    details = json.dumps([getattr(party, field) for field in _EDITABLE])
    return hashlib.sha256(details.encode()).hexdigest()[:16]


def name_key(name: str) -> str:
    """Return what makes a name unique: without regard to case, width or runs of spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _kept_everywhere(name)).casefold())
    return " ".join(folded.split())


def checked_callback_url(text: str | None) -> str | None:
    """Return the URL without outer spaces, or None for an empty one. Raises CallbackUrlInvalid."""
    url = (text or "").strip()
    if not url:
        return None
    if len(url) > CALLBACK_URL_LIMIT:
        raise CallbackUrlInvalid(problem="too_long")
    if not re.fullmatch(r"[!-~]+", url):
        raise CallbackUrlInvalid(problem="not_a_url")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise CallbackUrlInvalid(problem="not_a_url") from None
    if not host or not parts.scheme:
        raise CallbackUrlInvalid(problem="not_a_url")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK_HOSTS):
        raise CallbackUrlInvalid(problem="not_https")
    if "#" in url:
        raise CallbackUrlInvalid(problem="fragment")
    if "@" in parts.netloc:
        raise CallbackUrlInvalid(problem="user_info")
    return url


def checked_text(text: str) -> str:
    """Return a note or reason without outer white space, and what not every database keeps. Raises TextTooLong."""
    stripped = _kept_everywhere(text).strip()
    if len(stripped) > TEXT_LIMIT:
        raise TextTooLong(limit=TEXT_LIMIT)
    return stripped


def must_suit_as_owner(person: SlackPerson) -> None:
    """An owner is a full member of the workspace. Raises OwnerUnsuitable."""
    problems = {
        "bot": person.is_bot,
        "deactivated": person.is_deactivated,
        "guest": person.is_guest,
        "foreign": person.is_foreign or person.role is Role.OUTSIDER,
    }
    for problem, applies in problems.items():
        if applies:
            raise OwnerUnsuitable(problem=problem)


def _kept_everywhere(text: str) -> str:
    """Leave out the character NUL, and half surrogate pairs, as bytes that are no UTF-8 become at the terminal."""
    return text.encode(errors="ignore").decode().replace("\0", "")
