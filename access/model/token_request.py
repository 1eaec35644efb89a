"""A contact asks for a new token."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from access.model.ids import PersonId, ThirdPartyId, TokenId, TokenRequestId


class RequestReason(StrEnum):
    """Why a new token is asked for."""

    STILL_WORKS = "still_works"
    """*The program still works*: the old one overlaps as in any renewal."""

    SOMEBODY_ELSE = "somebody_else"
    """*Somebody else may have them*: the old one is suspended at once."""


class RequestOutcome(StrEnum):
    """How a request ended."""

    GRANTED = "granted"
    DECLINED = "declined"
    SETTLED = "settled"
    """By something else: a renewal, a revocation, another contact."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One request, about the token that the contact has. A third party has at most one open request."""

    id: TokenRequestId
    third_party: ThirdPartyId
    token: TokenId
    why: RequestReason
    asked_by: PersonId
    asked_at: datetime
    decided_at: datetime | None = None
    decided_by: PersonId | None = None
    outcome: RequestOutcome | None = None
