"""Take over third parties, with their contacts and tokens, from elsewhere: all of them in one transaction, or none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.audit import entry_at_command_line
from access.model.contact import ContactProposal
from access.model.credentials import fingerprint
from access.model.errors import ImportOutdated
from access.model.events import ContactProposed, Event, ThirdPartyImported, TokenImported
from access.model.ids import Fingerprint, PersonId, ProposalId, ThirdPartyId, TokenId, WorkspaceId
from access.model.import_plan import ImportPlan, Known, Step, plan_import
from access.model.import_rows import ImportedParty, ImportedToken
from access.model.imported import Imported
from access.model.people import SlackPerson
from access.model.secret import Secret
from access.model.sheet import Problem
from access.model.third_party import ThirdParty, name_key
from access.model.token import Token
from access.operations.at_machine import refusals_at_machine
from access.operations.offering import bearer_place, end_what_is_over, secret_place
from access.operations.succession import start_overlap
from access.ports import Ports, Reading, UnitOfWork
from access.ports.machine import client_id

_AT_ONCE: Final = 2_000
"""Third parties whose rows are made and written together."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What a file describes, what is wrong with it by itself, and whom it names.

    `people`: None where Slack knows nobody. `has_emails`: Slack tells us email addresses.
    """

    parties: Sequence[ImportedParty]
    problems: Sequence[Problem]
    people: Mapping[str, SlackPerson | None]
    has_emails: bool = True


async def preview_import(workspace: WorkspaceId, file: ImportFile, ports: Ports) -> ImportPlan:
    """Say what an import would do, and everything that stands in its way. Nothing is changed."""
    async with ports.read(workspace) as reading:
        return await _plan(file, reading, ports)


async def import_third_parties(
    workspace: WorkspaceId, file: ImportFile, ports: Ports, *, progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Import what a file describes, in one transaction, and tell the admins in one message.

    What is there already stays as it is. `progress` is called with the number of third parties that are written.

    Raises: ImportOutdated, if something stands in its way by now; CannotKeep.
    """
    async with refusals_at_machine("import_third_parties", workspace, ports), ports.write(workspace) as uow:
        now = ports.clock.now()
        plan = await _plan(file, uow, ports)
        if plan.problems:
            raise ImportOutdated
        steps = [step for step in plan.steps if step.changes]
        if not steps:
            return Imported()
        ids = await _meet(steps, plan.people, uow)
        totals = Imported()
        for start in range(0, len(steps), _AT_ONCE):
            batch = _Batch(workspace, ids, plan.people, ports, now)
            for step in steps[start : start + _AT_ONCE]:
                batch.take(step)
            await batch.write(uow)
            totals = batch.added_to(totals)
            progress(min(start + _AT_ONCE, len(steps)))
        uow.enter(
            entry_at_command_line(
                "imported", now, third_parties=totals.third_parties, contacts=totals.contacts, tokens=totals.tokens
            )
        )
        uow.plan(totals.message(now), at=now)
        await uow.commit()
    return totals


async def _plan(file: ImportFile, reading: Reading, ports: Ports) -> ImportPlan:
    imports, parties = reading.imports, file.parties
    digests = dict(_digests(reading.workspace, parties, ports))
    taken = await imports.digests(digests.keys())
    accounts = {person.slack for person in file.people.values() if person is not None}
    known = Known(
        kept=await imports.kept({name_key(party.name) for party in parties}),
        client_ids=await imports.holders_of({party.client_id for party in parties if party.client_id}),
        digests={digests[digest]: holder for digest, holder in taken.items()},
        people=file.people,
        ids=await imports.ids_known(accounts),
        has_emails=file.has_emails,
    )
    return plan_import(parties, file.problems, known, ports.clock.now())


def _digests(
    workspace: WorkspaceId, parties: Iterable[ImportedParty], ports: Ports
) -> Iterator[tuple[bytes, tuple[int, str]]]:
    """Give every digest under which a secret of the file may be kept, with where it stands."""
    for party in parties:
        for token in party.tokens:
            for column, secret in (("token", token.token), ("client_secret", token.client_secret)):
                if secret is not None:
                    for keyed in ports.vault.keyed_digests(workspace, secret):
                        yield keyed.digest, (token.line, column)


async def _meet(steps: Sequence[Step], people: Mapping[str, SlackPerson], uow: UnitOfWork) -> Mapping[str, PersonId]:
    """Return the person ids of everybody who gets a part."""
    named = {text for step in steps for text in _named(step)}
    owners = {people[text].slack for step in steps if step.kept is None for text in _owners(step.party)}
    ids = await uow.imports.meet([people[text] for text in sorted(named)], owners=owners)
    return {text: ids[people[text].slack] for text in named}


def _named(step: Step) -> Iterator[str]:
    if step.kept is None:
        yield from _owners(step.party)
    if step.proposes and step.party.contact:
        yield step.party.contact


