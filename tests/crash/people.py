"""People who get a third party from its registration to credentials that work, whatever they read in between.

What they do next follows from how things are, as the database says it; how they do it, from what they see in Slack.
After an error they look again and do it again.
"""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox import Modal, Person, Sandbox, Seen
from sandbox.answer import Answer
from tests.crash.dice import Dice

CHANNEL: Final = "#third-party-access"
ARRIVES_WITHIN: Final = 45.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something a person does. `promise`: the record that there is once it was acknowledged, unless it was refused."""

    promise: str
    act: Callable[[], Awaitable[Answer | None]]

    @property
    def is_contacts(self) -> bool:
        """Whether the contact does it. A refusal of theirs is recorded once an hour, an admin's each time."""
        return self.promise.startswith("handoff.") and self.promise != "handoff.offered"


class People:
    """Anna, Ben, and the contact of one third party."""

    def __init__(self, slack: Sandbox, dice: Dice, number: int) -> None:
        self.name = f"Acme {number}"
        self._dice = dice
        self._anna, self._ben = slack.people["anna"], slack.people["ben"]
        self._contact = slack.people[dice.pick(["carla", "carla", "erik"])]

    def next_step(self, database: sqlite3.Connection) -> Step | None:
        """What to do now; None when nothing is left to do."""
        party = _one(database, "SELECT * FROM third_parties WHERE name = ?", self.name)
        if party is None:
            return Step("third_party.registered", lambda: self._types("add", "https://acme.example/callback"))
        if party["removed_at"] is not None:
            return None
        if party["contact"] is None:
            return self._to_contact(_one(database, _PROPOSAL, party["id"]))
        if not party["enabled"]:
            return Step("third_party.enabled", lambda: self._types("enable"))
        return self._to_credentials(_one(database, _TOKEN, party["id"]))

    def _to_contact(self, proposal: dict[str, Any] | None) -> Step:
        if proposal is None:
            return Step("contact.proposed", lambda: self._types("contact", f"@{self._contact.handle}"))
        if self._dice.chance(0.1):
            return Step("contact.rejected", self._rejects)
        return Step("contact.approved", lambda: self._presses(self._ben, "Approve", CHANNEL))

    def _to_credentials(self, token: dict[str, Any] | None) -> Step | None:
        if token is None or token["revoked_at"] is not None:
            return Step("token.issued", lambda: self._types("issue"))
        return self._after_reveal(token) if token["collected_at"] is not None else self._before_reveal()

    def _before_reveal(self) -> Step:
        match self._dice.below(12):
            case 0:
                return Step("handoff.declined", lambda: self._presses(self._contact, "I'm not the right person"))
            case 1:
                return Step("third_party.disabled", lambda: self._types("disable", "Too many calls."))
            case 2:
                return Step("handoff.offered", lambda: self._types("resend"))
            case _:
                return Step("handoff.collected", self._collects)

    def _after_reveal(self, token: dict[str, Any]) -> Step | None:
        if token["suspended_at"] is not None:
            return self._decides()
        if token["confirmed_at"] is not None or token["disputed_at"] is not None:
            return Step("third_party.removed", self._removes) if self._dice.chance(0.3) else None
        match self._dice.below(8):
            case 0 | 1:
                return Step("handoff.not_seen", lambda: self._presses(self._contact, "I didn't see it"))
            case 2:
                return Step("handoff.disputed", self._disputes)
            case _:
                return Step("handoff.confirmed", lambda: self._presses(self._contact, "It works"))

    def _decides(self) -> Step:
        if self._dice.chance(0.5):
            return Step("token.revoked", lambda: self._presses(self._ben, "Revoke and replace", CHANNEL))
        return Step("token.suspension_lifted", lambda: self._presses(self._ben, "It was a mistake", CHANNEL))

    async def _types(self, command: str, *more: str) -> Answer:
        return await self._anna.types(" ".join([f'/thirdparty {command} "{self.name}"', *more]))

    async def _presses(self, person: Person, label: str, place: str = "bot") -> Answer:
        return await (await self._finds(person, label, place)).press(label)

    async def _rejects(self) -> Answer | None:
        form = (await self._presses(self._ben, "Reject", CHANNEL)).modal
        return await form.submit() if form and form.submit_label else None

    async def _collects(self) -> Answer | None:
        return await _goes_on((await self._presses(self._contact, "Show credentials")).modal)

    async def _disputes(self) -> Answer | None:
        return await _goes_on((await self._presses(self._contact, "That wasn't me")).modal)

    async def _removes(self) -> Answer | None:
        question = (await self._types("remove")).ephemeral
        return await question.press("Remove now") if question and "Remove now" in question.buttons else None

    async def _finds(self, person: Person, label: str, place: str) -> Seen:
        """Wait for the newest message about this third party with that button: it was promised, so it comes."""
        async with asyncio.timeout(ARRIVES_WITHIN):
            while True:
                for seen in reversed(person.reads(place)):
                    if label in seen.buttons and re.search(rf"{self.name}(?!\d)", seen.reading):
                        return seen
                await asyncio.sleep(0.01)


async def _goes_on(modal: Modal | None) -> Answer | None:
    """Submit a window that has something to submit; a refusal has not."""
    return await modal.submit() if modal is not None and modal.submit_label is not None else None


_PROPOSAL: Final = "SELECT * FROM contact_proposals WHERE third_party = ? AND outcome IS NULL"
_TOKEN: Final = """
    SELECT tokens.*, confirmed_at, disputed_at FROM tokens JOIN handoffs ON handoffs.token = tokens.id
    WHERE tokens.third_party = ? ORDER BY position DESC
"""


def _one(database: sqlite3.Connection, query: str, *given: object) -> dict[str, Any] | None:
    cursor = database.execute(query, given)
    row = cursor.fetchone()
    cursor.close()
    return dict(zip([column[0] for column in cursor.description], row, strict=True)) if row else None
