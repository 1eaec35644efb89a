"""One transaction on one workspace: state, audit records and outbox rows commit together or not at all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.model.audit import AuditEntry, entry_of
from access.model.audit_head import Head
from access.model.card import Undelivered
from access.model.contact_key import may_end_keys, may_have_key
from access.model.events import DeputyTookOver, Event
from access.model.figures import Figures
from access.model.ids import PersonId, ThirdPartyId
from access.model.messages import PlannedMessage, Refresh, plan
from access.model.outdated import refreshes
from access.model.reminders_due import changes_reminders
from access.model.token_request import may_end_requests
from access.ports import AuditLine
from access.ports.leftovers import History, Leftovers, PersonalData, Pruning
from access.ports.machine import AuditSeal, Random
from access.ports.outbox import Outbox
from access.ports.overviews import Lists, Overviews
from access.ports.parties import Imports, KeysOfContacts, People, Proposals, Reasons, ThirdParties
from access.ports.tokens import Checks, Handoffs, Reminders, ResourceServers, SealedCredentials, TokenRequests, Tokens
from storage.backend import Journal
from storage.figures import read_figures
from storage.pruning import PruningRows
from storage.repositories.audit import AuditTrail
from storage.repositories.checks import CheckRows
from storage.repositories.contact_keys import ContactKeyRows
from storage.repositories.dues import soonest
from storage.repositories.handoffs import HandoffRows
from storage.repositories.history import HistoryRows
from storage.repositories.imports import ImportRows
from storage.repositories.leftovers import LeftoverRows
from storage.repositories.lists import ListRows
from storage.repositories.outbox import OutboxRows, Planned
from storage.repositories.overviews import OverviewRows
from storage.repositories.people import PersonRows
from storage.repositories.personal import PersonalRows
from storage.repositories.proposals import ProposalRows
from storage.repositories.reasons import HashReason, ReasonRows
from storage.repositories.reminders import ReminderRows
from storage.repositories.resource_servers import ResourceServerRows
from storage.repositories.sealed_credentials import SealedCredentialRows
from storage.repositories.third_parties import ThirdPartyRows
from storage.repositories.token_requests import TokenRequestRows
from storage.repositories.tokens import TokenRows
from storage.scope import Scope


@dataclass(frozen=True, slots=True)
class Tools:
    """What the rows need from outside."""

    seal: AuditSeal
    random: Random
    hash_reason: HashReason


class SqlReading:
    """The port `Reading`."""

    def __init__(self, scope: Scope, tools: Tools) -> None:
        self.workspace = scope.workspace
        self.people: People = PersonRows(scope, tools.random)
        parties = ThirdPartyRows(scope)
        self.third_parties: ThirdParties = parties
        self.proposals: Proposals = ProposalRows(scope)
        self.contact_keys: KeysOfContacts = ContactKeyRows(scope)
        self.tokens: Tokens = TokenRows(scope)
        self.token_requests: TokenRequests = TokenRequestRows(scope)
        self.reminders: Reminders = ReminderRows(scope)
        self.overviews: Overviews = OverviewRows(scope, parties)
        self.lists: Lists = ListRows(scope, parties)
        self.leftovers: Leftovers = LeftoverRows(scope)
        self._history = HistoryRows(scope)
        self.history: History = self._history
        self.pruning: Pruning = PruningRows(scope, tools.seal)
        self._personal = PersonalRows(scope)
        self.personal: PersonalData = self._personal
        self.resource_servers: ResourceServers = ResourceServerRows(scope)
        self.checks: Checks = CheckRows(scope)
        self.handoffs: Handoffs = HandoffRows(scope)
        self.reasons: Reasons = ReasonRows(scope, tools.hash_reason)
        self.imports: Imports = ImportRows(scope, tools.random)
        self._scope = scope
        self._audit = AuditTrail(scope)
        self._messages = OutboxRows(scope, tools.random)

    async def undelivered(self, third_party: ThirdPartyId) -> Sequence[Undelivered]:
        """Return the messages about a third party that have not arrived, those still tried first, at most five."""
        return await self._messages.undelivered(third_party)

    async def audit_trail(self, third_party: ThirdPartyId, limit: int) -> Sequence[AuditLine]:
        """Return the newest audit records about a third party, newest first."""
        return await self._audit.about(third_party, limit)

    async def audit_head(self) -> Head | None:
        """Return where the audit trail ends; None where there is no record yet, or no telling."""
        noted = await self._noted_head()
        return Head.noted(*noted) if noted else None

    async def last_record_before(self, at: datetime) -> int | None:
        """Return the number of the newest audit record that was made before an instant, if there is one."""
        return await self._audit.last_before(at)

    async def last_record(self) -> int:
        """Return the number of the newest audit record; 0 before the first."""
        noted = await self._noted_head()
        return noted[0] if noted else 0

    async def _noted_head(self) -> tuple[int, bytes] | None:
        try:
            return await self._audit.head()
        except TypeError:  # somebody else has written it
            return None

    async def figures(self, now: datetime) -> Figures:
        """Return how much waits, and what comes next, counted up to a limit."""
        return await read_figures(self._scope, now)

    async def next_message_due(self) -> datetime | None:
        """Return when the next message of the outbox is due, or None when nothing waits."""
        return await self._messages.next_due()

    async def next_due(self, now: datetime) -> datetime | None:
        """Return when anything is due by itself, a token's end only after `now`; None when nothing is."""
        return await soonest(self._scope, now)


