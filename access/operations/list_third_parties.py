"""The overview."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.authority import Right, may, must_be_allowed
from access.model.card import Overview, OverviewLine, Who
from access.model.contact import ContactProposal
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.operations.accounts import accounts_of
from access.operations.command import Command, operation
from access.ports import Ports, Reading

_LINES = 20
_TELLING = (TokenState.SUSPENDED, TokenState.ACTIVE, TokenState.OVERLAPPING, TokenState.PENDING)
"""Of two live tokens, the one to be shown: what an admin has to decide about, or else what works longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListThirdParties(Command):
    """Those whose name contains `text`; all for an empty one."""

    text: str = ""


@operation("list_third_parties")
async def list_third_parties(cmd: ListThirdParties, ports: Ports) -> Overview:
    """Return the third parties that the caller may see: admins and auditors all, owners their own.

    Raises: NotPermitted, for somebody who owns none.
    """
    sees_all = may(cmd.caller.role, Right.LOOK)
    async with ports.read(cmd.caller.workspace) as reading:
        owner = None
        if not sees_all:
            owner = await reading.people.known(cmd.caller.slack)
            owned = (await reading.third_parties.search("", owner=owner, limit=1))[1] if owner else 0
            must_be_allowed(cmd.caller.role, Right.LOOK, owns=owned > 0)
        parties, total = await reading.third_parties.search(cmd.text, owner=owner, limit=_LINES)
        lines = await overview_lines(parties, reading, ports)
    return Overview(
        lines=lines,
        total=total,
        text=cmd.text,
        now=ports.clock.now(),
        may_manage=may(cmd.caller.role, Right.MANAGE),
    )


async def overview_lines(parties: Sequence[ThirdParty], reading: Reading, ports: Ports) -> Sequence[OverviewLine]:
    """Return what the overview says of each."""
    ids, now = [party.id for party in parties], ports.clock.now()
    tokens, waiting = await reading.tokens.of_each(ids), await reading.proposals.open_of(ids)
    who = await accounts_of([party.contact for party in parties], reading)
    return [_line(party, tokens[party.id], waiting.get(party.id), who(party.contact), now) for party in parties]


def _line(
    party: ThirdParty, tokens: Sequence[Token], waiting: ContactProposal | None, contact: Who, now: datetime
) -> OverviewLine:
    """Return what the overview says of a third party. `tokens`: all of its own. `waiting`: the open proposal."""
    live = [token for token in tokens if token.is_live(now)]
    live.sort(key=lambda token: _TELLING.index(token.state(now)))
    return OverviewLine(
        party=party,
        contact=contact,
        contact_waits=waiting is not None and not waiting.deputy,
        token=live[0] if live else None,
        deputy_waits=waiting is not None and waiting.deputy,
        used=max(filter(_last_use, tokens), key=_last_use, default=None),
    )


def _last_use(token: Token) -> float:
    return token.last_accepted_at.timestamp() if token.last_accepted_at else 0.0
