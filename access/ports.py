"""What operations, and neighbours of the house, need from outside. `bot.app` hands the implementations in."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from access.model.audit import AuditEntry
from access.model.audit_head import Head
from access.model.card import Undelivered
from access.model.check import CheckNotes, Looked, Refusal, Use
from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey, ContactKeys, PublicKey
from access.model.events import Event
from access.model.figures import Figures
from access.model.handoff import Handoff
from access.model.home import Filter
from access.model.ids import (
    ClientId,
    ContactKeyId,
    Fingerprint,
    HandoffId,
    PersonId,
    ProposalId,
    ReasonHash,
    ResourceServerId,
    ThirdPartyId,
    TokenId,
    TokenRequestId,
    WorkspaceId,
)
from access.model.import_plan import Kept
from access.model.messages import MessageKind, PlannedMessage, Refresh
from access.model.months import Span
from access.model.people import Acquaintance, SlackPerson, SlackUser, Tie
from access.model.policy import Policy
from access.model.reminder import Reminded, Reminder, Situation
from access.model.rendered import Rendered
from access.model.report import GapLine
from access.model.resource_server import Askers, ResourceServer
from access.model.retention import Finished
from access.model.secret import Secret
from access.model.third_party import ThirdParty
from access.model.token import Token, Verdict
from access.model.token_request import TokenRequest


class CannotKeep(Exception):
    """What is kept can be neither read nor changed at present: no refusal, but a fault of the machine.

    Nothing of the transaction took effect, unless it is `in_doubt`: then all of it did, or nothing, and nobody can say
    which. The text is one line for whoever runs the bot, without a value. `writing` tells whether something was to be
    changed.
    """

    writing = False
    in_doubt = False


class TrailDoesNotFit(Exception):
    """The audit trail is not as it was written at the record `number`, so nothing of it may be pruned."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the audit trail does not fit at record {number}")
        self.number = number


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


class Tokens(Protocol):
    """The tokens of one workspace."""

    async def add(self, token: Token) -> None:
        """Insert."""

    async def save(self, token: Token) -> None:
        """Update."""

    async def get(self, token: TokenId) -> Token:
        """Raises TokenNotFound."""

    async def of(self, third_party: ThirdPartyId) -> Sequence[Token]:
        """Return all tokens of a third party, newest first."""

    async def of_each(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Sequence[Token]]:
        """Return all tokens of each of these third parties, newest first."""

    async def opened_by(self, person: PersonId) -> Sequence[Token]:
        """Return all tokens that somebody has opened, whatever has become of them, the newest first."""

    async def by_fingerprint(self, fingerprint: Fingerprint) -> Sequence[Token]:
        """Return the tokens of the workspace with that fingerprint."""

    async def by_digest(self, digest: bytes) -> Token | None:
        """Return the token whose own digest, or whose client secret's, that is."""

    async def due(self, now: datetime, limit: int) -> Sequence[Token]:
        """Return old tokens whose time to retire has come, the longest overdue first."""

    async def never_offered(self, now: datetime, limit: int) -> Sequence[Token]:
        """Return tokens that were made elsewhere, waited to be offered, and have expired."""


@dataclass(frozen=True, slots=True)
class DueToken:
    """A token that has to be looked at, since then, because somebody may be to be reminded of it."""

    since: datetime
    token: TokenId


