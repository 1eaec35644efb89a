"""Somebody pastes a secret where no secret belongs: nothing of it is kept or repeated, and the token can be revoked."""

from collections.abc import AsyncIterator

import pytest

from access.model.token import Verdict
from sandbox import Modal
from tests.scenarios.stage import ACME, Stage, encodings, got, press, secrets_in

KEPT_NOTHING = "That looks like a token or a client secret. I have kept nothing of it"
OFFERS = "Somebody else may have read it, so it is best to revoke that token"


def is_nowhere_else(stage: Stage, secret: str, arrived: int) -> None:
    """It was shown once, it arrived `arrived` times, and went nowhere from there."""
    travelled = [exchange for exchange in stage.slack.traffic if secret in exchange.body]
    assert [exchange.kind for exchange in travelled] == ["ack"] + ["envelope"] * arrived
    assert [exchange.direction for exchange in travelled] == ["in"] + ["out"] * arrived
    kept = stage.kept()
    for form in encodings(secret):
        assert not [place for place, text in {**kept, "log": stage.searched_log()}.items() if form in text]


TYPED = ["{}", "add {}", "show {}", f"disable {ACME} leaked: {{}}", 'add "x {} y"', "help {}"]


@pytest.mark.parametrize("which", [0, 1], ids=["client secret", "token"])
async def test_an_admin_pastes_one_into_a_command_and_may_revoke_it(stage: Stage, which: int) -> None:
    stage.log_statements()
    secrets = secrets_in(await stage.collected())
    done = stage.audit()
    answers = [await stage.anna.types(f"/thirdparty {typed.format(secrets[which])}") for typed in TYPED]
    for answer in answers:
        assert KEPT_NOTHING in answer.reading
        assert OFFERS in answer.reading
    pasted = ["paste_secret!secret_pasted"] * len(TYPED)
    assert stage.audit() == [*done, *pasted]
    assert await stage.verdict(secrets[1]) is Verdict.ACCEPTED

    assert "is revoked" in await press(stage.anna, got(answers[0].ephemeral), "Revoke now")
    await stage.settled()
    assert await stage.verdict(secrets[1]) is Verdict.REVOKED
    assert stage.audit() == [*done, *pasted, "token.revoked"]
    is_nowhere_else(stage, secrets[which], arrived=len(TYPED))


async def test_a_revoked_one_needs_nothing_else(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    question = got((await stage.anna.types(f"/thirdparty revoke {ACME}")).ephemeral)
    await press(stage.anna, question, "Revoke now")
    answer = await stage.anna.types(f"/thirdparty show {token}")
    assert "doesn't work any more, so there is nothing else to do" in answer.reading
    assert got(answer.ephemeral).buttons == []


async def test_a_member_who_pastes_one_learns_nothing_about_it(stage: Stage) -> None:
    stage.log_statements()
    _, token = secrets_in(await stage.collected())
    ((fingerprint,),) = stage.rows("SELECT fingerprint FROM tokens")
    for _ in range(3):
        answer = await stage.mia.types(f"/thirdparty show {token}")
        assert KEPT_NOTHING in answer.reading
        assert "ask an admin to revoke that token" in answer.reading
        assert got(answer.ephemeral).buttons == []
        assert str(fingerprint) not in answer.reading
    assert stage.refusals() == ["paste_secret!secret_pasted"]
    assert await stage.verdict(token) is Verdict.ACCEPTED
    is_nowhere_else(stage, token, arrived=3)


@pytest.mark.parametrize("handle", ["anna", "mia"])
async def test_a_damaged_one_is_not_repeated_either(stage: Stage, handle: str) -> None:
    _, token = secrets_in(await stage.collected())
    done = stage.audit()
    for damaged in (token[:30], token[:-1], f"{token[:-1]}~", token[:20] + " " + token[20:40], token.upper()):
        answer = await stage.slack.people[handle].types(f"/thirdparty add {damaged}")
        assert KEPT_NOTHING in answer.reading
        assert damaged[:12] not in answer.reading
    assert set(stage.audit()[len(done) :]) == {"paste_secret!secret_pasted"}
    assert stage.names() == ["Acme Corp"]
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_one_broken_by_a_line_break_is_still_recognised(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    answer = await stage.anna.types(f"/thirdparty add {token[:25]}\n{token[25:]}")
    assert OFFERS in answer.reading
    await press(stage.anna, got(answer.ephemeral), "Revoke now")
    assert await stage.verdict(token) is Verdict.REVOKED


async def forms(stage: Stage) -> AsyncIterator[tuple[Modal, str]]:
    """Each form in front of Ben, and each field of it into which one can type."""
    for command, labels in {"add": ["Name", "Callback URL"], f"edit {ACME}": ["Name", "Callback URL", "Notes"]}.items():
        for label in labels:
            yield got((await stage.ben.types(f"/thirdparty {command}")).modal), label
    yield got((await (await stage.propose("@erik")).press("Reject")).modal), "Reason"


async def test_one_in_a_field_is_not_taken_and_can_be_revoked(stage: Stage) -> None:
    stage.log_statements()
    _, token = secrets_in(await stage.collected())
    windows = []
    async for modal, label in forms(stage):
        if "Name" in modal.inputs:
            modal.set("Name", "Globex")
        answer = await modal.set(label, f"https://x.example/?key={token}").submit()
        assert KEPT_NOTHING in answer.reading
        assert OFFERS in answer.reading
        windows.append(modal)
    assert stage.refusals() == ["paste_secret!secret_pasted"] * len(windows)
    assert stage.names() == ["Acme Corp"]
    assert await stage.verdict(token) is Verdict.ACCEPTED

    await windows[0].press("Revoke now")
    assert "is revoked" in windows[0].reading
    assert await stage.verdict(token) is Verdict.REVOKED
    await stage.settled()
    is_nowhere_else(stage, token, arrived=len(windows))


async def test_leave_it_leaves_it(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    answer = await stage.anna.types(f"/thirdparty show {token}")
    await got(answer.ephemeral).press("Leave it")
    assert not [seen for seen in stage.anna.reads("#general") if KEPT_NOTHING in seen.reading]
    assert await stage.verdict(token) is Verdict.ACCEPTED
