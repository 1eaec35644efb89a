"""Which messages of the outbox are about something, and those shown anew about which something has changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import Update, and_, bindparam, func, or_, true, union

from access.model.contact import ProposalOutcome
from access.model.ids import ThirdPartyId
from access.model.messages import ABOUT_PERSON, OF_SEVERAL, TO_EACH_ADMIN, MessageKind, PlannedMessage, Refresh
from storage.among import among
from storage.scope import NOW, Scope, selecting, updating
from storage.tables import contact_proposals, outbox, reminders, third_parties
from storage.types import Instant

_LATELY: Final = timedelta(days=100)
"""So long are reminders kept up to date."""

_SHOWING_ANEW: Final = (
    updating(outbox)
    .where(outbox.c.ended_at.is_(None))
    .values(revision=outbox.c.revision + 1, next_attempt_at=func.coalesce(outbox.c.next_attempt_at, NOW))
)

_THEIRS: Final = (
    selecting(reminders, reminders.c.message, reminders.c.reader, reminders.c.bundle)
    .where(reminders.c.third_party == bindparam("party"))
    .distinct()
)
_THEIRS_LATELY: Final = _THEIRS.where(reminders.c.planned_at > bindparam("lately", type_=Instant))

_IDS: Final = selecting(outbox, outbox.c.id)
_TO_EACH_ADMIN: Final = (
    outbox.c.third_party.is_(None),
    among(outbox.c.kind, "admin_kinds"),
    among(outbox.c.subject, "admin_subjects"),
    outbox.c.occasion == TO_EACH_ADMIN,
)
IS_ONE_OF: Final = outbox.c.id.in_(union(_IDS.where(among(outbox.c.key, "keys")), _IDS.where(*_TO_EACH_ADMIN)))
"""Whether a message is one of those that `bringing_reminders_of` names."""

_APPROVED: Final = selecting(contact_proposals, contact_proposals.c.contact).where(
    contact_proposals.c.third_party == bindparam("party"), contact_proposals.c.outcome == ProposalOutcome.APPROVED
)
_OWNER: Final = selecting(third_parties, third_parties.c.owner).where(third_parties.c.id == bindparam("party"))
IS_ABOUT_PEOPLE_OF: Final = or_(
    and_(outbox.c.kind == MessageKind.OWNER_GONE, outbox.c.subject.in_(_OWNER)),
    and_(outbox.c.kind == MessageKind.CONTACT_GONE, outbox.c.subject.in_(_APPROVED)),
)
"""Whether a message is about the owner of the third party `party`, or about who was its contact."""

_SHOWING_REMINDERS: Final = _SHOWING_ANEW.where(IS_ONE_OF)
_OF_NO_PARTY: Final = _SHOWING_ANEW.where(outbox.c.third_party.is_(None), outbox.c.kind == bindparam("of_kind"))
_SHOWING_RESTORED: Final = _OF_NO_PARTY.where(outbox.c.planned_at > bindparam("lately", type_=Instant))
_SHOWING_PERSON: Final = _OF_NO_PARTY.where(outbox.c.subject == bindparam("about"))
_SHOWING_PEOPLE: Final = _OF_NO_PARTY.where(IS_ABOUT_PEOPLE_OF)


async def show_anew(scope: Scope, outdated: Iterable[Refresh], at: datetime) -> None:
    """Have these shown anew, each once; one that has a time for its next attempt keeps it."""
    about_party: dict[ThirdPartyId, set[Refresh]] = defaultdict(set)
    lately = at - _LATELY
    for what in dict.fromkeys(outdated):
        if what.kind in OF_SEVERAL:
            brought = await bringing_reminders_of(scope, what.third_party, lately)
            if brought["keys"]:
                await scope.run(_SHOWING_REMINDERS, now=at, **brought)
        elif what.kind is MessageKind.RESTORED:
            await scope.run(_SHOWING_RESTORED, now=at, of_kind=what.kind, lately=lately)
        elif what.kind in ABOUT_PERSON and what.subject:
            await scope.run(_SHOWING_PERSON, now=at, of_kind=what.kind, about=what.subject)
        elif what.kind in ABOUT_PERSON:
            await scope.run(_SHOWING_PEOPLE, now=at, of_kind=what.kind, party=what.third_party)
        else:
            about_party[what.third_party].add(what)
    for third_party, these in about_party.items():
        which = sorted(these, key=lambda each: (each.kind, each.subject or ""))
        subjects = {f"subject_{place}": each.subject for place, each in enumerate(which) if each.subject is not None}
        statement = _showing_anew(tuple((each.kind, each.subject is not None) for each in which))
        await scope.run(statement, now=at, party=third_party, **subjects)


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
) -> Mapping[str, Collection[str]]:
    """Return what IS_ONE_OF needs to find the messages that brought a third party's reminders, to whichever reader.

    What was said to the admins may have gone to each of them. The messages are looked up one by one: on some days
    very many people are reminded of something.
    """
    rows = await scope.run(_THEIRS if since is None else _THEIRS_LATELY, party=third_party, lately=since)
    messages = [PlannedMessage(row.message, row.reader, None, row.bundle) for row in rows]
    to_admins = [each for each in messages if each.reader is None]
    return {
        "keys": [each.key for each in messages],
        "admin_kinds": {each.kind for each in to_admins},
        "admin_subjects": {each.subject for each in to_admins},
    }
