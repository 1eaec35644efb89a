"""The third parties of one workspace, the people who have a part in them, and what many are imported with."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey, ContactKeys
from access.model.ids import ClientId, ContactKeyId, PersonId, ProposalId, ReasonHash, ThirdPartyId, TokenId
from access.model.import_plan import Kept
from access.model.people import Acquaintance, SlackPerson, SlackUser
from access.model.third_party import ThirdParty
from access.model.token import Token


@dataclass(frozen=True, slots=True)
class DueLook:
    """Somebody to look at, since then.

    `matters`: they have a part in a third party, or opened a token that has not ended.
    """

    person: PersonId
    slack: SlackUser
    since: datetime
    matters: bool


class People(Protocol):
    """Person ids, the Slack accounts behind them, and what Slack said of these when they were looked at last.

    Whoever has a part in a third party, as owner, contact or a deputy, or opens a token, is looked at daily from the
    moment on at which that is saved.
    """

    async def id_of(self, slack: SlackUser) -> PersonId:
        """Return the person id of an account, made on first sight (in a writing unit of work)."""

    async def known(self, slack: SlackUser) -> PersonId | None:
        """Return the person id of an account, or None if it was never seen."""

    async def slack_of(self, person: PersonId) -> SlackUser | None:
        """Return the account of a person, or None if the mapping was deleted."""

    async def accounts(self, persons: Collection[PersonId]) -> Mapping[PersonId, SlackUser]:
        """Return the accounts of these people, but for those whose mapping was deleted."""

    async def note_time_zone(self, person: PersonId, time_zone: str) -> None:
        """Keep where somebody is, by an IANA name."""

    async def met(self, persons: Collection[PersonId]) -> Mapping[PersonId, tuple[SlackUser, Acquaintance]]:
        """Return the accounts of these people with what was kept of them, but for those whose mapping was deleted."""

    async def acquaintances(self, persons: Collection[PersonId]) -> Mapping[PersonId, Acquaintance]:
        """Return what was kept of these people, but for those whose mapping was deleted."""

    async def due(self, now: datetime, limit: int) -> Sequence[DueLook]:
        """Return whom to look at now, those who have waited longest first."""

    async def note(self, look: DueLook, seen: Acquaintance, next_look_at: datetime) -> None:
        """Keep what a look has shown. The next one is then, or still at once if that was asked for meanwhile."""

    async def put_off(self, look: DueLook, until: datetime) -> None:
        """Look again then, unless it was asked for meanwhile."""

    async def let_go(self, persons: Collection[PersonId], now: datetime) -> None:
        """Look no more at those of these people who are nobody here any more."""

    async def looked_after(self, user_id: str) -> Sequence[PersonId]:
        """Return whom of those who are looked at daily a Slack user ID means: one for each organisation."""

    async def look_at_once(self, persons: Collection[PersonId], now: datetime) -> None:
        """Have those of these people looked at at once who are looked at daily."""

    async def meet_anew(self, person: PersonId, time_zone: str | None) -> None:
        """Have somebody looked at at once, as if nothing were known of them but where they are."""


class ThirdParties(Protocol):
    """The third parties of one workspace."""

    async def add(self, party: ThirdParty) -> None:
        """Insert. Raises NameTaken."""

    async def save(self, party: ThirdParty) -> None:
        """Update. Raises NameTaken."""

    async def get(self, third_party: ThirdPartyId) -> ThirdParty:
        """Return it, locked against others in a writing unit of work. Raises ThirdPartyNotFound, if removed too."""

    async def find(self, third_party: ThirdPartyId) -> ThirdParty | None:
        """Return it even if it was removed."""

    async def find_each(self, among: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, ThirdParty]:
        """Return those of these that there are, even if they were removed."""

    async def by_name(self, name: str) -> ThirdParty | None:
        """Return the one with that name, compared without regard to case, width or runs of spaces."""

    async def removed_by_name(self, name: str) -> ThirdParty | None:
        """Return the one with that name, compared alike, that was removed last."""

    async def names(self, *, owner: PersonId | None = None) -> Sequence[tuple[ThirdPartyId, str]]:
        """Return which third party has which name, by name; with `owner`, only theirs."""

    async def first_names(self, limit: int, *, owner: PersonId | None = None) -> Sequence[str]:
        """Return the first names, by name; with `owner`, only theirs."""

    async def alike(self, skeletons: Collection[str], limit: int, *, owner: PersonId | None = None) -> Sequence[str]:
        """Return some names that look like one of these, by name; with `owner`, only theirs."""

    async def without_skeleton(self, limit: int) -> Sequence[tuple[ThirdPartyId, str]]:
        """Return some of which it is not noted what their name looks like, and the name."""

    async def note_skeleton(self, third_party: ThirdPartyId, name: str, skeleton: str) -> None:
        """Note what a third party's name looks like, if it still has that name."""

    async def of_person(self, person: PersonId) -> Sequence[ThirdParty]:
        """Return those that were not removed in which somebody has a part, as owner, contact or a deputy, by name."""

    async def search(self, text: str, *, owner: PersonId | None, limit: int) -> tuple[Sequence[ThirdParty], int]:
        """Return those whose name contains `text`, by name, and how many there are; with `owner`, only theirs."""

    async def restored(self, at: datetime) -> Sequence[ThirdParty]:
        """Return those that were not removed and came back out of a backup then, by name."""

    async def awaiting_confirmation(self) -> Sequence[ThirdParty]:
        """Return those of which an admin has to confirm, after a restore, that they are to be enabled, by name."""


