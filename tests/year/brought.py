"""Third parties that were there before: they come with one import, each with a token that is in use."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from access.model.import_rows import COLUMNS, REQUIRED, parties_of
from access.model.people import Role, SlackPerson, SlackUser
from access.model.sheet import read_sheet
from access.operations.import_third_parties import ImportFile, import_third_parties
from sandbox import Person
from tests.year.dates import months_after
from tests.year.year import Year

_HEADER: Final = "name,owner,enabled,token_kind,token,client_secret,issued_at,expires_at,delivered"
_WITHIN: Final = 28
"""Days before the import in which they were issued: so each has that many days of a month left, or fewer."""


def names_of(count: int) -> Sequence[str]:
    """Return the names of so many."""
    return [f"Known {number + 1}" for number in range(count)]


async def bring(year: Year, count: int) -> None:
    """Import so many, and tell the reporter which tokens they have."""
    lines, secrets = [_HEADER], dict[str, str]()
    people = {each.id: _known(each) for each in year.town.members}
    owners = [*people]
    for number, name in enumerate(names_of(count)):
        issued = _day(year.now - timedelta(days=number % _WITHIN))
        expires = months_after(issued, year.journal.months)
        secrets[name] = f"known-{year.slack.team_id}-{number:06}"
        what = [f"{secrets[name]}-token", f"{secrets[name]}-secret", issued.isoformat(), expires.isoformat()]
        lines.append(",".join([name, owners[number % len(owners)], "yes", "migrated", *what, "yes"]))
    sheet = read_sheet("\n".join(lines).encode(), known=COLUMNS, required=REQUIRED)
    parties, problems = parties_of(sheet, year.now)
    async with year.place.in_order:
        await import_third_parties(year.workspace, ImportFile(parties, problems, people), year.ports)
    query = """
        SELECT third_parties.name AS name, tokens.fingerprint AS fingerprint FROM tokens JOIN third_parties
        ON third_parties.workspace = tokens.workspace AND third_parties.id = tokens.third_party
        WHERE tokens.workspace = ?
    """
    for row in year.database.execute(query, [year.slack.team_id]).fetchall():
        year.reporter.secrets[row["fingerprint"]] = f"{secrets[row['name']]}-token"
    year.hear()


def _known(person: Person) -> SlackPerson:
    user = person.client.user
    return SlackPerson(SlackUser(user.id, user.team_id), Role.MEMBER, time_zone=user.tz or None)


def _day(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(), UTC)
