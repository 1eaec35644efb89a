"""Who lives through the year: the sandbox's cast, and as many of their like as it takes, in several time zones."""

from dataclasses import dataclass, replace
from typing import Final

from sandbox import Person, Sandbox
from sandbox.client import Client
from sandbox.records import User

ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "")
"""One of them with half an hour, one whose summer is half an hour, and none."""


@dataclass(frozen=True, slots=True)
class Town:
    """People by what they do. The first admin registers; another one approves."""

    admins: list[Person]
    members: list[Person]
    contacts: list[Person]

    @property
    def zones(self) -> dict[str, str]:
        everybody = [*self.admins, *self.members, *self.contacts]
        return {person.id: person.client.user.tz for person in everybody if person.client.user.tz}

    def person(self, user_id: str) -> Person:
        everybody = [*self.admins, *self.members, *self.contacts]
        return next(person for person in everybody if person.id == user_id)


def settle(slack: Sandbox, parties: int) -> Town:
    """Have enough people for so many third parties."""
    admins = _like(slack, ["anna", "ben"], 2 + (parties >= 50))
    members = _like(slack, ["mia", "omar"], max(2, parties // 10))
    contacts = _like(slack, ["carla", "erik"], max(2, parties // 4))
    for people in (admins, members, contacts):
        for number, person in enumerate(people):
            person.client.user.tz = ZONES[number % len(ZONES)]
    space = admins[0].client.space
    for channel in ("#general", "#third-party-access"):
        space.channel(channel).members += [each.id for each in admins if each.id not in space.channel(channel).members]
    space.channel("#general").members += [
        each.id for each in members if each.id not in space.channel("#general").members
    ]
    return Town(admins, members, contacts)


def _like(slack: Sandbox, handles: list[str], count: int) -> list[Person]:
    found = [slack.people[handle] for handle in handles]
    return [*found, *(_twin(found[number % len(found)], number) for number in range(len(found), count))][:count]


def _twin(person: Person, number: int) -> Person:
    """Somebody like them, told apart by a number."""
    client, like = person.client, person.client.user
    user: User = replace(
        like,
        id=f"{like.id[:8]}{number:03}",
        handle=f"{like.handle}{number}",
        real_name=f"{like.real_name} {number}",
        email=like.email and f"{like.handle}{number}@{like.email.partition('@')[2]}",
    )
    client.space.users[user.id] = user
    return Person(Client(user, client.space, client._payloads, client._responses, client._delivery))
