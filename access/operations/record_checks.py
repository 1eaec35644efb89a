"""Write down what checks have shown."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from access.model.check import Noted, Use
from access.model.errors import HandoffNotFound
from access.model.ids import TokenId, WorkspaceId
from access.model.outdated import refreshes_after_first_use
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.operations.succession import plan_retirement
from access.ports import Ports, UnitOfWork

_AT_ONCE: Final = 500
"""As many as hold the one connection that writes for some 20 ms."""

_CONSIDERED_AT_ONCE: Final = 10
"""Of those with consequences, each of which takes as long as fifty others."""


async def record_checks(workspace: WorkspaceId, noted: Noted, ports: Ports) -> None:
    """Note when tokens were last accepted and refused, and when resource servers asked; and what follows from it.

    A token's first use confirms its handoff, if nothing has. Together with the use of an old one it decides when that
    one may retire, and who is to be reminded of what.

    Checks are no operations: of what they show only the confirmation leaves an audit record. They may come late, twice
    and in any order. What is gone by now is left out. Nothing waits longer than for a part of it.
    """
    for part in noted.parts(_AT_ONCE):
        momentous = await _note(part, workspace, ports)
        tokens = list(momentous)
        for start in range(0, len(tokens), _CONSIDERED_AT_ONCE):
            some = {token: momentous[token] for token in tokens[start : start + _CONSIDERED_AT_ONCE]}
            await _consider(some, workspace, ports)


async def _note(part: Noted, workspace: WorkspaceId, ports: Ports) -> Mapping[TokenId, Use]:
    """Write a part down, but for the uses that have consequences; return these."""
    async with ports.write(workspace) as uow:
        found = await uow.checks.with_consequences(part.accepted, ports.policy)
        momentous = {token: part.accepted[token] for token in found}
        await uow.checks.note_accepted({each: use for each, use in part.accepted.items() if each not in momentous})
        await uow.checks.note_refused(part.refused)
        await uow.resource_servers.note_asked(part.asked)
        await uow.commit()
    return momentous


async def _consider(uses: Mapping[TokenId, Use], workspace: WorkspaceId, ports: Ports) -> None:
    """Write down uses that have consequences, together with these."""
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        before = [await uow.tokens.get(token) for token in uses]
        await uow.checks.note_accepted(uses)
        for third_party in dict.fromkeys(token.third_party for token in before):
            party = await uow.third_parties.find(third_party)
            if party is None:  # deleted by hand
                continue
            for token in before:
                if token.third_party == third_party and token.last_accepted_at is None:
                    await _confirm(token, uses[token.id].at, party, uow, now=now)
            for token in await uow.tokens.of(third_party):
                if token.succeeded_at is not None and token.is_live(now):
                    await plan_retirement(uow, ports, token, now=now)
        await uow.reminders.reconsider({token.third_party for token in before}, now)
        await uow.commit()


async def _confirm(used: Token, at: datetime, party: ThirdParty, uow: UnitOfWork, *, now: datetime) -> None:
    """The credentials of a token that is used for the first time arrived, and work."""
    uow.refresh(refreshes_after_first_use(party.id), at=now)
    with suppress(HandoffNotFound):  # deleted by hand
        handoff = await uow.handoffs.of_token(used.id)
        confirmed, news = handoff.confirm_by_use(party, at)
        await uow.handoffs.save(confirmed)
        uow.record(None, news, at=now)