class Reminders(Protocol):
    """When to look at which token of one workspace, and what people were reminded of."""

    async def due(self, now: datetime, limit: int, after: DueToken | None = None) -> Sequence[DueToken]:
        """Return the tokens that have to be looked at, the longest overdue first, from `after` on."""

    async def situations(self, due: Collection[TokenId], now: datetime) -> Sequence[Situation]:
        """Return what the decision about each of these tokens hangs on, in the order of their expiry."""

    async def plan(self, planned: Sequence[Reminder], at: datetime) -> None:
        """Note what people are reminded of; nothing happens for what was noted before."""

    async def advance(self, next_at: Mapping[TokenId, datetime | None]) -> None:
        """Note when to look at each token next; None: not before something happens."""

    async def in_message(self, message: PlannedMessage) -> Sequence[Reminded]:
        """Return the reminders that a message brings, in the order of their planning, the most urgent first."""

    async def reconsider(self, concerned: Collection[ThirdPartyId], now: datetime) -> None:
        """Have the tokens of third parties looked at anew, those that may matter to somebody."""

    async def settings(self) -> str | None:
        """Return the settings with which all of it was worked out; None before the first time."""

    async def note_settings(self, value: str) -> None:
        """Note the settings with which all of it is worked out from now on."""

    async def reconsider_some(self, after: TokenId | None, limit: int, now: datetime) -> TokenId | None:
        """Have some tokens looked at anew, in the order of their ids; return the last of them, None in the end."""


class TokenRequests(Protocol):
    """The contacts' requests for a new token, of one workspace."""

    async def add(self, request: TokenRequest) -> None:
        """Insert."""

    async def save(self, request: TokenRequest) -> None:
        """Update."""

    async def get(self, request: TokenRequestId) -> TokenRequest:
        """Raises TokenRequestNotFound."""

    async def open_for(self, third_party: ThirdPartyId) -> TokenRequest | None:
        """Return the request that still waits for a decision, if any."""

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, TokenRequest]:
        """Return the requests that still wait for a decision, of these third parties."""

    async def newest_for(self, third_party: ThirdPartyId) -> TokenRequest | None:
        """Return the request that was made last, if any was."""


_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[_T_co]):
    """What was found where a search ends after so many rows. `complete`: it did not have to, and this is all."""

    items: Sequence[_T_co]
    complete: bool


@dataclass(frozen=True, slots=True)
class TokenAmongOthers:
    """A token with its third party and all of its tokens."""

    token: Token
    party: ThirdParty
    tokens: Sequence[Token]


@dataclass(frozen=True, slots=True)
class ProposalOfParty:
    """A contact proposal with its third party."""

    proposal: ContactProposal
    party: ThirdParty


