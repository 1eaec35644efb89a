"""Random lives of third parties: whatever people do, in whatever order, the rules of the product hold.

`Memory` is what an observer with a pencil would note; it shares no code with the model.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from access.model.errors import AccessError
from access.model.handoff import Handoff
from access.model.ids import HandoffId, ProposalId, ThirdPartyId, TokenId
from access.model.people import Role
from access.model.secret import Secret
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState, Verdict
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.check_token import check_token
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.resend_token import ResendToken, resend_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.sweep_handoffs import sweep_handoffs
from storage.chain import Verified, verify_chain
from tests.access.world import TEAM, World

T = TypeVar("T")
PEOPLE = ["UANNA", "UBEN", "UMIA", "UOMAR", "UCARLA", "UERIK"]
ADMINS = {"UANNA", "UBEN"}
CANDIDATES = ["UCARLA", "UERIK"]
mostly_anna = st.sampled_from(["UANNA"] * 9 + PEOPLE)
mostly_ben = st.sampled_from(["UBEN"] * 9 + PEOPLE)
mostly_a_contact = st.sampled_from(CANDIDATES * 6 + PEOPLE)
mostly = st.sampled_from([True] * 5 + [False])


@dataclass
class Noted:
    """What was seen of one token."""

    issued_at: datetime
    secrets: list[str]
    shown_to: list[str] = field(default_factory=list)
    stopped: bool = False
    suspended: bool = False


@dataclass
class Memory:
    """What was seen of the third party."""

    enabled: bool = False
    removed: bool = False
    contact: str | None = None
    proposed: tuple[str, str] | None = None
    tokens: dict[TokenId, Noted] = field(default_factory=dict)


class Life(RuleBasedStateMachine):
    """One third party, six people and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.world = self.runner.run(World.make(self.folder))
        self.memory = Memory()
        self.party = ThirdPartyId("")
        self.records = 0

    def teardown(self) -> None:
        try:
            verified = self.runner.run(verify_chain(self.world.database, TEAM, self.world.seal))
            assert verified == Verified(self.world.count_records(), None)
            if self.party and not self.memory.removed:
                self.must_succeed("UANNA", remove_third_party, RemoveThirdParty, third_party=self.party)
                assert all(verdict is not Verdict.ACCEPTED for verdict in self.verdicts().values())
        finally:
            self.runner.run(self.world.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    # --- asking ---------------------------------------------------------------------------------------------------

    def attempt(self, who: str, operation: Callable[[Any, Any], Awaitable[T]], command: Any, **about: Any) -> T | None:
        """Ask for an operation; return what it gave, or None if it was refused."""
        request = command(caller=self.world.caller(who), **about)
        before = self.world.count_records()
        try:
            result = self.runner.run(operation(request, self.world.ports))  # type: ignore[arg-type]
        except AccessError:
            assert who not in ADMINS or self.world.count_records() == before + 1, "an admin's refusal leaves a record"
            return None
        assert self.world.count_records() > before, "what happened leaves a record"
        return result

    def must_succeed(self, who: str, operation: Callable[[Any, Any], Awaitable[T]], command: Any, **about: Any) -> T:
        return self.runner.run(operation(command(caller=self.world.caller(who), **about), self.world.ports))  # type: ignore[arg-type]

    def read(self) -> tuple[ThirdParty, list[Token], dict[TokenId, Handoff]]:
        async def read() -> tuple[ThirdParty, list[Token], dict[TokenId, Handoff]]:
            async with self.world.ports.read(TEAM) as reading:
                party = await reading.third_parties.find(self.party)
                assert party is not None
                tokens = list(await reading.tokens.of(self.party))
                return party, tokens, {token.id: await reading.handoffs.of_token(token.id) for token in tokens}

        return self.runner.run(read())

    def verdicts(self) -> dict[TokenId, Verdict]:
        async def check() -> dict[TokenId, Verdict]:
            return {
                token: await check_token(TEAM, self.world.vault.sealed[token][1], self.world.ports)
                for token in self.memory.tokens
            }

        return self.runner.run(check())

    def open_proposal(self) -> ProposalId:
        async def find() -> ProposalId:
            async with self.world.ports.read(TEAM) as reading:
                proposal = await reading.proposals.open_for(self.party)
                return proposal.id if proposal else ProposalId("none")

        return self.runner.run(find())

    def newest_handoff(self) -> HandoffId:
        _, tokens, handoffs = self.read()
        return handoffs[tokens[0].id].id

    def note_new_tokens(self) -> None:
        """Note what was issued, and what was stopped because of it."""
        for token, secrets in self.world.vault.sealed.items():
            token_id = TokenId(token)
            if token_id not in self.memory.tokens:
                texts = [secret.reveal() for secret in secrets]
                self.memory.tokens[token_id] = Noted(self.world.clock.now(), texts)

    def uncollected_end(self) -> None:
        for noted in self.memory.tokens.values():
            noted.stopped = noted.stopped or not noted.shown_to

    # --- what people do -------------------------------------------------------------------------------------------

    @initialize(stage=st.integers(0, 6), whom=st.sampled_from(CANDIDATES))
    def register(self, stage: int, whom: str) -> None:
        registered = self.attempt("UANNA", register_third_party, RegisterThirdParty, name="Acme Corp")
        assert registered is not None
        self.party = registered.id
        story: list[Callable[[], None]] = [
            lambda: self.propose("UANNA", whom),
            lambda: self.deliver(arrives=True),
            lambda: self.approve("UBEN"),
            lambda: self.enable("UANNA"),
            lambda: self.issue("UANNA"),
            lambda: self.collect(whom),
        ]
        for step in story[:stage]:
            step()

    @rule(who=mostly_anna, whom=mostly_a_contact)
    def propose(self, who: str, whom: str) -> None:
        proposed = self.attempt(who, propose_contact, ProposeContact, third_party=self.party, user_id=whom)
        if proposed is not None:
            assert who in ADMINS
            assert whom not in ADMINS
            self.memory.proposed = (whom, who)

    @rule(arrives=mostly)
    def deliver(self, arrives: bool) -> None:
        self.runner.run(self.world.deliver(introductions_arrive=arrives))

    @precondition(lambda self: self.memory.proposed)
    @rule(who=mostly_ben)
    def approve(self, who: str) -> None:
        approved = self.attempt(who, approve_contact, ApproveContact, proposal=self.open_proposal())
        if approved is not None:
            assert self.memory.proposed is not None
            whom, proposer = self.memory.proposed
            assert who in ADMINS - {proposer}
            if self.memory.contact is not None:
                self.uncollected_end()
            self.memory.contact = whom
            self.memory.proposed = None

    @precondition(lambda self: self.memory.proposed)
    @rule(who=mostly_ben)
    def reject(self, who: str) -> None:
        if self.attempt(who, reject_contact, RejectContact, proposal=self.open_proposal()) is not None:
            assert who in ADMINS

    @rule(who=mostly_anna)
    def enable(self, who: str) -> None:
        if self.attempt(who, enable_third_party, EnableThirdParty, third_party=self.party) is not None:
            assert who in ADMINS
            self.memory.enabled = True

    @rule(who=mostly_anna)
    def disable(self, who: str) -> None:
        if self.attempt(who, disable_third_party, DisableThirdParty, third_party=self.party) is not None:
            assert who in ADMINS
            self.memory.enabled = False

    @rule(who=mostly_anna)
    def issue(self, who: str) -> None:
        if self.attempt(who, issue_token, IssueToken, third_party=self.party) is not None:
            assert who in ADMINS
            assert self.memory.enabled
            self.note_new_tokens()

    @rule(who=mostly_anna)
    def resend(self, who: str) -> None:
        if self.attempt(who, resend_token, ResendToken, third_party=self.party) is not None:
            self.uncollected_end()
            self.note_new_tokens()

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna, which=st.integers(0, 3))
    def revoke(self, who: str, which: int) -> None:
        token = self.some_token(which)
        if self.attempt(who, revoke_token, RevokeToken, token=token) is not None:
            assert who in ADMINS
            self.memory.tokens[token].stopped = True

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna, which=st.integers(0, 3))
    def replace(self, who: str, which: int) -> None:
        token = self.some_token(which)
        if self.attempt(who, replace_token, ReplaceToken, token=token) is not None:
            assert who in ADMINS
            self.memory.tokens[token].stopped = True
            self.note_new_tokens()

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna, which=st.integers(0, 3))
    def lift(self, who: str, which: int) -> None:
        token = self.some_token(which)
        if self.attempt(who, lift_suspension, LiftSuspension, token=token) is not None:
            assert who in ADMINS
            assert self.memory.tokens[token].suspended
            self.memory.tokens[token].suspended = False

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def collect(self, who: str) -> None:
        token = self.read()[1][0].id
        shown = self.attempt(who, collect_handoff, CollectHandoff, handoff=self.newest_handoff())
        if shown is not None:
            noted = self.memory.tokens[token]
            assert who == self.memory.contact
            assert self.memory.enabled
            assert not noted.shown_to
            assert not noted.stopped
            assert [shown.client_secret.reveal(), shown.token.reveal()] == noted.secrets
            noted.shown_to.append(who)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def confirm(self, who: str) -> None:
        confirmed = self.attempt(who, confirm_handoff, ConfirmHandoff, handoff=self.newest_handoff())
        assert confirmed is None or who == self.memory.contact

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def decline(self, who: str) -> None:
        before = self.world.count_records()
        self.attempt_without_result(who, decline_handoff, DeclineHandoff(
            caller=self.world.caller(who), handoff=self.newest_handoff()
        ))
        if self.read()[0].contact is None and self.memory.contact is not None and not self.memory.removed:
            assert who == self.memory.contact
            assert self.world.count_records() > before
            self.memory.contact = None
            self.uncollected_end()

    def attempt_without_result(self, who: str, operation: Callable[[Any, Any], Awaitable[None]], request: Any) -> None:
        try:
            self.runner.run(operation(request, self.world.ports))  # type: ignore[arg-type]
        except AccessError:
            return

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def not_seen(self, who: str) -> None:
        token = self.read()[1][0].id
        if self.attempt(who, report_not_seen, ReportNotSeen, handoff=self.newest_handoff()) is not None:
            assert who == self.memory.contact
            self.memory.tokens[token].stopped = True
            self.note_new_tokens()

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact, which=st.integers(0, 3))
    def dispute(self, who: str, which: int) -> None:
        token = self.some_token(which)
        handoff = self.read()[2][token].id
        suspended = self.attempt(who, dispute_handoff, DisputeHandoff, handoff=handoff)
        if suspended is not None:
            assert self.memory.tokens[token].shown_to == [who]
            assert suspended is False or who == self.memory.contact
            self.memory.tokens[token].suspended |= suspended

    @rule(who=mostly_ben, sure=st.integers(0, 9))
    def remove(self, who: str, sure: int) -> None:
        if sure == 0 and self.attempt(who, remove_third_party, RemoveThirdParty, third_party=self.party):
            assert who in ADMINS
            self.memory.removed, self.memory.enabled, self.memory.contact = True, False, None
            for noted in self.memory.tokens.values():
                noted.stopped = True

    @rule(whom=st.sampled_from(CANDIDATES), gone=st.booleans())
    def slack_changes(self, whom: str, gone: bool) -> None:
        self.world.town.change(whom, is_deactivated=gone)

    @rule(
        by=st.sampled_from([*[timedelta(minutes=5)] * 3, timedelta(hours=30), timedelta(days=4), timedelta(days=100)]),
        sweeps=st.booleans(),
    )
    def time_passes(self, by: timedelta, sweeps: bool) -> None:
        self.world.clock.advance(by)
        if sweeps:
            self.runner.run(sweep_handoffs(TEAM, self.world.ports))
            _, tokens, handoffs = self.read()
            for token in tokens:
                if not self.memory.tokens[token.id].shown_to and handoffs[token.id].lapses_at <= self.world.clock.now():
                    self.memory.tokens[token.id].stopped = True

    def some_token(self, which: int) -> TokenId:
        tokens = list(self.memory.tokens)
        return tokens[which % len(tokens)]

    # --- what must always hold ------------------------------------------------------------------------------------

    @precondition(lambda self: self.party)
    @invariant()
    def exactly_the_right_tokens_are_accepted(self) -> None:
        now = self.world.clock.now()
        for token, verdict in self.verdicts().items():
            noted = self.memory.tokens[token]
            works = (
                self.memory.enabled
                and bool(noted.shown_to)
                and not noted.stopped
                and not noted.suspended
                and now < noted.issued_at + relativedelta(months=6)
            )
            assert (verdict is Verdict.ACCEPTED) == works, verdict

    @precondition(lambda self: self.party)
    @invariant()
    def the_switches_and_the_contact_are_as_people_left_them(self) -> None:
        party, _, _ = self.read()
        assert party.enabled == self.memory.enabled
        assert (party.contact is None) == (self.memory.contact is None)
        assert (party.removed_at is not None) == self.memory.removed

    @precondition(lambda self: self.party)
    @invariant()
    def every_waiting_token_has_its_open_offer(self) -> None:
        _, tokens, handoffs = self.read()
        now = self.world.clock.now()
        waiting = [token for token in tokens if token.state(now) is TokenState.PENDING]
        assert len(waiting) <= 1
        assert sum(token.is_live(now) for token in tokens) <= 2
        assert all(handoffs[token.id].is_open for token in waiting)
        assert sum(handoff.is_open for handoff in handoffs.values()) <= 1

    @precondition(lambda self: self.party)
    @invariant()
    def nobody_is_stuck(self) -> None:
        """From every state an admin has a way on, and the waiting ones end by themselves."""
        party, tokens, _ = self.read()
        now = self.world.clock.now()
        if self.memory.removed:
            return
        for token in tokens:
            if token.is_live(now) and token.state(now) is TokenState.PENDING:
                assert self.read()[2][token.id].lapses_at <= now + timedelta(days=6)
        assert party.removed_at is None

    @invariant()
    def nothing_secret_is_on_the_disk(self) -> None:
        kept = b"".join(path.read_bytes() for path in self.folder.glob("thirdparty.db*"))
        for noted in self.memory.tokens.values():
            assert not any(text.encode() in kept for text in noted.secrets)


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