class SqlUnitOfWork(SqlReading):
    """The port `UnitOfWork`.

    `wake` is called after a commit that queued messages or wants some shown anew, `changed` after one that recorded
    that something happened.
    """

    def __init__(
        self, scope: Scope, tools: Tools, *, journal: Journal, wake: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        super().__init__(scope, tools)
        self.outbox: Outbox = self._messages
        self._seal = tools.seal
        self._sealed = SealedCredentialRows(scope)
        self.sealed: SealedCredentials = self._sealed
        self._journal = journal
        self._wake = wake
        self._changed = changed
        self._happened = False
        self._queued = False
        self._entries: list[AuditEntry] = []
        self._refreshes: dict[datetime, list[Refresh]] = {}
        self._planned: list[Planned] = []
        self._reconsidered: dict[ThirdPartyId, datetime] = {}
        self._settling: list[tuple[Event, PersonId | None, datetime]] = []
        self._ending_keys: list[tuple[Event, PersonId | None, datetime]] = []

    def record(self, actor: PersonId | None, events: Iterable[Event], *, at: datetime) -> None:
        """Note what happened: each event becomes an audit record, and the messages it plans become outbox rows."""
        self._scope.must_be_open()
        for event in events:
            self._happened = True
            self._entries.append(entry_of(event, actor, at))
            self.refresh(refreshes(event), at=at)
            if changes_reminders(event):
                self._reconsidered[event.third_party] = at
            if may_end_requests(event):
                self._settling.append((event, actor, at))
            if may_end_keys(event):
                self._ending_keys.append((event, actor, at))
            self._planned += [Planned(message, at) for message in plan(event, actor, at)]

    def refresh(self, refreshes: Iterable[Refresh], *, at: datetime) -> None:
        """Have messages that were sent before shown anew, though nothing happened that is recorded."""
        self._scope.must_be_open()
        for refresh in refreshes:
            self._refreshes.setdefault(at, []).append(refresh)

    def enter(self, entry: AuditEntry) -> None:
        """Add a record to the audit trail: of a refusal, or of what is no third party's.

        One with a `once_key` that is there already is left out.
        """
        self._scope.must_be_open()
        self._entries.append(entry)

    def plan(self, message: PlannedMessage, *, at: datetime, wait: timedelta = timedelta()) -> None:
        """Queue one more message, to be sent `wait` later; nothing happens if its key is there already."""
        self._scope.must_be_open()
        self._planned.append(Planned(message, at, wait))

    async def flush(self) -> None:
        """Write what was recorded and planned so far, so that it need not all be kept in mind until the commit."""
        await self._settle_requests()
        await self._end_keys()
        await self._audit.append(self._entries, self._seal)
        for at, outdated in self._refreshes.items():  # before the new messages, which show the truth anyway
            await self._messages.refresh(outdated, at)
        await self._messages.add(self._planned)
        if self._reconsidered:
            await self.reminders.reconsider(self._reconsidered.keys(), max(self._reconsidered.values()))
        self._queued = self._queued or bool(self._planned or self._refreshes)
        for written in (
            self._entries,
            self._refreshes,
            self._planned,
            self._reconsidered,
            self._settling,
            self._ending_keys,
        ):
            written.clear()

    async def commit(self) -> None:
        """Make it so. The relay is woken at once; deleted sealed values, people and history then leave the journal."""
        await self.flush()
        if self._sealed.deleted_any or self._personal.erased_any or self._history.deleted_any:
            self._journal.must_be_emptied()  # before the commit: a task that is cancelled in it may have committed
        await self._scope.commit()
        if self._queued:
            self._wake()
        if self._happened:
            self._changed()

    async def _settle_requests(self) -> None:
        """End each open request of a contact's that has been settled by what happened, whichever operation it was."""
        for event, actor, at in self._settling:
            request = await self.token_requests.open_for(event.third_party)
            if request is not None:
                ended, news = request.after(event, actor, at)
                await self.token_requests.save(ended)
                self.record(actor, news, at=at)

    async def _end_keys(self) -> None:
        """End the keys of whoever can be the contact no more. A deputy who took over has had none to be approved."""
        for event, actor, at in self._ending_keys:
            lasting = await self.contact_keys.lasting(event.third_party)
            if not lasting:
                continue
            party = await self.third_parties.find(event.third_party)
            proposal = await self.proposals.open_for(event.third_party)
            for key in lasting:
                took_over = isinstance(event, DeputyTookOver) and key.contact == event.contact
                if took_over or not may_have_key(key.contact, party, proposal):
                    ended, news = key.end(at)
                    await self.contact_keys.save(ended)
                    self.record(actor, news, at=at)
