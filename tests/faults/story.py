"""The story, told by people who act as people do: they read, do what it says, and where they read nothing they look."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sandbox import Person, Seen
from sandbox.refusals import Impossible
from tests.faults import truth
from tests.scenarios.stage import ACME, CHANNEL, Stage, press

TRIES: Final = 9
PATIENCE: Final = timedelta(minutes=2)
"""How long somebody waits before they try again."""

NOT_DONE: Final = (
    "so I changed nothing",
    "Nothing was changed",
    "I showed nothing, and nothing is lost",
    "My introduction hasn't reached that person yet",
    "were offered less than a minute ago",
    "Slack doesn't let you open my window",
)
"""What says that nothing was done, whatever was asked for."""

SLACK_ITSELF: Final = ("did not respond (", "failed with the error", "We had some trouble connecting")
"""What Slack says where the bot is silent: nothing about what was done."""


@dataclass(frozen=True)
class Step:
    """One thing that somebody wants done.

    `act` does what a person would do now, and returns what they read at once. `effect` is what the audit trail says
    once it is done, for the `times`th time. `done` are the words by which people know that it is; `on_the_way` those
    that tell the truth about something else.
    """

    act: Callable[["Teller"], Awaitable[str]]
    effect: str
    done: tuple[str, ...]
    on_the_way: tuple[str, ...] = ()
    times: int = 1


@dataclass
class Teller:
    """Tells the story on a stage. `problems`: everything that was not as it should be."""

    stage: Stage
    problems: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """What the contact read at each reveal."""

    async def tell(self) -> None:
        """Tell it to its end, and check that it is true, whole and said."""
        for name, step in STEPS.items():
            await self._take(name, step)
        for _ in range(TRIES):
            await self.stage.later(seconds=PATIENCE.total_seconds() * 10)
        self.problems += truth.of_everything(self.stage, self.shown)

    async def _take(self, name: str, step: Step) -> None:
        said = []
        for _ in range(TRIES):
            before = self._count(step)
            read = ""
            await self.stage.slack.connected()
            with suppress(Impossible):  # what they wanted to press is not there yet, or not any more
                read = await step.act(self)
            self._judge(name, step, read, self._count(step) - before)
            said.append(read)
            await self.stage.settled()
            if any(words in read for words in step.done):
                return
            await self.stage.later(seconds=PATIENCE.total_seconds())
        self.problems.append(f"{name}: never done, but {said}")

    def _count(self, step: Step) -> int:
        return self.stage.audit().count(step.effect)

    def _judge(self, name: str, step: Step, read: str, happened: int) -> None:
        """Compare what somebody read with what is so."""
        if any(words in read for words in step.done):
            if self._count(step) < step.times:
                self.problems.append(f"{name}: it is not done, but they read {read!r}")
        elif any(words in read for words in NOT_DONE):
            if happened:
                self.problems.append(f"{name}: it is done, but they read {read!r}")
        elif read and not any(words in read for words in (*SLACK_ITSELF, *step.on_the_way)):
            self.problems.append(f"{name}: nobody knows what to do after {read!r}")

    async def pressed(self, person: Person, label: str, text: str = "", place: str = "bot") -> str:
        """Press a button in the newest message of a place that has it and says `text`. Raises Impossible."""
        await self.stage.settled()
        return await press(person, newest(person, label, text, place), label)

    async def typed(self, person: Person, command: str, button: str) -> str:
        """Type a command and press a button of its answer, if it has that."""
        answer = await person.types(command)
        if answer.ephemeral is None or button not in answer.ephemeral.buttons:
            return answer.reading
        return await press(person, answer.ephemeral, button)


def newest(person: Person, label: str, text: str, place: str) -> Seen:
    """The newest message with a button. Raises Impossible."""
    found = [seen for seen in person.reads(place) if label in seen.buttons and text in seen.reading]
    if not found:
        raise Impossible(f"nothing has {label!r}")
    return found[-1]


async def _register(teller: Teller) -> str:
    anna = teller.stage.anna
    answer = await anna.types("/thirdparty add")
    if answer.modal is None:
        return answer.reading
    return (await answer.modal.fill(name="Acme Corp", callback_URL="https://acme.example/callback").submit()).reading


async def _propose(teller: Teller) -> str:
    return (await teller.stage.anna.types(f"/thirdparty contact {ACME} @carla")).reading


async def _approve(teller: Teller) -> str:
    """Ben approves in the channel; where nothing is asked there, he looks; where nobody is proposed, Anna does."""
    stage = teller.stage
    await stage.settled()
    decided = [seen.reading for seen in stage.ben.reads(CHANNEL) if "Approved by" in seen.reading]
    if decided:
        return decided[-1]
    with suppress(Impossible):
        return await teller.pressed(stage.ben, "Approve", place=CHANNEL)
    read = await teller.typed(stage.ben, f"/thirdparty show {ACME}", "Approve")
    if "Contact: nobody yet" in read:
        return (await stage.anna.types(f"/thirdparty contact {ACME} @carla")).reading
    return read


async def _enable(teller: Teller) -> str:
    return (await teller.stage.anna.types(f"/thirdparty enable {ACME}")).reading


async def _issue(teller: Teller) -> str:
    return await teller.typed(teller.stage.anna, f"/thirdparty show {ACME}", "Issue a token")


async def _collect(teller: Teller) -> str:
    """Carla opens the newest offer; where she was to see something and did not, she says so; without any, Anna acts."""
    stage = teller.stage
    await stage.settled()
    carla = stage.carla
    with suppress(Impossible):
        newest(carla, "Show credentials", "", "bot")
        told = await teller.pressed(carla, "Show credentials")
        modal = carla.modal
        if modal is None or modal.submit_label is None or "Show" not in modal.submit_label:
            return told
        read = (await modal.submit()).reading
        if truth.SECRET.search(read):
            teller.shown.append(read)
        return read
    with suppress(Impossible):
        return await teller.pressed(carla, "I didn't see it")
    return (await stage.anna.types(f"/thirdparty resend {ACME}")).reading


async def _confirm(teller: Teller) -> str:
    carla = teller.stage.carla
    thanks = [seen.reading for seen in carla.reads() if "You told me that they work" in seen.reading]
    return thanks[-1] if thanks else await teller.pressed(carla, "It works")


async def _disable(teller: Teller) -> str:
    return (await teller.stage.anna.types(f"/thirdparty disable {ACME} contract under review")).reading


async def _undo(teller: Teller) -> str:
    anna = teller.stage.anna
    with suppress(Impossible):
        return await teller.pressed(anna, "Undo", "is disabled", "#general")
    return (await anna.types(f"/thirdparty enable {ACME}")).reading


async def _revoke(teller: Teller) -> str:
    return await teller.typed(teller.stage.anna, f"/thirdparty revoke {ACME}", "Revoke now")


async def _remove(teller: Teller) -> str:
    return await teller.typed(teller.stage.ben, f"/thirdparty remove {ACME}", "Remove now")


_CARD: Final = "Contact: "
_ASKED: Final = ("Revoke this token", "Remove Acme Corp")

STEPS: Final[Mapping[str, Step]] = {
    "register": Step(
        _register, "third_party.registered", ("Acme Corp is registered", "There is a third party of this name already")
    ),
    "propose": Step(
        _propose, "contact.proposed", ("is proposed as the contact", "is proposed already", "waits for approval")
    ),
    "approve": Step(
        _approve,
        "contact.approved",
        ("The contact is approved", "Approved by", "approved already"),
        (_CARD, "is proposed as the contact", "is proposed already"),
    ),
    "enable": Step(_enable, "third_party.enabled", ("Acme Corp is enabled", "It is enabled already")),
    "issue": Step(
        _issue, "token.issued", ("A token is issued", "There is a token already", "Tokens, newest first"), (_CARD,)
    ),
    "collect": Step(
        _collect,
        "handoff.collected",
        ("tps_",),
        ("shown already", "don't work any more", "A token is issued", "Show credentials", _CARD),
    ),
    "confirm": Step(_confirm, "handoff.confirmed", ("You told me that they work", "You have told me that these")),
    "disable": Step(_disable, "third_party.disabled", ("Acme Corp is disabled", "It is not enabled, so")),
    "undo": Step(_undo, "third_party.enabled", ("Acme Corp is enabled", "It is enabled already"), (), 2),
    "revoke": Step(
        _revoke, "token.revoked", ("is revoked. A program", "is revoked already", "There is no token to revoke"), _ASKED
    ),
    "remove": Step(
        _remove, "third_party.removed", ("Acme Corp is removed", "There is no such third party", "I know no"), _ASKED
    ),
}
