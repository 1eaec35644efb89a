"""Two people act on one third party at once, from the same beginning, at every point at which it could matter.

An operation is a row of steps: transactions, of which those that write wait for each other, and questions to Slack. So
another's whole operation is put before a chosen step of it: each such run has to end as if the two had acted one after
the other, for the state, for the records, for what was planned to be said, and for what each of them was told.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from access.model.check import Noted, Use
from access.model.errors import AccessError
from access.model.ids import HandoffId, ProposalId, ThirdPartyId, TokenId, WorkspaceId
from access.model.people import Caller, Role, SlackPerson, SlackUser
from access.model.secret import Secret
from access.model.third_party import details_hash
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.claim_token import ClaimToken, claim_token
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.let_token_lapse import LetTokenLapse, let_token_lapse
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.record_checks import record_checks
from access.operations.register_contact_key import RegisterContactKey, register_contact_key
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.replace_token import Replacement, ReplaceToken, replace_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.resend_token import ResendToken, resend_token
from access.operations.retire_token import RetireToken, retire_token
from access.operations.revoke_presented_token import RevokePresentedToken, revoke_presented_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.snooze_token import SnoozeToken, snooze_token
from access.ports import Ports
from storage.chain import verify_chain
from storage.tables import metadata
from tests.access.world import TEAM, World
from tests.checking import ASKER, add_resource_server
from tests.fakes import MONDAY_MORNING
from tests.kinds import on_a_file

Ids = Mapping[str, str]


@dataclass(frozen=True)
class Deed:
    """What somebody may do; `about` names the arguments of the command and which id each is."""

    who: str
    operation: Callable[[Any, Ports], Awaitable[Any]]
    command: Callable[..., Any]
    about: Mapping[str, str]
    more: Mapping[str, Any] = field(default_factory=dict)

    async def run(self, ids: Ids, world: World, ports: Ports) -> str:
        """Do it and return what they are told, in a word."""
        given = {name: ids[kind] for name, kind in self.about.items()}
        try:
            done = await self.operation(self.command(caller=world.caller(self.who), **given, **self.more), ports)
        except AccessError as refusal:
            return f"{refusal.code} {refusal.fields}"
        return f"done, but {done.why_not.code}" if isinstance(done, Replacement) and done.why_not else "done"


@dataclass(frozen=True, kw_only=True)
class IsUsed:
    """The contact's program calls the API, and what that shows is written down."""

    caller: Caller
    token: TokenId


async def is_used(cmd: IsUsed, ports: Ports) -> None:
    """Write it down, whatever has become of the token since."""
    await record_checks(cmd.caller.workspace, Noted({cmd.token: Use(ports.clock.now(), ASKER)}), ports)


_PARTY, _PROPOSAL, _TOKEN, _HANDOFF = ({name: name} for name in ("third_party", "proposal", "token", "handoff"))
_KEY: Final = "age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v"
_RENAMED: Final = {"name": "Acme Ltd", "callback_url": None, "owner": None, "deputy_owner": None, "notes": ""}


def _presenting(caller: Caller, presented: str) -> RevokePresentedToken:
    return RevokePresentedToken(workspace=caller.workspace, presented=Secret(presented))


DEEDS: Final[Mapping[str, Deed]] = {
    "approve": Deed("UBEN", approve_contact, ApproveContact, _PROPOSAL),
    "reject": Deed("UADA", reject_contact, RejectContact, _PROPOSAL, {"reason": "no"}),
    "propose": Deed("UBEN", propose_contact, ProposeContact, _PARTY, {"user_id": "UDORA"}),
    "enable": Deed("UADA", enable_third_party, EnableThirdParty, _PARTY),
    "disable": Deed("UBEN", disable_third_party, DisableThirdParty, _PARTY, {"reason": "audit"}),
    "remove": Deed("UADA", remove_third_party, RemoveThirdParty, _PARTY),
    "edit": Deed("UBEN", edit_third_party, EditThirdParty, {**_PARTY, "seen": "seen"}, _RENAMED),
    "issue": Deed("UBEN", issue_token, IssueToken, _PARTY),
    "resend": Deed("UMIA", resend_token, ResendToken, _PARTY),
    "resend_instead": Deed("UADA", resend_token, ResendToken, {**_PARTY, **_TOKEN}),
    "renew": Deed("UMIA", renew_token, RenewToken, _PARTY),
    "retire": Deed("UBEN", retire_token, RetireToken, _TOKEN),
    "revoke": Deed("UMIA", revoke_token, RevokeToken, _TOKEN),
    "revoke_presented": Deed("UCARLA", revoke_presented_token, _presenting, {"presented": "bearer"}),
    "replace": Deed("UADA", replace_token, ReplaceToken, _TOKEN),
    "lift": Deed("UBEN", lift_suspension, LiftSuspension, _TOKEN),
    "claim": Deed("UMIA", claim_token, ClaimToken, _TOKEN),
    "snooze": Deed("UBEN", snooze_token, SnoozeToken, _TOKEN, {"until": MONDAY_MORNING + timedelta(days=7)}),
    "let_lapse": Deed("UADA", let_token_lapse, LetTokenLapse, _TOKEN),
    "collect": Deed("UCARLA", collect_handoff, CollectHandoff, _HANDOFF),
    "decline": Deed("UCARLA", decline_handoff, DeclineHandoff, _HANDOFF),
    "confirm": Deed("UCARLA", confirm_handoff, ConfirmHandoff, _HANDOFF),
    "not_seen": Deed("UCARLA", report_not_seen, ReportNotSeen, _HANDOFF),
    "dispute": Deed("UCARLA", dispute_handoff, DisputeHandoff, _HANDOFF),
    "use": Deed("UCARLA", is_used, IsUsed, _TOKEN),
    "give_key": Deed("UCARLA", register_contact_key, RegisterContactKey, _PARTY, {"text": _KEY}),
}
BEGINNINGS: Final = ("proposed", "approved", "offered", "collected", "disputed", "renewed")
"""How far it has come. From the offer on, another contact is proposed as well; a renewal follows no dispute."""


