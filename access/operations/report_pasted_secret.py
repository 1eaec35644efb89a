"""Somebody pasted a token or client secret into Slack: keep nothing of it, and say which token it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from access.model.authority import Right, may
from access.model.credentials import digest
from access.model.errors import SecretPasted
from access.model.ids import ThirdPartyId
from access.model.secret import Secret
from access.model.token import Token
from access.operations.command import Command, record_refusal
from access.ports import Ports, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPastedSecret(Command):
    """What was found in the text; empty if what looked like a secret was damaged."""

    found: Sequence[Secret]


@dataclass(frozen=True, slots=True)
class PastedSecret:
    """Whose token it is and whether the caller may revoke it; `token` is None if we know no such token."""

    token: Token | None
    is_live: bool
    may_revoke: bool


async def report_pasted_secret(cmd: ReportPastedSecret, ports: Ports) -> PastedSecret:
    """Look up which token a pasted secret belongs to and note in the audit trail that it was pasted.

    Only somebody who may revoke that token learns which one it is.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        token = await _first_known(cmd.found, reading)
        party = await reading.third_parties.find(token.third_party) if token else None
        person = await reading.people.known(cmd.caller.slack)
    owns = party is not None and person is not None and party.is_owned_by(person)
    permitted = token is not None and may(cmd.caller.role, Right.SERVE, owns=owns)
    noted = _Noted(caller=cmd.caller, third_party=party.id if party else None)
    await record_refusal("paste_secret", noted, SecretPasted(token=token.id if token else None), ports)
    live = token is not None and party is not None and token.is_live(ports.clock.now())
    return PastedSecret(token if permitted else None, is_live=permitted and live, may_revoke=permitted and live)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted(Command):
    third_party: ThirdPartyId | None

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        return self.third_party


async def _first_known(found: Sequence[Secret], reading: Reading) -> Token | None:
    for secret in found:
        if (token := await reading.tokens.by_digest(digest(secret))) is not None:
            return token
    return None
