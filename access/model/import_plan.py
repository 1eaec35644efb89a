"""What an import would do, and what stands in its way, from a file and from what is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Final

from access.model.contact import must_suit_as_contact
from access.model.errors import AccessError, OwnerUnsuitable
from access.model.ids import ClientId, PersonId, ThirdPartyId, TokenId
from access.model.import_rows import COLUMNS, OF_PARTY, ImportedParty, ImportedToken
from access.model.people import SlackPerson, SlackUser
from access.model.sheet import Problem, Wrong
from access.model.third_party import ThirdParty, must_suit_as_owner, name_key
from access.model.token import Token, TokenOrigin, TokenState

LIVE_TOKENS: Final = 2
"""Of a third party, at most (product.md, Token); one of them may wait to be collected."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A third party that has the name already. `contact_waits`: somebody is proposed as its contact."""

    party: ThirdParty
    tokens: Sequence[Token]
    contact_waits: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is there, as far as a file touches it.

    `kept`: by the key of the name. `client_ids`: those of the file that somebody has. `digests`: of secrets of the
    file, by line and column, the third party that has it. `people`: whom the file means, None where Slack knows nobody;
    `ids`: of those of them who have one.
    """

    kept: Mapping[str, Kept]
    client_ids: Mapping[ClientId, ThirdPartyId]
    digests: Mapping[tuple[int, str], ThirdPartyId]
    people: Mapping[str, SlackPerson | None]
    ids: Mapping[SlackUser, PersonId]
    has_emails: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one third party of the file.

    `tokens`: to be added, each with the live one that it renews. `proposes`: its contact. `differs`: columns in which
    the file says something else than what is there, which stays. `same`: how many tokens are there already.
    """

    party: ImportedParty
    kept: Kept | None
    tokens: Sequence[tuple[ImportedToken, TokenId | None]]
    proposes: bool
    differs: Sequence[str]
    same: int

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to write."""
        return self.kept is None or bool(self.tokens) or self.proposes


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What would be done; with any problem, nothing is."""

    steps: Sequence[Step]
    problems: Sequence[Problem]
    people: Mapping[str, SlackPerson] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to write."""
        return any(step.changes for step in self.steps)


def plan_import(
    parties: Sequence[ImportedParty], problems: Sequence[Problem], known: Known, now: datetime
) -> ImportPlan:
    """Decide what is done about each third party; every problem is found in one go, in the order of the lines."""
    found, steps = list(problems), list[Step]()
    for party in parties:
        kept = known.kept.get(name_key(party.name))
        tokens, same, of_tokens = _tokens(party, kept, known, now)
        proposes = party.contact is not None and (
            kept is None or (kept.party.contact is None and not kept.contact_waits)
        )
        found += [*_of_people(party, kept, known, proposes=proposes), *_of_client_id(party, kept, known), *of_tokens]
        differs = () if kept is None else tuple(_differing(party, kept.party, known))
        steps.append(Step(party, kept, tokens, proposes, differs, same))
    people = {text: person for text, person in known.people.items() if person is not None}
    return ImportPlan(steps, sorted(found, key=_place), people)


def _place(problem: Problem) -> tuple[int, int]:
    """Where a problem stands in the file, as far as that can be told."""
    return problem.line, COLUMNS.index(problem.column) if problem.column in COLUMNS else -1


def _of_people(party: ImportedParty, kept: Kept | None, known: Known, *, proposes: bool) -> Iterator[Problem]:
    """Whoever is not named anew may have gone since: that is no matter of the file."""
    for column, text in party.people.items():
        if (column == "contact" and not proposes) or (column != "contact" and kept is not None):
            continue
        person = known.people.get(text)
        if person is None:
            no_emails = "@" in text and not known.has_emails
            yield Problem(party.line, column, Wrong.NO_EMAILS if no_emails else Wrong.PERSON_UNKNOWN)
            continue
        try:
            (must_suit_as_contact if column == "contact" else must_suit_as_owner)(person)
            if column == "deputy_owner" and _are_one(person, known.people.get(party.owner)):
                raise OwnerUnsuitable(problem="same")
        except AccessError as refusal:
            yield Problem(party.line, column, refusal)


def _are_one(person: SlackPerson, other: SlackPerson | None) -> bool:
    return other is not None and person.slack == other.slack


def _of_client_id(party: ImportedParty, kept: Kept | None, known: Known) -> Iterator[Problem]:
    holder = known.client_ids.get(party.client_id) if party.client_id else None
    if holder is not None and (kept is None or kept.party.id != holder):
        yield Problem(party.line, "client_id", Wrong.CLIENT_ID_TAKEN)


def _differing(party: ImportedParty, kept: ThirdParty, known: Known) -> Iterator[str]:
    def id_of(text: str | None) -> PersonId | None:
        person = known.people.get(text) if text else None
        return known.ids.get(person.slack) if person else None

    for column in filter(party.says.__contains__, OF_PARTY):
        given, there = getattr(party, column), getattr(kept, column)
        if column in party.people:
            differs = id_of(given) != there and not (column == "contact" and there is None)
        else:
            differs = given != there
        if differs:
            yield column


def _tokens(
    party: ImportedParty, kept: Kept | None, known: Known, now: datetime
) -> tuple[Sequence[tuple[ImportedToken, TokenId | None]], int, Sequence[Problem]]:
    """Return what is to be added, how many are there already, and what stands in the way."""
    added, same, problems = list[ImportedToken](), 0, list[Problem]()
    live = [token for token in kept.tokens if token.is_live(now)] if kept else []
    for token in party.tokens:
        holders = {
            column: known.digests[token.line, column]
            for column in ("token", "client_secret")
            if (token.line, column) in known.digests
        }
        if kept is not None and (holders.get("token") == kept.party.id or _is_there(token, kept.tokens)):
            same += 1
        elif holders:
            problems += [Problem(token.line, column, _taken(holder, kept)) for column, holder in holders.items()]
        else:
            added.append(token)
    if added:
        problems += _without_room(added, live, now)
    return [(token, _renewed(token, live)) for token in added], same, problems


def _taken(holder: ThirdPartyId, kept: Kept | None) -> Wrong:
    return Wrong.CLIENT_SECRET_KEPT if kept is not None and holder == kept.party.id else Wrong.TOKEN_TAKEN


def _is_there(token: ImportedToken, tokens: Sequence[Token]) -> bool:
    """A row without the secret means the token of the same times: so it stands in an export."""
    times = (token.issued_at, token.expires_at)
    return token.token is None and any((each.issued_at, each.expires_at) == times for each in tokens)


def _without_room(added: Sequence[ImportedToken], live: Sequence[Token], now: datetime) -> Iterator[Problem]:
    pending = sum(token.state(now) is TokenState.PENDING for token in live)
    for count, token in enumerate(added, 1):
        pending += not token.delivered
        if len(live) + count > LIVE_TOKENS:
            yield Problem(token.line, "", Wrong.TOO_MANY_TOKENS, str(LIVE_TOKENS))
        elif pending > 1 and not token.delivered:
            yield Problem(token.line, "delivered", Wrong.TOO_MANY_UNDELIVERED)


def _renewed(token: ImportedToken, live: Sequence[Token]) -> TokenId | None:
    """The owner has made a new one where the old one was made."""
    if token.origin is not TokenOrigin.EXTERNAL:
        return None
    renewed = {each.renews for each in live}
    return next((each.id for each in live if each.origin is TokenOrigin.EXTERNAL and each.id not in renewed), None)


def people_in(parties: Sequence[ImportedParty]) -> set[str]:
    """Return everybody whom a file names."""
    return set(chain.from_iterable(party.people.values() for party in parties))