@dataclass(frozen=True)
class Ending:
    """How it came out: every row, what was recorded, and what each of the two was told."""

    rows: Mapping[str, list[str]]
    told: tuple[str, str]

    @property
    def state(self) -> Mapping[str, list[str]]:
        """The rows without the records."""
        return {table: rows for table, rows in self.rows.items() if table != "audit"}


class Arena:
    """A beginning, from which two deeds can be tried again and again."""

    def __init__(self, folder: Path, beginning: str) -> None:
        self._folder = folder
        self._beginning = beginning
        self._ids: dict[str, str] = {}
        self._seeds = count()

    @property
    def deeds(self) -> list[str]:
        """What can be tried from here."""
        return [name for name, deed in DEEDS.items() if self._ids.keys() >= set(deed.about.values())]

    async def prepare(self) -> None:
        """Let it come as far as it shall."""
        with on_a_file():
            async with self._world("start") as world:
                await _begin(world, self._beginning, self._ids)

    async def propose_another(self) -> None:
        """Let another contact wait for approval as well."""
        with on_a_file():
            async with self._world("start") as world:
                asked = ProposeContact(
                    caller=world.caller("UANNA"), third_party=ThirdPartyId(self._ids["third_party"]), user_id="UERIK"
                )
                self._ids["proposal"] = (await propose_contact(asked, world.ports)).id
                await world.deliver()

    async def one_after_the_other(self, first: str, second: str) -> tuple[Ending, int]:
        """Try them in this order; return the ending and how many steps the first one took."""
        async with self._again() as world:
            steps = _Steps(None, None)
            told = await DEEDS[first].run(self._ids, world, steps.ports(world.ports))
            return await self._ending(world, (told, await self._run(second, world))), steps.taken

    async def alone(self, name: str) -> Ending:
        """Try one deed only."""
        async with self._again() as world:
            return await self._ending(world, (await self._run(name, world), ""))

    async def in_the_middle(self, first: str, second: str, *, before: int) -> Ending:
        """Let the second happen before that step of the first."""
        async with self._again() as world:
            told = ""

            async def meanwhile() -> None:
                nonlocal told
                told = await self._run(second, world)

            ports = _Steps(before, meanwhile).ports(world.ports)
            return await self._ending(world, (await DEEDS[first].run(self._ids, world, ports), told))

    async def at_once(self, first: str, second: str) -> Ending:
        """Let both begin at the same time, and the database decide."""
        async with self._again() as world:
            told = await asyncio.gather(self._run(first, world), self._run(second, world))
            return await self._ending(world, (told[0], told[1]))

    async def _run(self, name: str, world: World) -> str:
        return await DEEDS[name].run(self._ids, world, world.ports)

    @asynccontextmanager
    async def _again(self) -> AsyncIterator[World]:
        shutil.copytree(self._folder / "start", self._folder / "again")
        try:
            await World.bring_over(self._folder / "again")
            async with self._world("again") as world:
                yield world
        finally:
            shutil.rmtree(self._folder / "again")

    @asynccontextmanager
    async def _world(self, name: str) -> AsyncIterator[World]:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        world = await World.make(folder, seed=next(self._seeds))
        world.clock.advance(timedelta(minutes=2 if name == "again" else 0))
        world.town.settle("UADA", Role.ADMIN)
        world.town.settle("UDORA", Role.OUTSIDER, is_guest=True)
        try:
            yield world
        finally:
            await world.close()

    async def _ending(self, world: World, told: tuple[str, str]) -> Ending:
        verified = await verify_chain(world.database, TEAM, world.seal)
        assert verified.first_wrong is None
        return Ending(_rows(world, self._ids), told)


