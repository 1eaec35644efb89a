"""Random lives of third parties: whatever people do, in whatever order, the rules of the product hold.

What is expected is read from what an observer with a pencil noted, `tests.access.life.Memory`, not from the model.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from access.model.ids import TokenId
from access.model.secret import Secret
from access.model.token import TokenState, Verdict
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.prune import prune
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.reject_contact import RejectContact, reject_contact
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from access.operations.resend_token import ResendToken, resend_token
from access.operations.retire_token import RetireToken, retire_token
from access.operations.revoke_presented_token import Revocation, RevokePresentedToken, revoke_presented_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.sweep_handoffs import sweep_handoffs
from access.operations.sweep_tokens import sweep_tokens
from storage.chain import Verified, verify_chain
from tests.access.life import ADMINS, Observed
from tests.access.world import TEAM, in_clear
from tests.checking import note_accepted

PEOPLE = ["UANNA", "UBEN", "UMIA", "UOMAR", "UCARLA", "UERIK"]
CANDIDATES = ["UCARLA", "UERIK"]
mostly_anna = st.sampled_from(["UANNA"] * 9 + PEOPLE)
mostly_ben = st.sampled_from(["UBEN"] * 9 + PEOPLE)
mostly_a_contact = st.sampled_from(CANDIDATES * 6 + PEOPLE)
mostly = st.sampled_from([True] * 5 + [False])


class Life(Observed):
    """One third party, six people and a clock."""

    @initialize(stage=st.sampled_from([*range(9), 8, 8, 8]), whom=st.sampled_from(CANDIDATES))
    def register(self, stage: int, whom: str) -> None:
        _, registered = self.attempt("UANNA", register_third_party, RegisterThirdParty, name="Acme Corp")
        assert registered is not None
        self.party = registered.id
        story: list[Callable[[], None]] = [
            lambda: self.propose("UANNA", whom),
            lambda: self.deliver(arrives=True),
            lambda: self.approve("UBEN"),
            lambda: self.enable("UANNA"),
            lambda: self.issue("UANNA"),
            lambda: self.collect(whom),
            lambda: self.renew("UANNA"),
            lambda: self.collect(whom),
        ]
        for step in story[:stage]:
            step()

    @rule(who=mostly_anna, whom=mostly_a_contact)
    def propose(self, who: str, whom: str) -> None:
        _, proposed = self.attempt(who, propose_contact, ProposeContact, third_party=self.party, user_id=whom)
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
        _, approved = self.attempt(who, approve_contact, ApproveContact, proposal=self.open_proposal())
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
        if self.attempt(who, reject_contact, RejectContact, proposal=self.open_proposal())[0]:
            assert who in ADMINS

    @rule(who=mostly_anna)
    def enable(self, who: str) -> None:
        if self.attempt(who, enable_third_party, EnableThirdParty, third_party=self.party)[0]:
            assert who in ADMINS
            self.memory.enabled = True

    @rule(who=mostly_anna)
    def disable(self, who: str) -> None:
        if self.attempt(who, disable_third_party, DisableThirdParty, third_party=self.party)[0]:
            assert who in ADMINS
            self.memory.enabled = False

    @rule(who=mostly_anna)
    def issue(self, who: str) -> None:
        if self.attempt(who, issue_token, IssueToken, third_party=self.party)[0]:
            assert who in ADMINS
            assert self.memory.enabled
            self.note_new_tokens()

    @rule(who=mostly_anna)
    def resend(self, who: str) -> None:
        newest = self.read()[1][:1]
        if self.attempt(who, resend_token, ResendToken, third_party=self.party)[0]:
            self.uncollected_end()
            self.note_new_tokens(self.memory.tokens[newest[0].id].instead_of)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna)
    def renew(self, who: str) -> None:
        now = self.world.clock.now()
        working = [token for token, noted in self.memory.tokens.items() if noted.works(now)]
        if self.attempt(who, renew_token, RenewToken, third_party=self.party)[0]:
            assert who in ADMINS
            assert self.memory.enabled
            (old,) = working
            self.note_new_tokens(old)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=st.sampled_from(["UANNA", "UCARLA", "UERIK", "UCARLA", *PEOPLE]), which=st.integers(0, 3))
    def retire(self, who: str, which: int) -> None:
        token, now = self.some_token(which), self.world.clock.now()
        as_contact = who in CANDIDATES
        if self.attempt(who, retire_token, RetireToken, token=token, as_contact=as_contact)[0]:
            newer = [each for each in self.memory.tokens.values() if each.instead_of == token and each.works(now)]
            assert self.memory.tokens[token].works(now)
            assert newer
            assert who in ADMINS or (who == self.memory.contact and newer[0].shown_to == [who])
            self.memory.tokens[token].stopped = True

    @precondition(lambda self: self.memory.tokens)
    @rule(which=st.integers(0, 3))
    def is_used(self, which: int) -> None:
        """The third party's program calls the API, and the call is accepted."""
        token, now = self.some_token(which), self.world.clock.now()
        if self.memory.enabled and self.memory.tokens[token].works(now):
            self.memory.tokens[token].used_at = now
            self.runner.run(note_accepted(TEAM, [token], now, self.world.ports))

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna, which=st.integers(0, 3))
    def revoke(self, who: str, which: int) -> None:
        token = self.some_token(which)
        if self.attempt(who, revoke_token, RevokeToken, token=token)[0]:
            assert who in ADMINS
            self.memory.tokens[token].stopped = True
            self.overlap_is_off(token)

    @precondition(lambda self: self.memory.tokens)
    @rule(which=st.integers(0, 3), with_token=st.booleans())
    def somebody_revokes_what_they_found(self, which: int, with_token: bool) -> None:
        """Whoever has a token or its client secret ends it, whatever was decided about it, and once."""
        token, now, before = self.some_token(which), self.world.clock.now(), self.world.count_records()
        noted = self.memory.tokens[token]
        found = RevokePresentedToken(workspace=TEAM, presented=Secret(noted.secrets[with_token]))
        outcome = self.runner.run(revoke_presented_token(found, self.world.ports))
        assert (outcome is Revocation.REVOKED) == noted.is_live(now)
        assert (outcome is Revocation.REVOKED) == (self.world.count_records() > before)
        if outcome is Revocation.REVOKED:
            noted.stopped = True
            self.overlap_is_off(token)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna, which=st.integers(0, 3))
    def replace(self, who: str, which: int) -> None:
        token = self.some_token(which)
        if self.attempt(who, replace_token, ReplaceToken, token=token)[0]:
            assert who in ADMINS
            self.memory.tokens[token].stopped = True
            self.overlap_is_off(token)
            self.note_new_tokens(self.memory.tokens[token].instead_of)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_anna, which=st.integers(0, 3))
    def lift(self, who: str, which: int) -> None:
        token = self.some_token(which)
        if self.attempt(who, lift_suspension, LiftSuspension, token=token)[0]:
            assert who in ADMINS
            assert self.memory.tokens[token].suspended
            self.memory.tokens[token].suspended = False
            self.overlap_begins(token)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def collect(self, who: str) -> None:
        token = self.read()[1][0].id
        _, shown = self.attempt(who, collect_handoff, CollectHandoff, handoff=self.newest_handoff())
        if shown is not None:
            shown, noted = in_clear(shown), self.memory.tokens[token]
            assert who == self.memory.contact
            assert self.memory.enabled
            assert not noted.shown_to
            assert not noted.stopped
            assert shown.client_secret is not None
            assert [shown.client_secret.reveal(), shown.token.reveal()] == noted.secrets
            noted.shown_to.append(who)
            self.overlap_begins(token)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def confirm(self, who: str) -> None:
        happened, _ = self.attempt(who, confirm_handoff, ConfirmHandoff, handoff=self.newest_handoff())
        assert not happened or who == self.memory.contact

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def decline(self, who: str) -> None:
        happened, _ = self.attempt(who, decline_handoff, DeclineHandoff, handoff=self.newest_handoff())
        if happened:
            assert who == self.memory.contact
            self.memory.contact = None
            self.uncollected_end()

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact)
    def not_seen(self, who: str) -> None:
        token = self.read()[1][0].id
        if self.attempt(who, report_not_seen, ReportNotSeen, handoff=self.newest_handoff())[0]:
            assert who == self.memory.contact
            self.memory.tokens[token].stopped = True
            self.overlap_is_off(token)
            self.note_new_tokens(self.memory.tokens[token].instead_of)

    @precondition(lambda self: self.memory.tokens)
    @rule(who=mostly_a_contact, which=st.integers(0, 3))
    def dispute(self, who: str, which: int) -> None:
        token = self.some_token(which)
        handoff = self.read()[2][token].id
        happened, suspended = self.attempt(who, dispute_handoff, DisputeHandoff, handoff=handoff)
        if happened:
            assert self.memory.tokens[token].shown_to == [who]
            assert suspended is None or who == self.memory.contact
            self.memory.tokens[token].suspended |= suspended is not None
            if suspended is not None:
                self.overlap_is_off(token)

    @rule(who=mostly_ben, sure=st.integers(0, 9))
    def remove(self, who: str, sure: int) -> None:
        if sure == 0 and self.attempt(who, remove_third_party, RemoveThirdParty, third_party=self.party)[0]:
            assert who in ADMINS
            self.memory.removed, self.memory.enabled, self.memory.contact = True, False, None
            for noted in self.memory.tokens.values():
                noted.stopped = True

    @rule(whom=st.sampled_from(CANDIDATES), gone=st.booleans())
    def slack_changes(self, whom: str, gone: bool) -> None:
        self.world.town.change(whom, is_deactivated=gone)

    @rule(
        by=st.sampled_from(
            [
                *[timedelta(minutes=5)] * 3,
                timedelta(hours=30),
                timedelta(days=4),
                timedelta(days=8),
                timedelta(days=100),
            ]
        ),
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
            self.old_ones_retire()

    @precondition(lambda self: any(noted.overlaps_since for noted in self.memory.tokens.values()))
    @rule(short_of_it=st.sampled_from([timedelta(0), timedelta(seconds=1)]))
    def an_overlap_goes_by(self, short_of_it: timedelta) -> None:
        self.world.clock.advance(timedelta(days=7) - short_of_it)
        self.old_ones_retire()

    def old_ones_retire(self) -> None:
        over = [token for token in self.memory.tokens if self.is_superseded(token)]
        self.runner.run(sweep_tokens(TEAM, self.world.ports))
        for each in over:
            self.memory.tokens[each].stopped = True

    @precondition(lambda self: self.memory.tokens and not self.memory.removed)
    @rule()
    def what_is_finished_is_forgotten(self) -> None:
        """Years go by. No token is forgotten that had not ended 13 months before, nor the newest."""
        for _ in range(2):
            self.issue("UANNA")
            self.time_passes(timedelta(days=420), sweeps=True)
        self.deliver(arrives=True)
        now, newest = self.world.clock.now(), self.read()[1][0].id
        ports = replace(self.world.ports, policy=replace(self.world.ports.policy, retention_months=13))
        self.runner.run(prune(TEAM, ports))
        kept = {token.id for token in self.read()[1]}
        assert newest in kept
        for token in self.memory.tokens.keys() - kept:
            del self.world.vault.sealed[token]
            assert not self.memory.tokens.pop(token).is_live(now - timedelta(days=390))

    def some_token(self, which: int) -> TokenId:
        tokens = list(self.memory.tokens)
        return tokens[which % len(tokens)]

    # --- what must always hold ------------------------------------------------------------------------------------

    @precondition(lambda self: self.party)
    @invariant()
    def exactly_the_right_tokens_are_accepted(self) -> None:
        now = self.world.clock.now()
        for token, verdict in self.verdicts().items():
            works = self.memory.enabled and self.memory.tokens[token].works(now)
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

    @invariant()
    def nothing_secret_is_on_the_disk(self) -> None:
        kept = b"".join(path.read_bytes() for path in self.folder.glob("thirdparty.db*"))
        for noted in self.memory.tokens.values():
            assert not any(text.encode() in kept for text in noted.secrets)

    # --- and in the end -------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if self.party:
                self.people_get_back_to_work()
                self.nothing_works_after_the_end()
            verified = self.runner.run(verify_chain(self.world.database, TEAM, self.world.seal))
            pruned = verified.pruned.number if verified.pruned else 0
            assert verified == Verified(pruned + self.world.count_records(), None)
        finally:
            super().teardown()

    def people_get_back_to_work(self) -> None:
        """No state is without a way out: whatever happened, two admins and a contact get to a token that works."""
        self.world.town.change("UCARLA", is_deactivated=False)
        party, tokens, _ = self.read()
        if party.removed_at is not None:
            party = self.ask("UANNA", register_third_party, RegisterThirdParty, name="ACME corp")
            self.party, tokens = party.id, []
        for token in tokens:
            if token.is_live(self.world.clock.now()):
                self.ask("UBEN", revoke_token, RevokeToken, token=token.id)
        if party.contact is None or party.contact != self.person("UCARLA"):
            if (waiting := self.open_proposal()) != "none":
                self.ask("UBEN", reject_contact, RejectContact, proposal=waiting)
            self.ask("UANNA", propose_contact, ProposeContact, third_party=self.party, user_id="UCARLA")
            self.runner.run(self.world.deliver())
            self.ask("UBEN", approve_contact, ApproveContact, proposal=self.open_proposal())
        if not party.enabled:
            self.ask("UANNA", enable_third_party, EnableThirdParty, third_party=self.party)
        issued = self.ask("UANNA", issue_token, IssueToken, third_party=self.party)
        self.ask("UCARLA", collect_handoff, CollectHandoff, handoff=self.newest_handoff())
        self.note_new_tokens()
        assert self.verdicts()[issued.token.id] is Verdict.ACCEPTED

    def nothing_works_after_the_end(self) -> None:
        self.ask("UANNA", remove_third_party, RemoveThirdParty, third_party=self.party)
        assert Verdict.ACCEPTED not in self.verdicts().values()


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