class Overviews(Protocol):
    """What is looked up across all third parties of one workspace, or across those that `owner` owns.

    Each search looks at a bounded number of rows, whatever there is.
    """

    async def expiring(
        self, now: datetime, until: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return collected tokens, neither revoked nor retired, that expire from now `until` then, the next first."""

    async def uncollected(self, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return the tokens of open offers, by the end of the offer."""

    async def unused(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return tokens that work and whose handoff nothing has confirmed, those first that were collected first.

        Where there are more than `limit` unconfirmed handoffs, these are among the latest.
        """

    async def perhaps_unused(
        self, now: datetime, since: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return tokens that have not ended and were not used since then, nor collected, the latest of them first.

        Where there are more than `limit`, or many that have expired, these are some.
        """

    async def still_in_use(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return old tokens that were used since their successor was collected, those first that expire first."""

    async def awaiting_approval(self, *, owner: PersonId | None, limit: int) -> Found[ProposalOfParty]:
        """Return the proposals that are not decided, those first that have waited longest."""

    async def without_token(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[ThirdParty]:
        """Return third parties that are enabled and have no live token, by name."""

    async def last_digest(self) -> str | None:
        """Return the last week for which it was decided whether there is something to tell; None before the first."""

    async def note_digest(self, week: str) -> None:
        """Note that it is decided for a week."""

    async def is_head_planned(self, day: str, number: int) -> bool:
        """Tell whether the admins were, or are still to be, told of the head of a day, or of the record `number`."""


@dataclass(frozen=True, slots=True)
class RequestOfParty:
    """A contact's request for a new token with its third party."""

    request: TokenRequest
    party: ThirdParty


@dataclass(frozen=True, slots=True)
class KeyOfParty:
    """A change of a contact's public key with its third party."""

    change: ContactKey
    party: ThirdParty


@dataclass(frozen=True, slots=True)
class Walk:
    """Which page of third parties is asked for, by name: those that a search and a filter leave, `after` one of them.

    `owner`: only theirs. At most `limit` are found, and at most `look_at` looked at.
    """

    search: str
    filter: Filter
    after: ThirdPartyId | None
    owner: PersonId | None
    limit: int
    look_at: int


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk has found. `next`: after which the next page begins, None where there is no more.

    `begins`: of more third parties than may be looked at, only names that begin with the search were looked for.
    `stopped`: it ended because so many were looked at.
    """

    found: Sequence[ThirdParty]
    next: ThirdPartyId | None
    begins: bool
    stopped: bool


class Lists(Protocol):
    """What the Home tab shows, of one workspace. Each question looks at a bounded number of rows."""

    async def page(self, walk: Walk, now: datetime) -> Walked:
        """Return a page of third parties, by name."""

    async def owns_any(self, person: PersonId) -> bool:
        """Tell whether somebody owns a third party that was not removed, as owner or deputy."""

    async def count_expiring(
        self, spans: Sequence[Span], *, owner: PersonId | None, limit: int
    ) -> Sequence[tuple[int, bool]]:
        """Return of each span how many collected tokens expire in it that no other has followed.

        Neither revoked nor retired ones count, nor those whose successor was collected. Of `limit` rows that were
        looked at for each; the second value tells whether these were all.
        """

    async def suspended(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[TokenAmongOthers]:
        """Return suspended tokens that have not ended, those first that were suspended first.

        Where there are more than `limit` that were neither revoked nor retired, these are among the latest.
        """

    async def open_requests(self, *, owner: PersonId | None, limit: int) -> Found[RequestOfParty]:
        """Return the contacts' requests that are not decided."""

    async def waiting_keys(self, *, owner: PersonId | None, limit: int) -> Found[KeyOfParty]:
        """Return the changes of public keys that are not decided, also of those who wait to become the contact."""

    async def without_owner(self, *, limit: int) -> Found[ThirdParty]:
        """Return third parties of which somebody who is gone is the owner, by name, and nobody the deputy owner."""


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message of the outbox that may be deleted, and its place in the order of all of them."""

    planned_at: datetime
    id: str


class Leftovers(Protocol):
    """What is of no use any more, looked for by reading, so that nobody waits, and then deleted some at a time."""

    async def messages(self, before: datetime, limit: int, after: OldMessage | None = None) -> Sequence[OldMessage]:
        """Return messages that were planned, and sent or given up, before then, and have nothing to show any more.

        A message may have something to show while a proposal that it is about is open or made a present contact, while
        a key that it is about waits or is in force, while
        the third party has a token that was there already and had not ended then, or while somebody whom it is about
        owns a third party or opened such a token. In order, from `after` on.
        """

    async def delete_messages(self, messages: Sequence[OldMessage], before: datetime) -> None:
        """Delete these messages, but for those of which that is not true any more."""

    async def bundle(self, before: date, after: str | None = None) -> str | None:
        """Return the first bundle of reminders of a day before that one, after `after`; None in the end."""

    async def reminders(self, bundle: str, before: datetime, limit: int) -> Sequence[str]:
        """Return the keys of reminders of that bundle whose token had ended before then."""

    async def delete_reminders(self, keys: Sequence[str]) -> None:
        """Delete these reminders."""


class History(Protocol):
    """What is finished, looked for by reading, so that nobody waits, and then pruned some at a time.

    Nothing is that anything alive refers to, that is shown of a third party, or of which a message waits.
    """

    async def finished(self, kind: Finished, before: datetime, limit: int, after: str = "") -> Sequence[str]:
        """Return the ids of what was finished before then, in order, from `after` on."""

    async def delete(self, kind: Finished, ids: Sequence[str], before: datetime) -> Sequence[str]:
        """Delete these, with everything of theirs, but for those of which that is not true any more; return which."""

    async def delete_switched(self, before: datetime) -> None:
        """Delete what was said before then of a third party's switch: what it said is known from the records alone."""

    async def strangers(self, limit: int, after: str = "") -> Sequence[str]:
        """Return people whom nothing but, perhaps, the audit trail refers to, in order, from `after` on."""

    async def delete_strangers(self, people: Collection[str]) -> Sequence[str]:
        """Delete those of these people of whom that is still true; return which."""


class PersonalData(Protocol):
    """What is kept of somebody that is more than a random person id."""

    async def known_as(self, user_id: str) -> Sequence[PersonId]:
        """Return whom a Slack user ID means: one for each organisation."""

    async def ties(self, person: PersonId, now: datetime) -> Sequence[tuple[Tie, ThirdParty]]:
        """Return what somebody still is, and to which third party."""

    async def erase(self, person: PersonId) -> None:
        """Delete the account behind a person id, the reasons that they gave, their keys, and messages to them.

        They leave the journal too once this is committed.
        """


class Pruning(Protocol):
    """The beginning of the audit trail: a signed checkpoint takes the place of records that were pruned."""

    async def last_older(self, before: datetime) -> int:
        """Return the number of the last record of those that are all older, and announced or not; 0 for none."""

    async def announce(self, until: int, at: datetime) -> int:
        """Note that the trail is pruned up to that number; return how many records that are. Raises TrailDoesNotFit."""

    async def prune(self, limit: int) -> int:
        """Prune some of what was announced, if it fits; return how many records. Raises TrailDoesNotFit."""

    async def named_after(self, number: int | None) -> tuple[int | None, Collection[str]]:
        """Return which ids some records after that one name, and the number of the last of these; None in the end."""


class ResourceServers(Protocol):
    """The resource servers of one workspace."""

    async def add(self, server: ResourceServer) -> None:
        """Insert. Raises ResourceServerNameTaken."""

    async def save(self, server: ResourceServer) -> None:
        """Update."""

    async def by_name(self, name: str) -> ResourceServer | None:
        """Return the one with that name, compared without regard to case, width or runs of spaces."""

    async def by_digest(self, digest: bytes) -> ResourceServer | None:
        """Return the one whose secret's SHA-256 is `digest`, also if it was removed."""

    async def all(self) -> Sequence[ResourceServer]:
        """Return those that were not removed, by name."""

    async def askers(self) -> Askers:
        """Return who asks, of all that there are or were."""

    async def note_asked(self, asked: Mapping[ResourceServerId, datetime]) -> None:
        """Note when they asked, at first and last. The last never moves back, the first never on."""


class Checks(Protocol):
    """What checks have shown of the tokens of one workspace. Of tokens that there are not, nothing is kept."""

    async def with_consequences(self, uses: Mapping[TokenId, Use], policy: Policy) -> Sequence[TokenId]:
        """Return those of the tokens whose use changes more than the time of their last use."""

    async def note_accepted(self, uses: Mapping[TokenId, Use]) -> None:
        """Note the last use of tokens, whatever else it may mean. It never moves back."""

    async def note_refused(self, refused: Mapping[tuple[TokenId, Verdict], Use]) -> None:
        """Note the last refusal of tokens, for each reason. It never moves back."""

    async def refusals(self, of: Collection[TokenId]) -> Sequence[Refusal]:
        """Return the last refusals of these tokens, one for each reason, the latest first."""


class Handoffs(Protocol):
    """The handoffs of one workspace."""

    async def add(self, handoff: Handoff) -> None:
        """Insert."""

    async def save(self, handoff: Handoff) -> None:
        """Update."""

    async def get(self, handoff: HandoffId) -> Handoff:
        """Raises HandoffNotFound."""

    async def of_token(self, token: TokenId) -> Handoff:
        """Return the one handoff of a token. Raises HandoffNotFound."""

    async def find_of(self, token: TokenId) -> Handoff | None:
        """Return the one handoff of a token; None where it was made elsewhere, and not offered here."""

    async def of_tokens(self, among: Collection[TokenId]) -> Mapping[TokenId, Handoff]:
        """Return the handoffs of these tokens, but for those that were not offered here."""

    async def open_for(self, third_party: ThirdPartyId) -> Handoff | None:
        """Return the handoff that waits for its reveal, if any."""

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Handoff]:
        """Return the handoffs that wait for their reveal, of these third parties."""

    async def claim(self, handoff: HandoffId, now: datetime) -> bool:
        """Claim the one reveal by a conditional UPDATE; False if it was claimed or ended before."""

    async def due(self, now: datetime, limit: int) -> Sequence[Handoff]:
        """Return open handoffs whose nudge or lapse is due, the oldest first."""


class SealedCredentials(Protocol):
    """The sealed credentials that wait for their reveal."""

    async def put(self, token: TokenId, *, client_secret: bytes | None, bearer: bytes) -> None:
        """Keep the sealed client secret, if there is one, and token until the reveal."""

    async def take(self, token: TokenId) -> tuple[bytes | None, bytes]:
        """Read and delete the sealed client secret, if there is one, and token.

        Raises AlreadyCollected if they are gone.
        """

    async def discard(self, token: TokenId) -> None:
        """Delete them unread."""


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


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One record as it is shown: its number and what it says."""

    number: int
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """An outbox row whose turn has come, claimed for this attempt.

    `attempts` counts this one. `channel`, `ts` and `sent_at` are set once it was posted: then it is to be updated in
    place. `revision` is what the row asked to be shown when it was claimed. `uncertain_since` is the time of the first
    attempt whose outcome nobody knows: the message may be in Slack already.
    """

    id: str
    workspace: WorkspaceId
    message: PlannedMessage
    attempts: int
    revision: int
    channel: str | None = None
    ts: str | None = None
    sent_at: datetime | None = None
    uncertain_since: datetime | None = None


class OutboxEnd(StrEnum):
    """How a message ended that was not, or not any more, to be sent."""

    DROPPED = "dropped"
    UNDELIVERABLE = "undeliverable"
    SPREAD = "spread"


LONGEST_WAIT: Final = timedelta(hours=1)
"""No message is put off for longer; the longest is what Slack may ask for."""

TOO_LONG: Final = LONGEST_WAIT + timedelta(minutes=5)  # a clock is set a little all the time
"""A message that seems to be put off for longer than this shows that the clock was set back."""


class Outbox(Protocol):
    """The messages that are promised and not yet sent."""

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[QueuedMessage]:
        """Claim due messages, in the order of their planning.

        Without a word about them by `until`, they are due again, as uncertain. One that seems to be put off for more
        than TOO_LONG is due as well.
        """

    async def posted(self, queued: QueuedMessage, channel: str, ts: str, at: datetime) -> None:
        """Note that the message is in Slack, as it was at the claimed revision."""

    async def postpone(
        self, queued: QueuedMessage, until: datetime, *, uncertain: bool, error: str | None = None
    ) -> None:
        """Try again at `until`. `uncertain`: this attempt may have reached Slack all the same. `error`: why it failed.

        Without an `error` nothing was tried, and that of the attempt before stays.
        """

    async def close(self, queued: QueuedMessage, end: OutboxEnd, at: datetime, error: str | None = None) -> None:
        """Give the message up."""

    async def set_aside(self, but: Collection[tuple[MessageKind, str]], at: datetime) -> int:
        """Give up what waits to be posted, because it may have been posted long ago; return how many there were.

        Those of a kind about a subject are posted all the same, as messages that the reader may have read already.
        """


class Reading(Protocol):
    """One workspace's rows as they were at one moment. Nothing can be changed through it.

    The block raises CannotKeep.
    """

    workspace: WorkspaceId
    people: People
    third_parties: ThirdParties
    proposals: Proposals
    contact_keys: KeysOfContacts
    tokens: Tokens
    token_requests: TokenRequests
    reminders: Reminders
    overviews: Overviews
    lists: Lists
    leftovers: Leftovers
    history: History
    pruning: Pruning
    personal: PersonalData
    resource_servers: ResourceServers
    checks: Checks
    handoffs: Handoffs
    reasons: Reasons
    imports: Imports

    async def undelivered(self, third_party: ThirdPartyId) -> Sequence[Undelivered]:
        """Return the messages about a third party that have not arrived, at most five.

        First those that failed again and again and are still tried, then those that were given up, newest first.
        """

    async def audit_trail(self, third_party: ThirdPartyId, limit: int) -> Sequence[AuditLine]:
        """Return the newest audit records about a third party, newest first."""

    async def audit_head(self) -> Head | None:
        """Return where the audit trail ends; None where there is no record yet, or no telling."""

    async def last_record_before(self, at: datetime) -> int | None:
        """Return the number of the newest audit record that was made before an instant, if there is one."""

    async def last_record(self) -> int:
        """Return the number of the newest audit record of the workspace; 0 before the first."""

    async def figures(self, now: datetime) -> Figures:
        """Return how much waits, and what comes next, counted up to a limit."""

    async def next_message_due(self) -> datetime | None:
        """Return when the next message of the outbox is due, or None when nothing waits."""

    async def next_due(self, now: datetime) -> datetime | None:
        """Return when anything is due by itself: a message, a reminder, the end of an offer, of a token after `now`.

        None when nothing is.
        """


class UnitOfWork(Reading, Protocol):
    """One transaction on one workspace: state, audit records and outbox rows commit together or not at all.

    Leaving the block without `commit()` rolls everything back. The block raises CannotKeep, and then it did so too,
    unless that is `in_doubt`.
    """

    sealed: SealedCredentials
    outbox: Outbox

    def record(self, actor: PersonId | None, events: Iterable[Event], *, at: datetime) -> None:
        """Note what happened: each event becomes an audit record, and the messages it plans become outbox rows.

        A contact's open request for a new token that is settled by it ends with the commit, as an event too; and so do
        the keys of whoever can be the contact no more.
        """

    def refresh(self, refreshes: Iterable[Refresh], *, at: datetime) -> None:
        """Have messages that were sent before shown anew, though nothing happened that is recorded."""

    def enter(self, entry: AuditEntry) -> None:
        """Add a record to the audit trail: of a refusal, or of what is no third party's.

        One with a `once_key` that is there already is left out.
        """

    def plan(self, message: PlannedMessage, *, at: datetime, wait: timedelta = timedelta()) -> None:
        """Queue one more message, to be sent `wait` later; nothing happens if its key is there already."""

    async def flush(self) -> None:
        """Write what was recorded and planned so far, so that it need not all be kept in mind until the commit."""

    async def commit(self) -> None:
        """Make it so. Afterwards the relay is woken, and deleted sealed values leave the journal."""


class TokenLookup(Protocol):
    """The one query that a check makes: there are many of them, and nothing is kept between two."""

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """Return the resource server whose secret's SHA-256 that is, and the token of its workspace with the other one.

        It sees what was committed before it began. None: no resource server has that secret. Raises CannotKeep.
        """


class Renderer(Protocol):
    """From a queued message to what Slack shows."""

    async def render(
        self, workspace: WorkspaceId, message: PlannedMessage, *, sent_at: datetime | None = None
    ) -> Rendered | None:
        """Write a queued message from the state at this moment, or return None when it has become moot.

        `sent_at`: it is in Slack already, since then, so it says what has become of what it said.
        """


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything an operation may reach. `write` and `read` open one transaction on one workspace.

    `notes`: what checks have shown and nobody has written down yet.
    """

    write: Callable[[WorkspaceId], AbstractAsyncContextManager[UnitOfWork]]
    read: Callable[[WorkspaceId], AbstractAsyncContextManager[Reading]]
    clock: Clock
    random: Random
    vault: Vault
    directory: Directory
    lookalikes: Lookalikes
    policy: Policy
    lookup: TokenLookup
    public_keys: PublicKeys
    notes: CheckNotes = field(default_factory=CheckNotes)


def client_id(random: Random) -> ClientId:
    """Make a client ID: public, so a random identifier with a prefix of its own is enough."""
    return ClientId(f"tpc_{random.identifier()}")
