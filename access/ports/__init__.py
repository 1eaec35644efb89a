"""What operations, and neighbours of the house, need from outside. `bot.app` hands the implementations in."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from access.model.audit import AuditEntry
from access.model.audit_head import Head
from access.model.card import Undelivered
from access.model.check import CheckNotes
from access.model.events import Event
from access.model.figures import Figures
from access.model.ids import PersonId, ThirdPartyId, WorkspaceId
from access.model.messages import PlannedMessage, Refresh
from access.model.policy import Policy
from access.ports.leftovers import History, Leftovers, PersonalData, Pruning
from access.ports.machine import Clock, Directory, Lookalikes, PublicKeys, Random, Vault
from access.ports.outbox import Outbox
from access.ports.overviews import Lists, Overviews
from access.ports.parties import Imports, KeysOfContacts, People, Proposals, Reasons, ThirdParties
from access.ports.tokens import (
    Checks,
    Handoffs,
    Reminders,
    ResourceServers,
    SealedCredentials,
    TokenLookup,
    TokenRequests,
    Tokens,
)


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


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One record as it is shown: its number and what it says."""

    number: int
    entry: AuditEntry


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