def _owners(party: ImportedParty) -> Iterator[str]:
    yield from filter(None, (party.owner, party.deputy_owner))


class _Batch:
    """Some third parties on their way into the database."""

    def __init__(
        self,
        workspace: WorkspaceId,
        ids: Mapping[str, PersonId],
        people: Mapping[str, SlackPerson],
        ports: Ports,
        now: datetime,
    ) -> None:
        self._workspace = workspace
        self._ids = ids
        self._people = people
        self._ports = ports
        self._now = now
        self._make_room: list[ThirdParty] = []
        self._parties: list[ThirdParty] = []
        self._proposals: list[ContactProposal] = []
        self._tokens: list[Token] = []
        self._sealed: dict[TokenId, tuple[bytes | None, bytes]] = {}
        self._news: list[Event] = []

    def take(self, step: Step) -> None:
        """Make the rows of one third party."""
        party = step.kept.party.id if step.kept else self._register(step.party)
        if step.kept is not None and not all(token.delivered for token, _ in step.tokens):
            self._make_room.append(step.kept.party)
        if step.proposes and step.party.contact:
            self._propose(party, step.party.contact)
        for token, renews in step.tokens:
            self._add(party, token, renews)

    async def write(self, uow: UnitOfWork) -> None:
        """Write them, with the records and the messages of them."""
        for party in self._make_room:  # one that waited has expired, and no job has noted it yet
            await end_what_is_over(uow, party, self._now)
        await uow.imports.add_parties(self._parties, self._ports.lookalikes.skeleton)
        await uow.imports.add_proposals(self._proposals)
        await uow.imports.add_tokens(self._tokens)
        await uow.imports.put_sealed(self._sealed)
        uow.record(None, self._news, at=self._now)
        for token in self._tokens:
            if token.renews is not None and token.collected_at is not None:
                await start_overlap(uow, self._ports, token, actor=None, now=self._now)
        await uow.flush()

    def added_to(self, totals: Imported) -> Imported:
        """Return the totals with what this has brought."""
        return Imported(
            totals.third_parties + len(self._parties),
            totals.contacts + len(self._proposals),
            totals.tokens + len(self._tokens),
        )

    def _register(self, imported: ImportedParty) -> ThirdPartyId:
        party = ThirdParty(
            id=ThirdPartyId(self._ports.random.identifier()),
            name=imported.name,
            client_id=imported.client_id or client_id(self._ports.random),
            owner=self._ids[imported.owner],
            registered_at=self._now,
            callback_url=imported.callback_url,
            deputy_owner=self._ids[imported.deputy_owner] if imported.deputy_owner else None,
            notes=imported.notes,
            enabled=imported.enabled,
        )
        self._parties.append(party)
        self._news.append(ThirdPartyImported(party.id, owner=party.owner, enabled=party.enabled))
        return party.id

    def _propose(self, party: ThirdPartyId, named: str) -> None:
        contact = self._ids[named]
        proposal = ContactProposal(
            id=ProposalId(self._ports.random.identifier()),
            third_party=party,
            contact=contact,
            proposed_by=None,
            proposed_at=self._now,
            account_ends_at=self._people[named].account_ends_at,
        )
        self._proposals.append(proposal)
        self._news.append(ContactProposed(party, proposal=proposal.id, contact=contact))

    def _add(self, party: ThirdPartyId, imported: ImportedToken, renews: TokenId | None) -> None:
        vault, workspace = self._ports.vault, self._workspace
        bearer = vault.keyed_digest(workspace, imported.token) if imported.token else None
        secret = vault.keyed_digest(workspace, imported.client_secret) if imported.client_secret else None
        made_up = Fingerprint(self._ports.random.entropy(4).hex())
        token = Token(
            id=TokenId(self._ports.random.identifier()),
            third_party=party,
            fingerprint=fingerprint(bearer.digest) if bearer else made_up,
            token_digest=bearer.digest if bearer else None,
            secret_digest=secret.digest if secret else None,
            digest_key=bearer.key_id if bearer else None,
            issued_at=imported.issued_at,
            expires_at=imported.expires_at,
            issued_by=None,
            collected_at=self._now if imported.delivered else None,
            renews=renews,
            origin=imported.origin,
        )
        self._tokens.append(token)
        if imported.token and not imported.delivered:
            self._sealed[token.id] = self._seal(token.id, imported.client_secret, imported.token)
        self._news.append(
            TokenImported(
                party,
                token=token.id,
                origin=token.origin.value,
                expires_at=token.expires_at,
                delivered=imported.delivered,
            )
        )

    def _seal(self, token: TokenId, client_secret: Secret | None, bearer: Secret) -> tuple[bytes | None, bytes]:
        vault = self._ports.vault
        sealed = vault.seal(client_secret, secret_place(self._workspace, token)) if client_secret else None
        return sealed, vault.seal(bearer, bearer_place(self._workspace, token))
