"""What one person holds, as they are shown it themselves: never a secret."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from access.model.contact_key import ContactKeys
from access.model.handoff import Handoff
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.model.token_request import TokenRequest


@dataclass(frozen=True, slots=True)
class Holding:
    """What a person has of one third party.

    `is_contact`: they are its contact now. `tokens`: those they opened that have not ended; of a former contact, those
    that still work. `offer` waits to be opened by them; `request` is theirs and waits for a decision. `keys`: the
    contact's own.
    """

    party: ThirdParty
    is_contact: bool
    tokens: Sequence[Token]
    offer: Handoff | None
    request: TokenRequest | None
    keys: ContactKeys = field(default_factory=ContactKeys)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a person has of all third parties, those first of which they are the contact."""

    held: Sequence[Holding]
    now: datetime
