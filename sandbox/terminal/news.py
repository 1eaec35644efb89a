"""Who has read what, so that everybody is told once of what is new."""

from collections.abc import Iterable, Iterator

from sandbox.people import Person
from sandbox.seen import Seen

_Key = tuple[str, str]  # place and timestamp


def places_of(person: Person) -> list[str]:
    """Where somebody reads: the channels, then the direct messages with the bot."""
    places = [channel.place for channel in person.client.space.places_of(person.client.user)]
    return sorted(places, key=lambda place: place == "bot")


class News:
    """What is new for each person; what is there at the start is not."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = list(people)
        self._read: dict[str, dict[_Key, str]] = {person.handle: {} for person in self._people}
        self._announced: dict[str, set[_Key]] = {person.handle: set() for person in self._people}

    def for_reader(self, person: Person) -> list[Seen]:
        """Messages that somebody has not read, or that have changed since, oldest first. They count as read now."""
        read = self._read[person.handle]
        new = [seen for seen in _messages(person) if read.get((seen.place, seen.ts)) != seen.reading]
        read.update({(seen.place, seen.ts): seen.reading for seen in new})
        return sorted(new, key=lambda seen: seen.ts)

    def for_others(self, reader: Person) -> list[tuple[Person, str]]:
        """Who else has a message of which nothing was said yet, and in which place."""
        waiting = []
        for person in self._people:
            announced = self._announced[person.handle]
            keys = {(seen.place, seen.ts) for seen in _messages(person)}
            unread = keys - announced - self._read[person.handle].keys()
            announced |= keys
            if person is not reader:
                waiting += [(person, place) for place in sorted({place for place, _ in unread})]
        return waiting


def _messages(person: Person) -> Iterator[Seen]:
    for place in places_of(person):
        yield from person.reads(place)
