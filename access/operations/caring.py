"""What the operations on a token of which people are reminded have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.authority import Right, must_be_allowed
from access.model.care import must_await_renewal
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.command import OnToken
from access.ports import Reading


@dataclass(frozen=True, slots=True)
class CaredFor:
    """A token that waits for its renewal, its third party, and all of that one's tokens."""

    token: Token
    party: ThirdParty
    tokens: Sequence[Token]


async def token_to_care_for(cmd: OnToken, reading: Reading, now: datetime) -> CaredFor:
    """Return the token that `cmd` names, if its caller may look after it and it waits for a renewal.

    Raises: NotPermitted, TokenNotFound, ThirdPartyNotFound, ThirdPartyDisabled, TokenEnded, RenewalUnneeded.
    """
    person = await reading.people.known(cmd.caller.slack)
    token = await reading.tokens.get(cmd.token)
    party = await reading.third_parties.get(token.third_party)
    must_be_allowed(cmd.caller.role, Right.SERVE, owns=party.is_owned_by(person))
    tokens = await reading.tokens.of(party.id)
    must_await_renewal(token, party, tokens, now)
    return CaredFor(token, party, tokens)
