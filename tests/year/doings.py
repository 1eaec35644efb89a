"""What people do in a year, by chance: they press what they read, sooner or later, and have ideas of their own."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sandbox import Modal, Person, Seen
from sandbox.answer import Answer
from sandbox.messages import Message
from tests.year import journal as happened
from tests.year.brought import names_of
from tests.year.dates import soonest
from tests.year.journal import ADMINS
from tests.year.reporter import button_labels
from tests.year.state import Party, Token
from tests.year.year import Deed, Year

CHANNEL: Final = "#third-party-access"

LIKINGS: Final = {
    "Show credentials": 40.0, "I'm not the right person": 0.3,
    "It works": 10.0, "I didn't see it": 0.6, "That wasn't me": 0.3, "Everything is switched": 3.0,
    "Renew now": 4.0, "I'm on it": 3.0, "Snooze": 3.0, "Let it lapse": 1.0,
    "Approve": 40.0, "Reject": 0.4, "Revoke and replace": 1.0, "It was a mistake": 3.0,
    "Show": 0.1, "Test": 0.1, "Test my access": 0.1, "Disable": 0.02,
}  # fmt: skip
"""How much people like to press what they know; a button that is not here, they like a little."""

_A_LITTLE: Final = 0.5
_ANSWERED: Final = 0.75
"""So often somebody presses anything at all in a message that has buttons."""

_REMINDER_ANSWERED: Final = 0.3
_YES: Final = ("now", "Revoke", "Remove", "Retire")


@dataclass
class Program:
    """What calls the API for a third party. `told`: the bot hears of its accepted checks."""

    told: bool
    uses: str | None = None
    switches: list[tuple[datetime, str]] = field(default_factory=list)


class Doings:
    """What all of them do. `parties` is what they know of third parties, as far as the trail tells.

    Nobody has ideas of their own about those that were `brought`: their owners answer what they are told.
    """

    def __init__(self, year: Year, parties: int, days: int, brought: int = 0) -> None:
        self._year = year
        self._dice = year.dice
        self._party_of: dict[str, str] = {}
        self.parties: dict[str, Party] = {}
        self.programs: dict[str, Program] = {}
        self._reacting: set[str] = set()
        self._pondered: dict[str, tuple[str, ...]] = {}
        year.on_message = self.read
        year.on_facts = self.learn
        spread = min(120, days // 8)
        for name in [*names_of(brought), *(f"Acme {number + 1}" for number in range(parties))]:
            self.parties[name] = Party(name, year.journal.months)
            self.programs[name] = Program(told=self._dice.chance(0.5))
        for number in range(parties):
            name = f"Acme {number + 1}"
            year.after(partial(self.mind, name), minutes=self._dice.below(max(1, spread * 1440)))
        for person in self._leavers():
            at = year.now + timedelta(days=self._dice.share() * days)
            if person.client.user.guest:
                person.client.user.guest_until = at.replace(microsecond=0)
                year.journal.guests[person.id] = at.replace(microsecond=0)
            year.at(at, partial(self._depart, person))
        year.at(year.now + timedelta(days=days * 0.6), lambda: year.remind_at(45, 21, 14, 5, 2))
        year.after(self.call, hours=5)
        year.after(self.look_about, hours=7)

    def _leavers(self) -> list[Person]:
        town = self._year.town
        return [*town.members[1::6], *town.contacts[::5]]

    async def _depart(self, person: Person) -> None:
        self._year.depart(person)
        await self._year.look()

    def _somebody(self, among: list[Person]) -> Person:
        return self._dice.pick([each for each in among if not each.client.user.deleted])

    # --- what they know

    def learn(self, facts: list[happened.Fact]) -> None:
        for fact in facts:
            if not isinstance(fact, happened.OfParty):
                continue
            self.parties[fact.party].move(fact)
            match fact:
                case happened.Issued(token=token):
                    self._party_of[token] = fact.party
                    expires = self.parties[fact.party].tokens[token].expires
                    for at in (expires - timedelta(seconds=1), expires):
                        self._year.at(at, partial(self._year.check, [token]))
                case happened.Collected(at=at, token=token):
                    self._switch(self.programs[fact.party], token, at)

    def _switch(self, program: Program, token: str, at: datetime) -> None:
        """Some day the program is given the new credentials; some never are."""
        if program.uses is None:
            program.switches.append((at + timedelta(hours=self._dice.below(60)), token))
        elif not self._dice.chance(0.1):
            program.switches.append((at + timedelta(hours=self._dice.below(400)), token))

    # --- what they read

    def read(self, reader: str, message: Message) -> None:
        """There is something to press: perhaps they will."""
        key = f"{message.channel}/{message.ts}"
        labels = tuple(button_labels(message.blocks))
        if key in self._reacting or labels == self._pondered.get(key, ()) or set(labels) <= {"Show"}:
            return
        self._pondered[key] = labels
        reminds = "expire" in message.text
        if not self._dice.chance(_REMINDER_ANSWERED if reminds else _ANSWERED):
            return
        person = self._dice.pick(self._year.town.admins[1:]) if reader == ADMINS else self._year.town.person(reader)
        self._reacting.add(key)
        hours = self._dice.pick([0.1, 0.5, 2, 5, 20, 60])
        self._plan(person, hours, lambda: self._press(person, message, key))

    def _plan(self, person: Person, hours: float, deed: Deed) -> None:
        at = soonest(self._year.now + timedelta(hours=hours), person.client.user.zone)
        at += timedelta(minutes=self._dice.below(90))
        self._year.at(at, deed)

    async def _press(self, person: Person, message: Message, key: str) -> None:
        self._reacting.discard(key)
        if self._waits(lambda: self._press(person, message, key)) or message.deleted or person.client.user.deleted:
            return
        seen = Seen(person, message)
        if not seen.buttons:
            return
        which = self._weighed([LIKINGS.get(label, _A_LITTLE) for label in seen.buttons])
        label = seen.buttons[which]
        what = "handoff." if label in ("Show credentials", "I didn't see it", "That wasn't me") else label

        async def deed() -> None:
            await self._follow(await seen.press(which))

        await self._year.do(deed, what)
        await self._check_all_of(message)
        self.read(self._year.reporter.reader(message) or "", message)

    async def _follow(self, answer: Answer, *, depth: int = 3) -> None:
        """Go on where there is something to go on with: a window to submit, a question to answer."""
        if not depth or self._dice.chance(0.05):
            return
        if answer.modal is not None:
            await self._follow(await _submit(answer.modal), depth=depth - 1) if answer.modal.submit_label else None
        elif answer.ephemeral is not None:
            found = [label for label in answer.ephemeral.buttons if label.endswith(_YES[0])]
            if found:
                await self._follow(await answer.ephemeral.press(self._dice.pick(found)), depth=depth - 1)

    def _weighed(self, weights: list[float]) -> int:
        place = self._dice.share() * sum(weights)
        for number, weight in enumerate(weights):
            place -= weight
            if place < 0:
                return number
        return len(weights) - 1

    async def _check_all_of(self, message: Message) -> None:
        """Somebody did something about a third party: see what its tokens are worth now."""
        blocks = f"{message.blocks}"
        named = [party for party in self.parties.values() if f"*{party.name}*" in blocks]
        await self._year.check([token for party in named for token in party.tokens])

    # --- ideas of their own

    async def mind(self, name: str) -> None:
        """Somebody thinks about a third party: the next step until it has credentials, and then whatever comes up."""
        party = self.parties[name]
        if party.removed or self._waits(lambda: self.mind(name)):
            return
        deed, hours = self._idea(party), 6.0
        if deed is None:
            hours = 24.0 * (2 + self._dice.below(12))
        else:
            person, words, confirm = deed
            await self._year.do(lambda: self._types(person, words, confirm))
            await self._year.check(list(party.tokens))
        self._plan(self._year.town.admins[0], hours, lambda: self.mind(name))

    def _idea(self, party: Party) -> tuple[Person, str, str] | None:
        anna, quoted = self._year.town.admins[0], f'"{party.name}"'
        if not party.owner:
            return anna, f"add {quoted}", ""
        if party.owner == anna.id and not party.tokens and self._dice.chance(0.9):
            return anna, f"edit {quoted}", self._somebody(self._year.town.members).handle
        if party.contact is None:
            return anna, f"contact {quoted} @{self._somebody(self._year.town.contacts).handle}", ""
        if not party.enabled:
            return (anna, f"enable {quoted}", "") if not party.tokens or self._dice.chance(0.4) else None
        now = self._year.now
        live = [token for token in party.tokens.values() if not token.has_ended(now)]
        if not live:
            return anna, f"issue {quoted}", ""
        return self._whim(party, live, quoted, now)

    def _whim(self, party: Party, live: list[Token], quoted: str, now: datetime) -> tuple[Person, str, str] | None:
        town, chance = self._year.town, self._dice.share()
        owner = town.person(party.owner)
        if owner.client.user.deleted:
            owner = town.admins[0]
            if self._dice.chance(0.3):
                return owner, f"edit {quoted}", self._somebody(town.members).handle
        soon = min(token.expires for token in live) - now < timedelta(days=45)
        renews = 0.25 if soon and len(live) == 1 else 0.01
        for share, idea in (
            (renews, (owner, f"renew {quoted}", "")),
            (0.015, (town.admins[0], f"disable {quoted} Too many calls.", "")),
            (0.01, (owner, f"revoke {quoted}", "Revoke")),
            (0.015, (town.admins[0], f"contact {quoted} @{self._somebody(town.contacts).handle}", "")),
            (0.02, (town.admins[0], f"contact {quoted} @{self._somebody(town.contacts).handle} deputy", "")),
            (0.02, (town.admins[0], f"edit {quoted}", self._somebody(town.members).handle)),
            (0.003, (town.admins[0], f"remove {quoted}", "Remove now")),
            (0.05 if any(token.collected is None for token in live) else 0.0, (owner, f"resend {quoted}", "")),
        ):
            chance -= share
            if chance < 0:
                return idea
        return None

    async def _types(self, person: Person, words: str, confirm: str) -> None:
        answer = await person.types(f"/thirdparty {words}")
        if words.startswith("edit") and answer.modal is not None:
            await answer.modal.set("Owner", f"@{confirm}").submit()
        elif confirm and answer.ephemeral is not None:
            found = [number for number, each in enumerate(answer.ephemeral.buttons) if each.startswith(confirm)]
            if found:
                await answer.ephemeral.press(self._dice.pick(found))

    def _waits(self, deed: Deed) -> bool:
        """While Slack is gone, nobody does anything in it."""
        if self._year.slack_is_down:
            self._year.after(deed, hours=5 + self._dice.below(24))
            return True
        return False

    # --- programs

    async def call(self) -> None:
        """The programs call the API, a third of them each day."""
        year, now = self._year, self._year.now
        day = (now - datetime(2026, 1, 1, tzinfo=now.tzinfo)).days
        accepted = []
        for number, (name, program) in enumerate(self.programs.items()):
            while program.switches and program.switches[0][0] <= now:
                program.uses = program.switches.pop(0)[1]
            token = self.parties[name].tokens.get(program.uses or "")
            if token is None or number % 3 != day % 3:
                continue
            year.journal.note(happened.Called(now, name, token.name))
            if program.told and self.parties[name].accepts(token, now):
                accepted.append(token.name)
        await year.check(accepted)
        truth = year.journal.facts[-1]
        assert isinstance(truth, happened.Checked)
        accepted = [token for token in accepted if truth.accepted.get(token)]
        if accepted:
            await year.accept(accepted, self._party_of)
            for each in accepted:
                self.parties[self._party_of[each]].move(happened.Accepted(now, self._party_of[each], each))
            await year.settle()
        year.after(self.call, days=1)

    async def look_about(self) -> None:
        """Once a week every token that was ever shown to anybody is tried."""
        await self._year.check(list(self._party_of))
        await self._year.try_elsewhere()
        self._year.after(self.look_about, days=7, minutes=self._dice.below(600))


async def _submit(modal: Modal) -> Answer:
    """Submit a window, with the first choice of each menu that wants one."""
    return await modal.submit()
