"""What people, programs and the clock do in a workspace: each act the same wherever it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from access.model.check import CheckNotes, Noted
from access.model.contact_key import EncryptedCredentials
from access.model.errors import AskerUnknown
from access.model.ids import (
    ClientId,
    ReasonHash,
    ThirdPartyId,
    TokenId,
)
from access.model.import_plan import people_in
from access.model.import_rows import COLUMNS, REQUIRED, parties_of
from access.model.people import Caller
from access.model.secret import Secret
from access.model.sheet import read_sheet
from access.model.third_party import details_hash
from access.model.token import Verdict
from access.operations.add_resource_server import add_resource_server
from access.operations.check_token import Asker, check_token
from access.operations.deliver_messages import (
    claim_messages,
    note_dropped,
    note_posted,
    note_postponed,
    note_undeliverable,
    put_off,
    spread_to_admins,
)
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.import_third_parties import ImportFile
from access.operations.record_checks import record_checks
from access.operations.revoke_presented_token import Client, RevokePresentedToken, revoke_presented_token
from access.ports import Ports
from access.ports.outbox import QueuedMessage
from handlers.messages import MessageRenderer
from storage.audit_export import actors_called
from storage.metadata_export import exported_parties
from storage.person_export import kept_about
from tests.isolation.neighbours import ApartRandom, Home

NAMES: Final = ("Acme", "Beta", "Gamma")
ELSEWHERE: Final = (Secret("former-token-0001"), Secret("former-secret-1"), Secret("their-token-0001"))
"""What was made elsewhere, and may be known to both."""

KEYS: Final = (
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
)

_HEADER: Final = "name,owner,contact,notes,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered"
_MONTH: Final = timedelta(days=30)


@dataclass(frozen=True)
class Drawn:
    """Who does something, and with what: ids of rows, by table, which may be the neighbour's, and somebody's secret."""

    by: str
    whom: str
    ids: Mapping[str, str]
    secret: Secret
    number: int

    def id(self, table: str) -> str:
        return self.ids.get(table, "a" * 26)

    @property
    def party(self) -> ThirdPartyId:
        return ThirdPartyId(self.id("third_parties"))

    @property
    def token(self) -> TokenId:
        return TokenId(self.id("tokens"))


@dataclass(frozen=True)
class Doing:
    """An act in one of the two places where it is done."""

    home: Home
    drawn: Drawn

    @property
    def ports(self) -> Ports:
        return self.home.world.ports

    @property
    def caller(self) -> Caller:
        return self.home.world.caller(self.drawn.by)

    @property
    def name(self) -> str:
        return self.home.name(NAMES[self.drawn.number % len(NAMES)])

    @property
    def words(self) -> str:
        """What somebody writes: nobody writes it next door."""
        return f"{self.home.marker} {self.drawn.number}"


Act = Callable[[Doing], Awaitable[object]]


async def edit(it: Doing) -> object:
    async with it.ports.read(it.home.workspace) as reading:
        party = await reading.third_parties.find(it.drawn.party)
    request = EditThirdParty(
        caller=it.caller,
        third_party=it.drawn.party,
        name=it.name,
        callback_url=f"https://{it.home.marker}.example/callback",
        owner=it.drawn.whom,
        deputy_owner="UMIA" if it.drawn.number % 2 else None,
        notes=it.words,
        seen=details_hash(party) if party else "",
    )
    return await edit_third_party(request, it.ports)


async def deliver(it: Doing) -> object:
    """What is due is written and goes out, or fails in one of the ways in which it may."""
    claimed, next_due = await claim_messages(it.home.workspace, it.ports, lease=timedelta(minutes=2), limit=100)
    written = [await _written(queued, it) for queued in claimed]
    for number, queued in enumerate(claimed, it.drawn.number):
        if number % 11 == 1:
            await note_undeliverable(queued, "user_disabled", it.ports)
        elif number % 11 == 4 and queued.message.is_for_admins:
            await spread_to_admins(queued, it.ports)
        elif number % 11 == 6:
            await note_dropped(queued, it.ports)
        elif number % 11 == 8:
            await note_postponed(queued, timedelta(minutes=9), it.ports, uncertain=True, error="timeout")
        elif not await put_off(queued, it.ports):
            await note_posted(queued, "D1", f"{number}.0", it.ports)
    return written, next_due


async def deliver_all(it: Doing) -> object:
    """What is due is written and goes out."""
    claimed, next_due = await claim_messages(it.home.workspace, it.ports, lease=timedelta(minutes=2), limit=100)
    written = [await _written(queued, it) for queued in claimed]
    for queued in claimed:
        await note_posted(queued, "D1", "1.0", it.ports)
    return written, next_due


async def _written(queued: QueuedMessage, it: Doing) -> object:
    renderer = MessageRenderer(it.ports, workspace_name=it.home.marker)
    return queued, await renderer.render(queued.workspace, queued.message, sent_at=queued.sent_at)


async def add_server(it: Doing) -> object:
    apart = replace(it.ports, random=ApartRandom(it.ports.random, it.home.workspace))
    added = await add_resource_server(it.home.workspace, f"API {it.name}", apart)
    it.home.servers.append(added.secret)
    return added


async def check(it: Doing) -> object:
    """An API of this workspace asks about a token, whoever's it is."""
    if not it.home.servers:
        return None
    asker = Asker(it.home.servers[it.drawn.number % len(it.home.servers)])
    answer = await check_token(asker, it.drawn.secret, it.ports)
    texts = {secret.reveal() for secret in (*it.home.secrets, *ELSEWHERE)}
    if it.drawn.secret.reveal() not in texts:
        assert (answer.verdict, answer.token) == (Verdict.UNKNOWN, None), "a token that was never made here is known"
    return answer