class Proposals(Protocol):
    """The contact proposals of one workspace."""

    async def add(self, proposal: ContactProposal) -> None:
        """Insert."""

    async def save(self, proposal: ContactProposal) -> None:
        """Update."""

    async def get(self, proposal: ProposalId) -> ContactProposal:
        """Raises ProposalNotFound."""

    async def open_for(self, third_party: ThirdPartyId) -> ContactProposal | None:
        """Return the proposal that still waits, if any."""

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, ContactProposal]:
        """Return the proposals that still wait, of these third parties."""

    async def last_approved(self, third_party: ThirdPartyId, contact: PersonId) -> ContactProposal | None:
        """Return the proposal of that person that was approved last: by it they are the contact, or the deputy."""

    async def in_view(self, third_party: ThirdPartyId, parts: Collection[PersonId]) -> Sequence[ContactProposal]:
        """Return the proposal that still waits, and those of these people that were approved, the newest first."""

    async def imported_alike(self, proposal: ContactProposal) -> Sequence[ContactProposal]:
        """Return what else was imported of the same person and waits for the introduction, if this one was."""

    async def approved_last(self, person: PersonId) -> Sequence[ThirdPartyId]:
        """Return of which third parties somebody is who was approved last as the contact, or as the deputy contact."""


class KeysOfContacts(Protocol):
    """The contacts' public keys of one workspace, and the changes of them that were asked for."""

    async def add(self, key: ContactKey) -> None:
        """Insert."""

    async def save(self, key: ContactKey) -> None:
        """Update."""

    async def get(self, key: ContactKeyId) -> ContactKey:
        """Raises KeyChangeNotFound."""

    async def of(self, third_party: ThirdPartyId, contact: PersonId) -> ContactKeys:
        """Return the key of that person which is in force, and the change that waits."""

    async def lasting(self, third_party: ThirdPartyId) -> Sequence[ContactKey]:
        """Return all that wait or are in force, whoever's they are."""

    async def lasting_of_each(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Sequence[ContactKey]]:
        """Return all of each of these third parties that wait or are in force, whoever's they are."""

    async def asked_between(
        self, third_party: ThirdPartyId, contact: PersonId, since: datetime, until: datetime
    ) -> int:
        """Return how often that person asked for a change in that time."""


class Reasons(Protocol):
    """Free text, kept apart from the audit trail so that it can be deleted."""

    async def keep(self, third_party: ThirdPartyId, text: str) -> ReasonHash | None:
        """Keep a reason in a row that can be deleted and return its keyed hash; None for an empty text."""

    async def text(self, reason: ReasonHash) -> str | None:
        """Return the text, or None if it was deleted."""


class Imports(Protocol):
    """Many third parties of one workspace at once, with a few questions and statements for all of them."""

    async def kept(self, names: Collection[str]) -> Mapping[str, Kept]:
        """Return the third parties that have one of these names, by the key of the name."""

    async def holders_of(self, client_ids: Collection[ClientId]) -> Mapping[ClientId, ThirdPartyId]:
        """Return who has which of these client IDs, also of those that were removed."""

    async def digests(self, among: Collection[bytes]) -> Mapping[bytes, ThirdPartyId]:
        """Return whose tokens, or their client secrets, have which of these digests."""

    async def ids_known(self, accounts: Collection[SlackUser]) -> Mapping[SlackUser, PersonId]:
        """Return the ids of those accounts that have one."""

    async def meet(
        self, persons: Collection[SlackPerson], *, owners: Collection[SlackUser]
    ) -> Mapping[SlackUser, PersonId]:
        """Return the ids of these people, made on first sight; owners are looked at daily from now on."""

    async def add_parties(self, parties: Sequence[ThirdParty], skeleton: Callable[[str], str]) -> None:
        """Insert them, with what their names look like; `meet` has seen to their people. Raises NameTaken."""

    async def add_proposals(self, proposals: Sequence[ContactProposal]) -> None:
        """Insert them, each as the newest of its third party."""

    async def add_tokens(self, added: Sequence[Token]) -> None:
        """Insert them, each as the newest of its third party, to be looked at for reminders at once."""

    async def put_sealed(self, sealed: Mapping[TokenId, tuple[bytes | None, bytes]]) -> None:
        """Keep the sealed client secret, if there is one, and the token, until the reveal."""
