"""Everything about one third party at one moment, as people are shown it, and what is to be done next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey, ContactKeys
from access.model.handoff import Handoff
from access.model.ids import PersonId
from access.model.messages import MessageKind
from access.model.people import SlackUser
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState

Who = SlackUser | None
"""Somebody's Slack account; None where the person was erased, or where it was nobody's act."""


class NextStep(StrEnum):
    """What a third party waits for."""

    PROPOSE_CONTACT = "propose_contact"
    PROMOTE_DEPUTY = "promote_deputy"
    WAIT_FOR_INTRODUCTION = "wait_for_introduction"
    APPROVE_CONTACT = "approve_contact"
    ENABLE = "enable"
    WAIT_FOR_KEY = "wait_for_key"
    ISSUE = "issue"
    OFFER_IMPORTED = "offer_imported"
    WAIT_FOR_COLLECTION = "wait_for_collection"
    DECIDE_SUSPENSION = "decide_suspension"
    DECIDE_FORMER_TOKENS = "decide_former_tokens"
    SWITCH = "switch"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token with its handoff, and the accounts of those who decided something about its renewal.

    One that was made elsewhere has none, unless it was offered here.
    """

    token: Token
    handoff: Handoff | None
    contact: Who
    claimed_by: Who = None
    snoozed_by: Who = None
    let_lapse_by: Who = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that has not arrived: given up `at` that time, or `delayed` since then and still tried.

    `error` is the code of Slack's refusal, or of what else went wrong. Without `to_person` it was for the admins.
    """

    message: MessageKind
    error: str
    at: datetime
    to_person: bool
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class ThirdPartyCard:
    """What `show` shows. `proposal` is the one that waits; `approval` the one that made the present contact.

    `deputy_approval`: the one that made the present deputy contact.
    `lookalikes`: other third parties' names that can be mistaken for this one's, for who may see those.
    `keys`: the contact's; `proposed_key`: what the proposed contact waits with; `key_required`: no offer without one.
    `gone`: who of its owners is, as far as is known. `askers`: who asks about its tokens.
    """

    party: ThirdParty
    now: datetime
    owner: Who
    deputy_owner: Who
    contact: Who
    approval: ContactProposal | None
    approved_by: Who
    proposal: ContactProposal | None
    proposed: Who
    proposed_by: Who
    tokens: Sequence[TokenLine]
    undelivered: Sequence[Undelivered]
    may_manage: bool
    may_serve: bool
    lookalikes: Sequence[str] = ()
    gone: Collection[PersonId] = ()
    deputy_contact: Who = None
    deputy_approval: ContactProposal | None = None
    deputy_approved_by: Who = None
    askers: Askers = field(default_factory=Askers)
    keys: ContactKeys = field(default_factory=ContactKeys)
    key_approved_by: Who = None
    proposed_key: ContactKey | None = None
    key_required: bool = False

    @property
    def live(self) -> list[TokenLine]:
        """The tokens that have not ended, newest first."""
        return [line for line in self.tokens if line.token.is_live(self.now)]

    def in_state(self, state: TokenState) -> list[TokenLine]:
        """The tokens in one of the states of those that have not ended, newest first."""
        return [line for line in self.live if line.token.state(self.now) is state]

    @property
    def waiting(self) -> TokenLine | None:
        """The imported token that waits to be offered, if there is one."""
        return next((line for line in self.in_state(TokenState.PENDING) if line.handoff is None), None)

    @property
    def overlapping(self) -> list[TokenLine]:
        """The old token of two that work; empty if there are not two."""
        works = [line for line in self.live if line.token.works(self.now)]
        return self.in_state(TokenState.OVERLAPPING) if len(works) > 1 else []

    @property
    def may_be_renewed(self) -> bool:
        """Tell whether a new token may be offered beside the one that works."""
        ready = self.party.enabled and self.party.contact is not None
        others = [line for line in self.live if line != self.waiting]
        if not ready or len(others) != 1 or not others[0].token.works(self.now):
            return False
        return self.waiting is not None or not others[0].token.is_external

    @property
    def opened_by_former(self) -> list[TokenLine]:
        """The tokens that have not ended and that somebody opened who is not the contact any more."""
        return [line for line in self.live if line.token.collected_by not in (None, self.party.contact)]

    @property
    def next_step(self) -> NextStep:
        """What is to be done now; the most urgent first."""
        states = {line.token.state(self.now) for line in self.live}
        if TokenState.SUSPENDED in states:
            return NextStep.DECIDE_SUSPENSION
        if self.proposal is not None and not self.proposal.deputy:
            reached = self.proposal.reached_at is not None
            return NextStep.APPROVE_CONTACT if reached else NextStep.WAIT_FOR_INTRODUCTION
        if self.party.contact is None:
            return NextStep.PROMOTE_DEPUTY if self.party.deputy_contact else NextStep.PROPOSE_CONTACT
        if not self.party.enabled:
            return NextStep.ENABLE
        return self._step_about_tokens(states)

    def _step_about_tokens(self, states: set[TokenState]) -> NextStep:
        if not states or self.waiting is not None:
            offers = NextStep.OFFER_IMPORTED if self.waiting else NextStep.ISSUE
            return NextStep.WAIT_FOR_KEY if self.key_required and self.keys.in_force is None else offers
        if TokenState.PENDING in states:
            return NextStep.WAIT_FOR_COLLECTION
        if self.opened_by_former:
            return NextStep.DECIDE_FORMER_TOKENS
        return NextStep.SWITCH if self.overlapping else NextStep.NOTHING


@dataclass(frozen=True, slots=True)
class OverviewLine:
    """One third party in the overview. `token` is the live one that says most of it, `used` the one used last."""

    party: ThirdParty
    contact: Who
    contact_waits: bool
    token: Token | None
    deputy_waits: bool = False
    used: Token | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The third parties that match, by name, at most as many as fit one answer, and how many there are."""

    lines: Sequence[OverviewLine]
    total: int
    text: str
    now: datetime
    may_manage: bool


@dataclass(frozen=True, slots=True)
class AuditLineShown:
    """One audit record with the account of whoever acted. `person` None with a `PersonId` means an erased person."""

    number: int
    at: datetime
    actor: PersonId | None
    person: Who
    action: str
    outcome: str
