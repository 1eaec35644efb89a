"""Whose token is that? From a fingerprint that turned up somewhere to the third party."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.authority import Right, may, must_be_allowed
from access.model.card import TokenLine
from access.model.errors import NotPermitted
from access.model.ids import Fingerprint, ThirdPartyId
from access.model.people import Caller
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import TokenState
from access.operations.command import Command, OnThirdParty, operation, record_refusal
from access.operations.show_third_party import line_of
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class FindToken(Command):
    """Look for the tokens with that fingerprint."""

    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token with that fingerprint, whatever has become of it. `may_revoke`: the caller may stop it now."""

    party: ThirdParty
    line: TokenLine
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class FoundTokens:
    """All that have that fingerprint, as far as the caller may see them: by chance it may be several."""

    fingerprint: Fingerprint
    found: Sequence[FoundToken]
    askers: Askers
    now: datetime


@operation("find_token")
async def find_token(cmd: FindToken, ports: Ports) -> FoundTokens:
    """Return whose token has that fingerprint: admins and auditors find all, owners their own.

    To an owner, somebody else's token is one that there is not, and their asking is recorded as a refusal: else they
    would learn which of two answers means that there is one.

    Raises: NotPermitted, for somebody who owns none.
    """
    now, hidden = ports.clock.now(), list[ThirdPartyId]()
    async with ports.read(cmd.caller.workspace) as reading:
        person = await reading.people.known(cmd.caller.slack)
        if not may(cmd.caller.role, Right.LOOK):
            owned = await reading.third_parties.names(owner=person) if person else []
            must_be_allowed(cmd.caller.role, Right.LOOK, owns=bool(owned))
        found = []
        for token in await reading.tokens.by_fingerprint(cmd.fingerprint):
            party = await reading.third_parties.find(token.third_party)
            owns = party is not None and party.is_owned_by(person)
            if party is not None and may(cmd.caller.role, Right.LOOK, owns=owns):
                line = await line_of(token, party, reading)
                found.append(FoundToken(party, line, _may_revoke(cmd.caller, line, owns, now)))
            else:
                hidden.append(token.third_party)
        askers = await reading.resource_servers.askers()
    for third_party in hidden:
        refusal = NotPermitted(right=Right.LOOK.value, role=cmd.caller.role.value)
        await record_refusal("find_token", OnThirdParty(caller=cmd.caller, third_party=third_party), refusal, ports)
    return FoundTokens(cmd.fingerprint, found, askers, now)


def _may_revoke(caller: Caller, line: TokenLine, owns: bool, now: datetime) -> bool:
    right = Right.MANAGE if line.token.state(now) is TokenState.SUSPENDED else Right.SERVE
    return line.token.is_live(now) and may(caller.role, right, owns=owns)
