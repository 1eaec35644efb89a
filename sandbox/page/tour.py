"""The guided tour: six steps, each ticked off when it has happened."""

import json
from dataclasses import dataclass

from sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, and whom to be for it.

    Attributes:
        place: Where, as the end of an address.
        commands: What to type there.
        proof: What a message says once it has happened.
    """

    title: str
    who: str
    place: str
    text: str
    commands: tuple[str, ...]
    proof: str


STEPS = (
    Step(
        "Register a third party",
        "anna",
        "channel/general",
        "Anna is an admin. She registers Acme Corp, which is to call the API.",
        ('/thirdparty add "Acme Corp"',),
        "is registered",
    ),
    Step(
        "Propose its contact",
        "anna",
        "channel/general",
        "Carla of Acme may receive the credentials, and nobody else.",
        ('/thirdparty contact "Acme Corp" @carla',),
        "is proposed as the contact",
    ),
    Step(
        "Approve the contact",
        "ben",
        "channel/third-party-access",
        "It takes two: Ben, the second admin, finds the request in the admins' channel and presses Approve.",
        (),
        "Approved by",
    ),
    Step(
        "Enable it and issue a token",
        "anna",
        "channel/general",
        "Anna switches Acme Corp on, then issues its first token. She never sees it.",
        ('/thirdparty enable "Acme Corp"', '/thirdparty issue "Acme Corp"'),
        "A token is issued",
    ),
    Step(
        "Collect the credentials",
        "carla",
        "app/messages",
        "Carla presses Show credentials and reads them, once. Look at What travelled: they show in that window alone.",
        (),
        "were opened",
    ),
    Step(
        "Let five months pass, and renew",
        "anna",
        "app/messages",
        "Press + 1 month five times, then Next event. The bot reminds Anna before the token expires: Renew now offers "
        "Carla a new one, while the old one goes on working.",
        (),
        "This is a renewal",
    ),
)


class Tour:
    """How far somebody has come.

    Attributes:
        shown: False once it was skipped.
    """

    def __init__(self, space: Workspace) -> None:
        self._log = space.messages.log
        self._looked = 0
        self._done: set[int] = set()
        self.shown = True

    def done(self) -> set[int]:
        """The numbers, from 0, of the steps that have happened."""
        for message in self._log[self._looked :]:
            said = f"{message.text}\n{json.dumps(message.blocks)}"
            self._done |= {number for number, step in enumerate(STEPS) if step.proof in said}
        self._looked = len(self._log)
        return self._done

    def next(self) -> int | None:
        """The number of the step that is to be done, None after the last one."""
        done = self.done()
        return next((number for number in range(len(STEPS)) if number not in done), None)
