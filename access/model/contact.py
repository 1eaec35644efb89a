"""The one Slack user who may receive a third party's credentials: proposed by one admin, approved by another."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from access.model import events as happened
from access.model.errors import ContactUnsuitable, ProposalDecided, ProposalNotReady, SelfApproval
from access.model.ids import PersonId, ProposalId, ReasonHash, ThirdPartyId
from access.model.people import Role, SlackPerson


class ProposalOutcome(StrEnum):
    """How a proposal ended."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class ContactProposal:
    """One person proposed as one third party's contact or deputy contact. An approval names exactly one proposal.

    `reached_at` is set when the introduction has arrived. `account_ends_at`: the end of a guest's account, if any.
    `deputy`: proposed for the time when the contact has gone. Nobody in Slack proposed one that was imported.
    """

    id: ProposalId
    third_party: ThirdPartyId
    contact: PersonId
    proposed_by: PersonId | None
    proposed_at: datetime
    account_ends_at: datetime | None = None
    reached_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: PersonId | None = None
    outcome: ProposalOutcome | None = None
    reason: ReasonHash | None = None
    deputy: bool = False

    def reached(self, now: datetime) -> tuple["ContactProposal", list[happened.Event]]:
        """Note that the introduction arrived; nothing happens the second time or after a decision."""
        if self.outcome is not None or self.reached_at is not None:
            return self, []
        reached = happened.ContactReached if self.proposed_by else happened.ImportedContactReached
        return replace(self, reached_at=now), [reached(self.third_party, proposal=self.id)]

    def unreachable(self, now: datetime) -> tuple["ContactProposal", list[happened.Event]]:
        """End the proposal because the introduction could not be delivered; nothing happens after a decision."""
        if self.outcome is not None or self.reached_at is not None:
            return self, []
        ended = replace(self, decided_at=now, outcome=ProposalOutcome.UNREACHABLE)
        return ended, [happened.ContactUnreachable(self.third_party, proposal=self.id, proposed_by=self.proposed_by)]

    def approve(
        self, by: PersonId, *, former: PersonId | None, self_approval: bool, now: datetime
    ) -> tuple["ContactProposal", list[happened.Event]]:
        """Approve this proposal; `former` is the contact, or the deputy contact, whose place is taken.

        Raises: ProposalDecided, ProposalNotReady, SelfApproval.
        """
        self._must_be_open()
        if self.reached_at is None:
            raise ProposalNotReady
        if by == self.proposed_by and not self_approval:
            raise SelfApproval
        approved = replace(self, decided_at=now, decided_by=by, outcome=ProposalOutcome.APPROVED)
        became = happened.DeputyApproved if self.deputy else happened.ContactApproved
        return approved, [
            became(
                self.third_party, proposal=self.id, contact=self.contact, proposed_by=self.proposed_by, former=former
            )
        ]

    def reject(
        self, by: PersonId, *, reason: ReasonHash | None, now: datetime
    ) -> tuple["ContactProposal", list[happened.Event]]:
        """Reject this proposal; the proposer may do it too. Raises ProposalDecided."""
        self._must_be_open()
        rejected = replace(self, decided_at=now, decided_by=by, outcome=ProposalOutcome.REJECTED, reason=reason)
        return rejected, [
            happened.ContactRejected(self.third_party, proposal=self.id, proposed_by=self.proposed_by, reason=reason)
        ]

    def supersede(self, now: datetime) -> tuple["ContactProposal", list[happened.Event]]:
        """End it because something else took its place. Raises ProposalDecided."""
        self._must_be_open()
        ended = replace(self, decided_at=now, outcome=ProposalOutcome.SUPERSEDED)
        return ended, [happened.ProposalSuperseded(self.third_party, proposal=self.id)]

    def _must_be_open(self) -> None:
        if self.outcome is not None:
            raise ProposalDecided(outcome=self.outcome.value)


def must_suit_as_contact(person: SlackPerson) -> None:
    """A contact is a real, living account, reachable, and no admin. Raises ContactUnsuitable."""
    problems = {
        "bot": person.is_bot,
        "deactivated": person.is_deactivated,
        "stranger": not person.is_reachable,
        "admin": person.role is Role.ADMIN,
    }
    for problem, applies in problems.items():
        if applies:
            raise ContactUnsuitable(problem=problem)
