"""The parts of the page that are kept fresh as wholes."""

from collections.abc import Mapping

from markupsafe import Markup

from sandbox.page.looks import Looks
from sandbox.page.place import Place, app_tabs, place_of, places_of
from sandbox.page.time_machine import STEPS as CLOCK_STEPS
from sandbox.page.time_machine import TimeMachine
from sandbox.page.tour import STEPS, Tour
from sandbox.page.travelled import Travelled
from sandbox.page.unread import Unread
from sandbox.people import Person


class Regions:
    """Draws them for a place."""

    def __init__(
        self,
        *,
        people: Mapping[str, Person],
        looks: Looks,
        unread: Unread,
        travelled: Travelled,
        tour: Tour,
        time_machine: TimeMachine,
    ) -> None:
        self._people = people
        self._looks = looks
        self._unread = unread
        self._travelled = travelled
        self._tour = tour
        self._time_machine = time_machine

    def draw(self, place: Place) -> dict[str, Markup]:
        """All of them, by the id of the element that holds them."""
        regions = {
            "clock": self._clock(place),
            "side": self._side(place),
            "tour": self._drawn_tour(place),
            "panel": self._drawn_travelled(place),
            "modal": self._modal(place),
        }
        return regions | ({"home": self._home(place)} if place.tab == "home" else {})

    def _clock(self, place: Place) -> Markup:
        user, clock = place.person.client.user, place.person.client.space.clock
        return self._looks.draw(
            "clock.html",
            now=clock.now().astimezone(user.zone).replace(second=0, microsecond=0),
            zone=user.tz,
            steps=CLOCK_STEPS,
            has_next=self._time_machine.next_event is not None,
        )

    def _side(self, place: Place) -> Markup:
        user = place.person.client.user
        channels = [each for each in places_of(place.person) if each.tab == "channel"]
        return self._looks.draw(
            "side.html",
            place=place,
            app=place.person.client.space.app.name,
            cast=[(person, self._unread.anywhere(person.client.user)) for person in self._people.values()],
            channels=[(each, self._unread.count(user, each.channel)) for each in channels],
            tabs=[
                (tab, self._unread.count(user, tab.channel) if tab.is_conversation else 0)
                for tab in app_tabs(place.person)
            ],
        )

    def _drawn_tour(self, place: Place) -> Markup:
        number = self._tour.next()
        step = STEPS[number] if number is not None else STEPS[-1]
        return self._looks.draw(
            "tour.html",
            tour=self._tour,
            number=number,
            step=step,
            steps=STEPS,
            done=self._tour.done(),
            place=place,
            target=place_of(self._people[step.who], *step.place.split("/")),
        )

    def _drawn_travelled(self, place: Place) -> Markup:
        user, travelled = place.person.client.user, self._travelled
        return self._looks.draw(
            "travelled.html",
            count=travelled.count,
            revealing=travelled.revealing(user),
            newest=travelled.newest(user),
        )

    def _modal(self, place: Place) -> Markup:
        view = place.person.client.space.views.top(place.person.id)
        if view is None:
            return Markup()
        action = f"/as/{place.person.handle}/view/{view.id}"
        return self._looks.draw("modal.html", view=view, action=action, surface=self._looks.view(view, f"v-{view.id}"))

    def _home(self, place: Place) -> Markup:
        space = place.person.client.space
        view = space.views.home(place.person.id)
        return self._looks.draw(
            "home.html",
            view=view,
            app=space.app.name,
            place=place,
            action=f"/as/{place.person.handle}/view/{view.id}" if view else "",
            surface=self._looks.view(view, f"v-{view.id}") if view else None,
        )
