"""Which messages of the outbox are about something, and those shown anew about which something has changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Update, and_, bindparam, func, or_, true, union

from access.model.contact import ProposalOutcome
from access.model.ids import ThirdPartyId
from access.model.messages import ABOUT_PERSON, OF_SEVERAL, TO_EACH_ADMIN, MessageKind, PlannedMessage, Refresh
from storage.scope import NOW, Scope, updating
from storage.tables import contact_proposals, outbox, reminders, third_parties

_LATELY: Final = timedelta(days=100)
"""So long are reminders kept up to date."""

_SHOWING_ANEW: Final = (
    updating(outbox)
    .where(outbox.c.ended_at.is_(None))
    .values(revision=outbox.c.revision + 1, next_attempt_at=func.coalesce(outbox.c.next_attempt_at, NOW))
)


async def show_anew(scope: Scope, outdated: Iterable[Refresh], at: datetime) -> None:
    """Have these shown anew, each once; one that has a time for its next attempt keeps it."""
    about_party: dict[ThirdPartyId, set[Refresh]] = defaultdict(set)
    for what in dict.fromkeys(outdated):
        if what.kind in OF_SEVERAL:
            await _show(scope, at, await bringing_reminders_of(scope, what.third_party, at - _LATELY))
        elif what.kind is MessageKind.RESTORED:
            lately = outbox.c.planned_at > at - _LATELY
            await _show(scope, at, outbox.c.third_party.is_(None), outbox.c.kind == what.kind, lately)
        elif what.kind in ABOUT_PERSON:
            them = outbox.c.subject == what.subject if what.subject else is_about_people_of(scope, what.third_party)
            await _show(scope, at, outbox.c.third_party.is_(None), outbox.c.kind == what.kind, them)
        else:
            about_party[what.third_party].add(what)
    for third_party, these in about_party.items():
        which = sorted(these, key=lambda each: (each.kind, each.subject or ""))
        subjects = {f"subject_{place}": each.subject for place, each in enumerate(which) if each.subject is not None}
        statement = _showing_anew(tuple((each.kind, each.subject is not None) for each in which))
        await scope.run(statement, now=at, party=third_party, **subjects)


async def _show(scope: Scope, at: datetime, *conditions: ColumnElement[bool]) -> None:
    await scope.run(_SHOWING_ANEW.where(*conditions), now=at)


@cache
def _showing_anew(which: Sequence[tuple[MessageKind, bool]]) -> Update:
    """Make the statement for messages about one third party: of a kind, and of the subject `subject_PLACE`, or of any.

    The condition by the kinds alone is there for the index.
    """
    about = [
        outbox.c.subject == bindparam(f"subject_{place}") if one else true() for place, (_, one) in enumerate(which)
    ]
    these = [and_(outbox.c.kind == kind, it) for (kind, _), it in zip(which, about, strict=True)]
    kinds = sorted({kind for kind, _ in which})
    return _SHOWING_ANEW.where(outbox.c.third_party == bindparam("party"), outbox.c.kind.in_(kinds), or_(*these))


async def bringing_reminders_of(
    scope: Scope, third_party: ThirdPartyId, since: datetime | None = None
) -> ColumnElement[bool]:
    """Return the condition that a message brought one of a third party's reminders, to whichever reader.

    What was said to the admins may have gone to each of them. The messages are looked up one by one: on some days
    very many people are reminded of something.
    """
    columns = (reminders.c.message, reminders.c.reader, reminders.c.bundle)
    theirs = scope.select(reminders, *columns).where(reminders.c.third_party == third_party).distinct()
    if since is not None:
        theirs = theirs.where(reminders.c.planned_at > since)
    messages = [PlannedMessage(row.message, row.reader, None, row.bundle) for row in await scope.execute(theirs)]
    to_admins = [each for each in messages if each.reader is None]
    to_each_admin = (
        outbox.c.third_party.is_(None),
        outbox.c.kind.in_({each.kind for each in to_admins}),
        outbox.c.subject.in_({each.subject for each in to_admins}),
        outbox.c.occasion == TO_EACH_ADMIN,
    )
    ids = scope.select(outbox, outbox.c.id)
    one_by_one = ids.where(outbox.c.key.in_([each.key for each in messages]))
    return outbox.c.id.in_(union(one_by_one, ids.where(*to_each_admin)))


def is_about_people_of(scope: Scope, third_party: ThirdPartyId) -> ColumnElement[bool]:
    """Return the condition that a message is about a third party's owner, or about who was its contact."""
    approved = scope.select(contact_proposals, contact_proposals.c.contact)
    approved = approved.where(contact_proposals.c.third_party == third_party)
    contacts = approved.where(contact_proposals.c.outcome == ProposalOutcome.APPROVED)
    owner = scope.select(third_parties, third_parties.c.owner).where(third_parties.c.id == third_party)
    return or_(
        and_(outbox.c.kind == MessageKind.OWNER_GONE, outbox.c.subject.in_(owner)),
        and_(outbox.c.kind == MessageKind.CONTACT_GONE, outbox.c.subject.in_(contacts)),
    )
