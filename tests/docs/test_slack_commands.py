"""Every `/thirdparty …` that stands in the documentation is typed, where it makes sense, and does what it says."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from access.model.rendered import Rendered
from handlers.commands.naming import Misunderstood
from handlers.commands.table import COMMANDS
from tests.docs.collected import SLACK, commands
from tests.scenarios.stage import ACME, Stage, set_stage

FINGERPRINT = "1a2b3c4d"
PLACEHOLDERS = {
    "NAME": ACME,
    "FINGERPRINT": FINGERPRINT,
    "[name]": ACME,
    "[callback-url]": "https://acme.example/callback",
    "[deputy]": "",
    "[reason]": "contract under review",
    "[fingerprint]": FINGERPRINT,
    "[text]": "acme",
    "[command]": "issue",
    "@user": "@carla",
}
BEGINNINGS: Mapping[str, Sequence[str]] = {
    "nothing": ["add"],
    "registered": ["contact", "enable", "remove"],
    "approved and enabled": ["issue"],
    "offered": ["resend"],
    "collected": ["renew", "revoke", "disable"],
}
"""What there has to be, so that these commands do what they say. All others change nothing, and take what there is."""

AS_IT_IS = "as it is"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(tmp_path) as stage:
        yield stage


def documented() -> set[str]:
    """What is typed: with something in the place of each placeholder."""
    typed = {each for each in commands() if each.split()[0] == SLACK}
    for placeholder, meant in PLACEHOLDERS.items():
        typed = {each.replace(placeholder, meant).strip() for each in typed}
    return typed


def word_of(text: str) -> str:
    return next(iter(text.split()[1:]), "list")


def beginning_of(text: str) -> str:
    if text.endswith(" deputy"):
        return "offered"
    return next((beginning for beginning, words in BEGINNINGS.items() if word_of(text) in words), AS_IT_IS)


async def begin(stage: Stage, beginning: str) -> None:
    """Begin anew: everything up to there."""
    if beginning == AS_IT_IS and stage.names():
        return
    if stage.names():
        await stage.removed()
    match beginning:
        case "registered":
            await stage.registered()
        case "approved and enabled":
            await stage.approved()
            await stage.anna.types(f"/thirdparty enable {ACME}")
        case "offered":
            await stage.issued()
            await stage.later(minutes=10)
        case "collected" | "as it is":
            await stage.collected()


def with_a_fingerprint(text: str, stage: Stage) -> str:
    """Put the newest token's in the place of the documentation's."""
    if FINGERPRINT not in text:
        return text
    [(fingerprint,)] = stage.rows("SELECT fingerprint FROM tokens ORDER BY issued_at DESC, rowid DESC LIMIT 1")
    return text.replace(FINGERPRINT, str(fingerprint))


async def test_every_command_of_the_documentation_does_what_it_says(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    misunderstood: list[object] = []
    understood_not = Misunderstood.__init__

    def note(self: Misunderstood, answer: Rendered) -> None:
        misunderstood.append(answer)
        understood_not(self, answer)

    monkeypatch.setattr(Misunderstood, "__init__", note)
    texts, typed = documented(), set[str]()
    for beginning in (*BEGINNINGS, AS_IT_IS):
        for text in sorted(each for each in texts if beginning_of(each) == beginning):
            await begin(stage, beginning)
            answer = await stage.anna.types(with_a_fingerprint(text, stage))
            await stage.settled()
            assert answer.acknowledged, text
            assert stage.refusals() == [], text
            assert misunderstood == [] or word_of(text) == "help", text  # it answers in the same way
            misunderstood.clear()
            typed.add(text)
    assert typed == texts
    assert {word_of(text) for text in texts} == set(COMMANDS)


async def test_a_command_that_does_not_work_would_be_found(stage: Stage) -> None:
    await stage.registered()
    await stage.anna.types(f"/thirdparty issue {ACME}")
    assert stage.refusals() != []