@dataclass
class _Steps:
    """Counts an operation's steps, and lets something else happen before one of them."""

    before: int | None
    meanwhile: Callable[[], Awaitable[None]] | None
    taken: int = 0
    directory: Any = None

    def ports(self, ports: Ports) -> Ports:
        self.directory = ports.directory
        return replace(ports, write=self._around(ports.write), read=self._around(ports.read), directory=self)

    async def look_up(self, user_id: str) -> SlackPerson | None:
        await self._step()
        person: SlackPerson | None = await self.directory.look_up(user_id)
        return person

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        return await self.look_up(user_id)

    async def admins(self) -> list[SlackUser]:
        return list(await self.directory.admins())

    def _around(
        self, opening: Callable[[WorkspaceId], AbstractAsyncContextManager[Any]]
    ) -> Callable[[WorkspaceId], AbstractAsyncContextManager[Any]]:
        @asynccontextmanager
        async def opened(workspace: WorkspaceId) -> AsyncIterator[Any]:
            await self._step()
            async with opening(workspace) as unit:
                yield unit

        return opened

    async def _step(self) -> None:
        self.taken += 1
        if self.meanwhile is not None and self.taken - 1 == self.before:
            await self.meanwhile()


async def _begin(world: World, beginning: str, ids: dict[str, str]) -> None:
    ports, caller = world.ports, world.caller
    async with ports.write(TEAM) as uow:  # so that nobody is seen for the first time later on
        for user_id in sorted(world.town.people):
            ids[user_id] = await uow.people.id_of(caller(user_id).slack)
        await uow.commit()
    anna, ben, carla = caller("UANNA"), caller("UBEN"), caller("UCARLA")
    party = await register_third_party(RegisterThirdParty(caller=anna, name="Acme Corp"), ports)
    handed_over: dict[str, Any] = {**_RENAMED, "name": party.name, "owner": "UMIA", "seen": details_hash(party)}
    party = await edit_third_party(EditThirdParty(caller=anna, third_party=party.id, **handed_over), ports)
    ids |= {"third_party": party.id, "client": party.client_id, "seen": details_hash(party)}
    await enable_third_party(EnableThirdParty(caller=anna, third_party=party.id), ports)
    await add_resource_server(TEAM, ports)

    async def propose(user_id: str) -> None:
        asked = ProposeContact(caller=anna, third_party=party.id, user_id=user_id)
        ids["proposal"] = (await propose_contact(asked, ports)).id
        await world.deliver()

    await propose("UCARLA")
    stage = BEGINNINGS.index(beginning)
    if stage >= BEGINNINGS.index("approved"):
        ids["former proposal"] = (
            await approve_contact(ApproveContact(caller=ben, proposal=ProposalId(ids["proposal"])), ports)
        ).id
    if stage >= BEGINNINGS.index("offered"):
        issued = await issue_token(IssueToken(caller=ben, third_party=party.id), ports)
        async with ports.read(TEAM) as reading:
            handoff = await reading.handoffs.of_token(issued.token.id)
        bearer = world.vault.sealed[issued.token.id][1]
        ids |= {"token": issued.token.id, "handoff": handoff.id, "bearer": bearer.reveal()}
        await propose("UERIK")
    if stage >= BEGINNINGS.index("collected"):
        await collect_handoff(CollectHandoff(caller=carla, handoff=HandoffId(ids["handoff"])), ports)
    if beginning == "disputed":
        await dispute_handoff(DisputeHandoff(caller=carla, handoff=HandoffId(ids["handoff"])), ports)
    if beginning == "renewed":
        renewed = await renew_token(RenewToken(caller=anna, third_party=party.id), ports)
        async with ports.read(TEAM) as reading:
            handoff = await reading.handoffs.of_token(renewed.token.id)
        ids |= {"successor": renewed.token.id, "former handoff": ids["handoff"], "handoff": handoff.id}
        await collect_handoff(CollectHandoff(caller=carla, handoff=handoff.id), ports)


_TABLES: Final = (
    "third_parties",
    "contact_proposals",
    "tokens",
    "handoffs",
    "sealed_credentials",
    "reasons",
    "outbox",
    "audit",
)
_SECRET: Final = {"mac", "fingerprint", "token_digest", "secret_digest", "client_secret", "bearer"}
_BY_CHANCE: Final = _SECRET | {"number", "hash", "reason"}
_ID: Final = re.compile(r"[a-z2-7]{26}")


def _rows(world: World, ids: Ids) -> dict[str, list[str]]:
    """Every row, without what is drawn at random: a new id is any new id, and records count without their order."""
    known = {value: name for name, value in ids.items()}
    found = {}
    for table in _TABLES:
        columns = [f'"{column.name}"' for column in metadata.tables[table].columns if column.name not in _BY_CHANCE]
        texts = map(str, world.rows(f"SELECT {', '.join(columns)} FROM {table}"))
        found[table] = sorted(_ID.sub(lambda text: known.get(text[0], "new"), text) for text in texts)
    return found
