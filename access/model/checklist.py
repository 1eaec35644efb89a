"""What a third party's access depends on, point by point: for those who look after it, and for its contact.

The model's three come first: credentials, *Enabled*, *Active*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from access.model.card import ThirdPartyCard, TokenLine, Who
from access.model.check import Refusal
from access.model.handoff import Handoff
from access.model.messages import MessageKind
from access.model.people import Acquaintance
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token, Verdict, verdict

_REFUSALS_SHOWN: Final = 5
_TO_CONTACT: Final = frozenset(
    {MessageKind.INTRODUCTION, MessageKind.CONTACT_NOW, MessageKind.HANDOFF, MessageKind.HANDOFF_NUDGE}
)
"""What nobody but the contact is sent."""


class Point(StrEnum):
    """What has to be so that a call is accepted, or, beyond that, for all to be well."""

    CREDENTIALS = "credentials"
    ENABLED = "enabled"
    ACTIVE = "active"
    CONTACT = "contact"
    REACHABLE = "reachable"
    COLLECTED = "collected"
    NOT_EXPIRED = "not_expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Refused:
    """A check of a token that was refused, the last one for its reason."""

    token: Token
    refusal: Refusal


def refused_checks(tokens: Iterable[Token], refusals: Sequence[Refusal], now: datetime) -> list[Refused]:
    """Return the latest of these refusals that may still tell why a call is refused. `refusals`: the latest first."""
    known = {token.id: token for token in tokens}
    told = [Refused(known[each.token], each) for each in refusals if each.token in known]
    return [each for each in told if each.refusal.matters(each.token.last_accepted_at, now)][:_REFUSALS_SHOWN]


@dataclass(frozen=True, slots=True)
class Checklist:
    """What those who may look at a third party see of its access. `refused`: the latest first.

    `known_contact`: what is known of the contact's account.
    """

    card: ThirdPartyCard
    refused: Sequence[Refused]
    known_contact: Acquaintance

    @property
    def line(self) -> TokenLine | None:
        """The token it is about: the newest that works, or else will, or else did."""
        working = [line for line in self.card.live if line.token.works(self.card.now)]
        return next(iter([*working, *self.card.live, *self.card.tokens]), None)

    @property
    def accepted(self) -> bool:
        """Tell whether a call with that token is accepted."""
        token = self.line.token if self.line else None
        return verdict(token, self.card.party, self.card.now) is Verdict.ACCEPTED

    @property
    def is_checked_elsewhere(self) -> bool:
        """Tell whether another system decides about a call with that token, because it works as far as is known here.

        What this app's own switches say is no matter to that system.
        """
        return self.line is not None and self.line.token.is_external and self.line.token.works(self.card.now)

    @property
    def is_reachable(self) -> bool:
        """Tell whether what is sent to the contact arrives, as far as is known."""
        approval = self.card.approval
        since = approval.decided_at if approval else None
        lost = [each for each in self.card.undelivered if each.to_person and each.message in _TO_CONTACT]
        lost = [each for each in lost if since is None or each.at >= since]
        return self.card.party.contact is not None and self.known_contact.may_be_contact and not lost

    def holds(self, point: Point) -> bool | None:
        """Tell whether it is so; None where nobody can know."""
        token, party, now = self.line.token if self.line else None, self.card.party, self.card.now
        answers: dict[Point, bool | None] = {
            Point.CREDENTIALS: token is not None,
            Point.ENABLED: party.enabled,
            Point.ACTIVE: token is not None and token.works(now),
            Point.CONTACT: party.contact is not None,
            Point.REACHABLE: self.is_reachable,
            Point.COLLECTED: token is not None and token.collected_at is not None,
            Point.NOT_EXPIRED: token is not None and now < token.expires_at,
            Point.USED: is_used(token, self.card.askers),
        }
        return answers[point]


@dataclass(frozen=True, slots=True)
class OwnChecklist:
    """What the contact sees of their own access: nothing of other people's, and no resource server by name.

    `tokens`: those that they opened and that have not ended, the newest first. `offer` waits to be opened by them.
    `refused`: checks of tokens that they opened. `owner`: whom to ask. `may_ask`: for a new token.
    """

    party: ThirdParty
    tokens: Sequence[Token]
    offer: Handoff | None
    refused: Sequence[Refused]
    askers: Askers
    owner: Who
    may_ask: bool
    now: datetime

    @property
    def is_checked_elsewhere(self) -> bool:
        """Tell whether another system decides about a call with that token."""
        return self.token is not None and self.token.is_external and self.token.works(self.now)

    @property
    def token(self) -> Token | None:
        """The token it is about: the newest that works, or else the newest."""
        working = [token for token in self.tokens if token.works(self.now)]
        return next(iter([*working, *self.tokens]), None)

    @property
    def accepted(self) -> bool:
        """Tell whether a call with that token is accepted."""
        return verdict(self.token, self.party, self.now) is Verdict.ACCEPTED


def is_used(token: Token | None, askers: Askers) -> bool | None:
    """Tell whether a token was ever accepted; None where nobody can know."""
    if token is not None and token.is_external:
        return None
    if token is not None and token.last_accepted_at is not None:
        return True
    return None if askers.since is None else False
