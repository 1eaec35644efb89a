"""Third parties' lives, by chance, as the operations see them: most go the whole way, some take a turn."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

from access.model.errors import AccessError
from access.model.ids import ContactKeyId, HandoffId, ProposalId, ThirdPartyId, TokenId, TokenRequestId
from access.model.import_plan import people_in
from access.model.import_rows import COLUMNS, REQUIRED, parties_of
from access.model.sheet import read_sheet
from access.model.token_request import RequestReason
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.approve_contact_key import ApproveContactKey, approve_contact_key
from access.operations.ask_for_token import AskForToken, ask_for_token
from access.operations.ask_key_removal import AskKeyRemoval, ask_key_removal
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.decline_token_request import DeclineTokenRequest, decline_token_request
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.grant_token_request import GrantTokenRequest, grant_token_request
from access.operations.import_third_parties import ImportFile, import_third_parties
from access.operations.issue_token import IssueToken, issue_token
from access.operations.promote_deputy import PromoteDeputy, promote_deputy
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_contact_key import RegisterContactKey, register_contact_key
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.reject_contact_key import RejectContactKey, reject_contact_key
from access.operations.remove_deputy import RemoveDeputy, remove_deputy
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.resend_token import ResendToken, resend_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.sweep_handoffs import sweep_handoffs
from access.ports import Ports
from tests.access.world import TEAM, World
from tests.checking import note_accepted
from tests.crash.dice import Dice

_T = TypeVar("_T")
_DETOUR: Final = 0.3
_HEADER: Final = "name,owner,contact,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered"
_KEYS: Final = (
    "age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v",
    "age1lsrgu6z7f9m8ksqgyzak5lc0mc2ewxetktv7nage4nwk5ke7zc9qy7tn9z",
)


@dataclass
class Lives:
    """One third party after the other, in one world."""

    world: World
    dice: Dice
    count: int = 0
    party: ThirdPartyId = field(default=ThirdPartyId(""))

    async def ask(
        self, who: str, operation: Callable[[Any, Ports], Awaitable[_T]], command: Any, **about: Any
    ) -> _T | None:
        """Ask for an operation; a refusal is an answer too."""
        with suppress(AccessError):
            return await operation(command(caller=self.world.caller(who), **about), self.world.ports)
        return None

    async def register(self) -> None:
        self.count += 1
        party = await self.ask("UANNA", register_third_party, RegisterThirdParty, name=f"Acme {self.count}")
        assert party is not None
        self.party = party.id

    async def bring_in(self) -> None:
        """Another one comes with a file, of which the token may be delivered already or wait to be offered."""
        self.count += 1
        token = self.dice.pick(["migrated,secret-{0}-x,,yes", "migrated,secret-{0}-x,,no", "external,,,"])
        token = self.dice.pick([token, "external,secret-{0}-x,their-{0}-secret,no"]).format(self.count)
        kind, secret, client_secret, delivered = token.split(",")
        today = self.world.clock.now().date()
        dates = f"{today - timedelta(days=9)},{today + timedelta(days=150)}"
        row = f"Acme {self.count},UMIA,UCARLA,yes,{kind},{secret},{client_secret},{dates},{delivered}"
        sheet = read_sheet(f"{_HEADER}\n{row}".encode(), known=COLUMNS, required=REQUIRED)
        parties, problems = parties_of(sheet, self.world.clock.now())
        people = {text: self.world.town.people.get(text) for text in people_in(parties)}
        await import_third_parties(TEAM, ImportFile(parties, problems, people), self.world.ports)
        async with self.world.ports.read(TEAM) as reading:
            party = await reading.third_parties.by_name(f"Acme {self.count}")
        assert party is not None
        self.party = party.id

    async def propose(self) -> None:
        whom = self.dice.pick(["UCARLA", "UCARLA", "UERIK"])
        await self.ask("UANNA", propose_contact, ProposeContact, third_party=self.party, user_id=whom)

    async def propose_deputy(self) -> None:
        about = {"third_party": self.party, "user_id": self.dice.pick(["UCARLA", "UERIK"]), "deputy": True}
        await self.ask("UANNA", propose_contact, ProposeContact, **about)
        await self.deliver()
        await self.approve()

    async def decide_about_deputy(self) -> None:
        about = {"proposal": await self._deputy()}
        if self.dice.chance(0.5):
            await self.ask("UANNA", promote_deputy, PromoteDeputy, **about)
        else:
            await self.ask("UBEN", remove_deputy, RemoveDeputy, **about)

    async def deliver(self) -> None:
        await self.world.deliver(introductions_arrive=not self.dice.chance(0.05))

    async def approve(self) -> None:
        async with self.world.ports.read(TEAM) as reading:
            proposal = await reading.proposals.open_for(self.party)
            key = (await reading.contact_keys.of(self.party, proposal.contact)).waiting if proposal else None
        if proposal is not None:
            about = {"proposal": proposal.id, "key": key.id if key else None}
            await self.ask("UBEN", approve_contact, ApproveContact, **about)

    async def reject(self) -> None:
        await self.ask("UBEN", reject_contact, RejectContact, proposal=await self._proposal(), reason="No.")

    async def enable(self) -> None:
        await self.ask("UBEN", enable_third_party, EnableThirdParty, third_party=self.party)

    async def disable(self) -> None:
        await self.ask("UBEN", disable_third_party, DisableThirdParty, third_party=self.party, reason="Too loud.")

    async def issue(self) -> None:
        await self.ask("UANNA", issue_token, IssueToken, third_party=self.party)

    async def resend(self) -> None:
        await self.ask("UANNA", resend_token, ResendToken, third_party=self.party)

    async def revoke(self) -> None:
        await self.ask("UBEN", revoke_token, RevokeToken, token=(await self._newest())[0])

    async def remove(self) -> None:
        await self.ask("UANNA", remove_third_party, RemoveThirdParty, third_party=self.party)

    async def collect(self) -> None:
        await self._contact(collect_handoff, CollectHandoff)

    async def confirm(self) -> None:
        await self._contact(confirm_handoff, ConfirmHandoff)

    async def not_seen(self) -> None:
        await self._contact(report_not_seen, ReportNotSeen)

    async def decline(self) -> None:
        await self._contact(decline_handoff, DeclineHandoff)

    async def dispute(self) -> None:
        await self._contact(dispute_handoff, DisputeHandoff)

    async def give_key(self) -> None:
        about = {"third_party": self.party, "text": self.dice.pick(_KEYS)}
        for who in ("UCARLA", "UERIK"):
            await self.ask(who, register_contact_key, RegisterContactKey, **about)

    async def remove_key(self) -> None:
        in_force, _ = await self._keys()
        for who in ("UCARLA", "UERIK"):
            await self.ask(who, ask_key_removal, AskKeyRemoval, key=in_force)

    async def decide_about_key(self) -> None:
        _, waiting = await self._keys()
        if self.dice.chance(0.7):
            await self.ask("UBEN", approve_contact_key, ApproveContactKey, key=waiting)
        else:
            await self.ask("UBEN", reject_contact_key, RejectContactKey, key=waiting)

    async def ask_for_new(self) -> None:
        why = self.dice.pick([*RequestReason])
        for who in ("UCARLA", "UERIK"):
            await self.ask(who, ask_for_token, AskForToken, token=(await self._newest())[0], why=why)

    async def grant(self) -> None:
        await self.ask("UANNA", grant_token_request, GrantTokenRequest, request=await self._request())

    async def decline_request(self) -> None:
        await self.ask("UBEN", decline_token_request, DeclineTokenRequest, request=await self._request())

    async def use(self) -> None:
        """Their program calls the API, and what that shows is written down."""
        await note_accepted(TEAM, [(await self._newest())[0]], self.world.clock.now(), self.world.ports)

    async def replace(self) -> None:
        await self.ask("UBEN", replace_token, ReplaceToken, token=(await self._newest())[0])

    async def days_pass(self) -> None:
        self.world.clock.advance(timedelta(hours=self.dice.pick([1, 49, 80])))
        await sweep_handoffs(TEAM, self.world.ports)

    async def _contact(self, operation: Callable[[Any, Ports], Awaitable[object]], command: Any) -> None:
        """Both possible contacts try: one of them is it."""
        for who in ("UCARLA", "UERIK"):
            await self.ask(who, operation, command, handoff=(await self._newest())[1])

    async def _proposal(self) -> ProposalId:
        async with self.world.ports.read(TEAM) as reading:
            proposal = await reading.proposals.open_for(self.party)
            return proposal.id if proposal else ProposalId("none")

    async def _keys(self) -> tuple[ContactKeyId, ContactKeyId]:
        """The contact's key in force, and the change that waits."""
        async with self.world.ports.read(TEAM) as reading:
            party = await reading.third_parties.find(self.party)
            if party is None or party.contact is None:
                return ContactKeyId("none"), ContactKeyId("none")
            keys = await reading.contact_keys.of(self.party, party.contact)
        in_force, waiting = (key.id if key else ContactKeyId("none") for key in (keys.in_force, keys.waiting))
        return in_force, waiting

    async def _deputy(self) -> ProposalId:
        async with self.world.ports.read(TEAM) as reading:
            party = await reading.third_parties.find(self.party)
            deputy = party.deputy_contact if party else None
            approval = await reading.proposals.last_approved(self.party, deputy) if deputy else None
            return approval.id if approval else ProposalId("none")

    async def _request(self) -> TokenRequestId:
        async with self.world.ports.read(TEAM) as reading:
            request = await reading.token_requests.open_for(self.party)
            return request.id if request else TokenRequestId("none")

    async def _newest(self) -> tuple[TokenId, HandoffId]:
        async with self.world.ports.read(TEAM) as reading:
            for token in await reading.tokens.of(self.party):
                handoff = await reading.handoffs.find_of(token.id)
                return token.id, handoff.id if handoff else HandoffId("none")
        return TokenId("none"), HandoffId("none")