async def record(it: Doing) -> object:
    """Write down what checks have shown here; what they have shown next door is left for the neighbour's turn."""
    taken = {**it.ports.notes.take()}
    own = taken.pop(it.home.workspace, None)
    it.ports.notes.give_back(taken)
    if own is not None:
        await record_checks(it.home.workspace, own, it.ports)
    return own


async def answers(home: Home, secrets: Sequence[Secret]) -> object:
    """What the APIs of a workspace are told of each of these tokens. It counts as no use."""
    ports = replace(home.world.ports, notes=CheckNotes())
    return [await _answer(server, secret, ports) for server in home.servers for secret in secrets]


async def _answer(server: Secret, secret: Secret, ports: Ports) -> object:
    try:
        return await check_token(Asker(server), secret, ports)
    except AskerUnknown as refusal:
        return refusal.code


def import_file(it: Doing) -> ImportFile:
    now, word = it.ports.clock.now(), it.words
    first, last = ((now + months * _MONTH).date().isoformat() for months in (-2, 3))
    rows = (
        f"{it.name},UMIA,UCARLA,{word},yes,migrated,former-token-0001,former-secret-1,{first},{last},yes",
        f"{it.home.name('Delta')},UMIA,UERIK,{word},yes,external,their-token-0001,their-secret-1,{first},{last},no",
        f"{it.home.name('Far')},UBEN,UCARLA,{word},yes,external,,,{first},{last},",
    )
    sheet = read_sheet("\n".join([_HEADER, *rows]).encode(), known=COLUMNS, required=REQUIRED)
    parties, problems = parties_of(sheet, now)
    people = {text: it.home.world.town.people.get(text) for text in people_in(parties)}
    return ImportFile(parties, problems, people)


async def revoke_as_client(it: Doing) -> object:
    client = Client(ClientId(it.drawn.id("client_ids")), it.drawn.secret)
    request = RevokePresentedToken(workspace=it.home.workspace, presented=it.drawn.secret, client=client)
    return await revoke_presented_token(request, it.ports)


async def revoke_presented(it: Doing) -> object:
    request = RevokePresentedToken(workspace=it.home.workspace, presented=it.drawn.secret)
    return await revoke_presented_token(request, it.ports)


async def is_used(it: Doing) -> object:
    """A program uses a token of this workspace, if it has one that works; that is written down at once."""
    ports = replace(it.ports, notes=CheckNotes())
    answers = []
    for server in it.home.servers[:1]:
        for secret in it.home.secrets:
            answers.append((await check_token(Asker(server), secret, ports)).verdict)
        await record_checks(it.home.workspace, ports.notes.take().get(it.home.workspace, Noted()), ports)
    return answers


async def read_reason(it: Doing) -> object:
    async with it.ports.read(it.home.workspace) as reading:
        return await reading.reasons.text(ReasonHash(it.drawn.id("reasons")))


async def export(it: Doing) -> object:
    database, workspace = it.home.world.database, it.home.workspace
    parties = [each async for each in exported_parties(database, workspace, progress=lambda _: None)]
    about = await kept_about(database, workspace, it.drawn.whom)
    return parties, about, await actors_called(database, workspace, it.drawn.whom)


def seen(result: object) -> str:
    """What can be seen of what an act gave, but for what is encrypted anew each time."""
    if isinstance(result, EncryptedCredentials):
        result = replace(result, armoured="")
    return repr(result)
