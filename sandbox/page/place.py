"""Where somebody is on the page: a channel, or one of the app's two tabs."""

from dataclasses import dataclass
from typing import Literal

from sandbox.people import Person
from sandbox.records import Channel

Tab = Literal["channel", "messages", "home"]


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a place; the Home tab belongs to the direct messages with the app."""

    person: Person
    tab: Tab
    channel: Channel

    @property
    def path(self) -> str:
        """The path of its page."""
        below = f"channel/{self.channel.name}" if self.tab == "channel" else f"app/{self.tab}"
        return f"/as/{self.person.handle}/{below}"

    @property
    def title(self) -> str:
        """What stands above it."""
        app = self.person.client.space.app.name
        return f"#{self.channel.name}" if self.tab == "channel" else app

    @property
    def is_conversation(self) -> bool:
        """Whether messages are shown here."""
        return self.tab != "home"


class NoSuchPlace(Exception):
    """Nobody can be there."""


def place_of(person: Person, tab: str, name: str = "") -> Place:
    """Where an address leads.

    Raises: NoSuchPlace, also for a channel of which the person is no member.
    """
    space, user = person.client.space, person.client.user
    if tab == "channel":
        for channel in space.places_of(user):
            if channel.kind != "im" and channel.name == name:
                return Place(person, "channel", channel)
    elif name == "messages" or (name == "home" and space.app.home_tab):
        return Place(person, "home" if name == "home" else "messages", space.open_direct_messages(user))
    raise NoSuchPlace


def places_of(person: Person) -> list[Place]:
    """Everywhere somebody can be: channels first, then the app's tabs."""
    space, user = person.client.space, person.client.user
    channels = [Place(person, "channel", each) for each in space.places_of(user) if each.kind != "im"]
    return [*channels, *app_tabs(person)]


def app_tabs(person: Person) -> list[Place]:
    """The app's tabs, the Home tab where its manifest has one."""
    tabs = ["home", "messages"] if person.client.space.app.home_tab else ["messages"]
    return [place_of(person, "app", tab) for tab in tabs]