_STORY: Final = [
    Lives.propose, Lives.deliver, Lives.approve, Lives.deliver, Lives.enable, Lives.issue,
    Lives.deliver, Lives.collect, Lives.deliver, Lives.confirm,
]  # fmt: skip
_TURNS: Final = [
    Lives.propose, Lives.reject, Lives.disable, Lives.enable, Lives.issue, Lives.resend, Lives.revoke, Lives.not_seen,
    Lives.propose_deputy, Lives.propose_deputy, Lives.decide_about_deputy,
    Lives.decline, Lives.dispute, Lives.days_pass, Lives.deliver, Lives.remove,
    Lives.give_key, Lives.give_key, Lives.decide_about_key, Lives.decide_about_key, Lives.remove_key,
    Lives.use, Lives.use, Lives.ask_for_new, Lives.ask_for_new, Lives.grant, Lives.decline_request, Lives.replace,
]  # fmt: skip


async def operations(world: World, dice: Dice) -> AsyncGenerator[None]:
    """Have lives lived, for ever; gives after each operation that was answered."""
    lives = Lives(world, dice)
    while True:
        begins = Lives.bring_in if dice.chance(0.3) else Lives.register
        for step in [begins, *_STORY]:
            if lives.count and dice.chance(_DETOUR):
                world.clock.advance(timedelta(minutes=2))
                await dice.pick(_TURNS)(lives)
                yield
            await step(lives)
            yield
