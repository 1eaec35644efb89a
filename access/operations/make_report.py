"""The report: what there is to see to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from access.model.authority import Right, may, must_be_allowed
from access.model.contact_key import keys_of
from access.model.ids import PersonId
from access.model.months import COUNTED_AT_MOST, Month, next_months, without_end
from access.model.reminder import is_still_in_use
from access.model.report import (
    LOOKS_AHEAD,
    AwaitingLine,
    ExpiringLine,
    GapLine,
    KeyLine,
    Report,
    Some,
    UnusedLine,
    expiry_matters,
    renewal_of,
)
from access.model.resource_server import Askers
from access.model.use import LONG, long_unused
from access.operations.accounts import accounts_of
from access.operations.command import Command, operation
from access.operations.offering import waiting_tokens
from access.ports import Ports, Reading
from access.ports.overviews import Found, ProposalOfParty, TokenAmongOthers

_LOOKED_AT: Final = 200
"""Of each kind, so many rows are looked at: what there is beyond these is not counted, so that nobody waits for it."""

_EXPIRING_SHOWN: Final = 12
_SHOWN: Final = 3
"""Few enough for a message's text to say it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReport(Command):
    """Look for what there is to see to."""


@operation("make_report")
async def make_report(cmd: MakeReport, ports: Ports) -> Report:
    """Return the report on the third parties that the caller may see: admins and auditors all, owners their own.

    Raises: NotPermitted, for somebody who owns none.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        owner = None
        if not may(cmd.caller.role, Right.LOOK):
            owner = await reading.people.known(cmd.caller.slack)
            owned = (await reading.third_parties.search("", owner=owner, limit=1))[1] if owner else 0
            must_be_allowed(cmd.caller.role, Right.LOOK, owns=owned > 0)
        return await report_of(reading, ports, owner=owner, may_manage=may(cmd.caller.role, Right.MANAGE))


async def report_of(
    reading: Reading, ports: Ports, *, owner: PersonId | None = None, may_manage: bool = True
) -> Report:
    """Return the report on all third parties, or on those of an owner, as things are now.

    It costs the same however many tokens there are. `may_manage`: so may its readers.
    """
    now, policy, found = ports.clock.now(), ports.policy, reading.overviews
    expiring = await found.expiring(now, now + LOOKS_AHEAD, owner=owner, limit=_LOOKED_AT)
    old = await found.still_in_use(now, owner=owner, limit=_LOOKED_AT)
    still = [line for line in old.items if is_still_in_use(line.token, policy, now)]
    awaiting = await found.awaiting_approval(owner=owner, limit=_LOOKED_AT)
    without = await found.without_token(now, owner=owner, limit=_LOOKED_AT)
    askers = await reading.resource_servers.askers()
    long = await _long_unused(askers, reading, ports, owner)
    never = await found.unused(now, owner=owner, limit=_LOOKED_AT)
    of_long = {line.party.id for line in long.lines}
    unused = [line for line in never.items if line.party.id not in of_long]
    return Report(
        now=now,
        time_zone=policy.time_zone,
        expiring=await expiring_of(expiring, reading, ports, shown=_EXPIRING_SHOWN),
        uncollected=_first(await found.uncollected(owner=owner, limit=_LOOKED_AT)),
        unused=_first(replace(never, items=unused)),
        still_in_use=_first(replace(old, items=still)),
        long_unused=long,
        awaiting=await awaiting_of(awaiting, reading),
        keys=await waiting_keys_of(owner, reading, limit=_LOOKED_AT),
        without_token=Some.of(without.items, _SHOWN, exact=without.complete),
        askers=askers,
        may_manage=may_manage,
        months=await months_of(reading, ports, owner=owner),
    )


async def months_of(reading: Reading, ports: Ports, *, owner: PersonId | None) -> Sequence[Month]:
    """Return how many tokens expire in each of the next months, up to the last in which any does."""
    spans = list(next_months(ports.clock.now(), ports.policy.time_zone))
    counts = await reading.lists.count_expiring(spans, owner=owner, limit=COUNTED_AT_MOST)
    return without_end([Month(each.year, each.month, *found) for each, found in zip(spans, counts, strict=True)])


def _first(found: Found[GapLine]) -> Some[GapLine]:
    return Some.of(found.items, _SHOWN, exact=found.complete)


async def _long_unused(askers: Askers, reading: Reading, ports: Ports, owner: PersonId | None) -> Some[UnusedLine]:
    """Return the third parties that have not used their access for long, as far as anybody can know."""
    if askers.since is None:
        return Some([], 0)
    now = ports.clock.now()
    found = await reading.overviews.perhaps_unused(now, now - LONG, owner=owner, limit=_LOOKED_AT)
    lines = {}
    for each in found.items:
        unused = long_unused(each.tokens, askers.since, now)
        if unused is not None and each.party.enabled:
            lines[each.party.id] = UnusedLine(each.party, unused.since, unused.used)
    return Some.of(sorted(lines.values(), key=lambda line: line.since), _SHOWN, exact=found.complete)


async def expiring_of(
    found: Found[TokenAmongOthers], reading: Reading, ports: Ports, *, shown: int
) -> Some[ExpiringLine]:
    """Return the first of the tokens that were found whose expiry matters."""
    now = ports.clock.now()
    matter = [each for each in found.items if expiry_matters(each.token, each.tokens, now)]
    first = matter[:shown]
    who = await accounts_of([each.token.claimed_by for each in first], reading)
    waiting = await waiting_tokens({each.party.id: each.tokens for each in first}, reading, now)
    lines = []
    for each in first:
        renewal = renewal_of(each.token, each.tokens, now, waiting=waiting.get(each.party.id))
        lines.append(ExpiringLine(each.party, each.token, renewal, who(each.token.claimed_by)))
    return Some(lines, len(matter), found.complete)


async def awaiting_of(found: Found[ProposalOfParty], reading: Reading) -> Some[AwaitingLine]:
    """Return the first of the proposals that were found."""
    first = found.items[:_SHOWN]
    who = await accounts_of([each.proposal.contact for each in first], reading)
    keys = await reading.contact_keys.lasting_of_each([each.party.id for each in first]) if first else {}
    lines = []
    for each in first:
        contact = each.proposal.contact
        key = keys_of(contact, keys[each.party.id]).waiting
        lines.append(AwaitingLine(each.party, each.proposal, who(contact), key))
    return Some(lines, len(found.items), found.complete)


async def waiting_keys_of(owner: PersonId | None, reading: Reading, *, limit: int) -> Some[KeyLine]:
    """Return those of present contacts: who waits to become one is approved together with their key."""
    found = await reading.lists.waiting_keys(owner=owner, limit=limit)
    theirs = [each for each in found.items if each.party.contact == each.change.contact]
    who = await accounts_of([each.change.contact for each in theirs[:_SHOWN]], reading)
    lines = [KeyLine(each.party, each.change, who(each.change.contact)) for each in theirs[:_SHOWN]]
    return Some(lines, len(theirs), found.complete)
