"""Credentials that Slack never carries in clear: from a contact's public key to the file that only they open."""

import asyncio
import re
from pathlib import Path

import pyrage
import pytest

from access.model.credentials import WELL_FORMED
from access.model.token import Verdict
from sandbox import Modal, Seen
from sandbox.answer import Answer
from tests.scenarios.stage import ACME, CHANNEL, Stage, encodings, got, press, set_stage

ARMOURED = re.compile(r"-----BEGIN AGE ENCRYPTED FILE-----.*?-----END AGE ENCRYPTED FILE-----", re.DOTALL)
ADD, CHANGE = "Add a public key", "Change the key"


class Owner:
    """Somebody with a key of their own."""

    def __init__(self) -> None:
        self._private = pyrage.x25519.Identity.generate()
        self.public = str(self._private.to_public())

    def opens(self, shown: Answer) -> dict[str, str]:
        (armoured,) = ARMOURED.findall(got(shown.modal).reading)
        content = pyrage.decrypt(armoured.replace("\n    ", "\n").encode() + b"\n", [self._private]).decode()
        return dict(line.split("=", 1) for line in content.splitlines())


async def give(seen: Seen, label: str, key: str) -> Answer:
    """Press one of the buttons, and send a key."""
    form: Modal = got((await seen.press(label)).modal)
    return await form.set("Public key", key).submit()


async def test_a_key_before_the_approval(stage: Stage) -> None:
    carla = Owner()
    stage.log_statements()
    request = await stage.proposed()
    assert "I have your public key" in (await give(stage.carla.reads()[-1], ADD, f"{carla.public}\n")).reading
    await stage.settled()
    assert "counts once an admin has approved it" in stage.carla.reads()[-1].reading
    stale = await press(stage.ben, request, "Approve", stale=True)
    assert "Their public key has changed since you were shown this" in stale
    request = await stage.ben.waits_for("They give a public key", CHANNEL)
    assert carla.public in request.reading
    assert request.buttons == ["Approve", "Reject", "Reject the key", "Show"]
    await request.press("Approve")
    await stage.anna.types(f"/thirdparty enable {ACME}")
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    offer = await stage.carla.waits_for("Show credentials")
    assert offer.buttons == ["Show credentials", "I'm not the right person", CHANGE, "Remove the key"]
    explanation = got((await offer.press("Show credentials")).modal)
    assert "encrypted to your public key" in explanation.reading
    shown = await explanation.submit()
    opened = carla.opens(shown)
    assert await stage.verdict(opened["API_TOKEN"]) is Verdict.ACCEPTED
    for words in ("sudo apt install age", "brew install age", "winget install FiloSottile.age", "-o .env"):
        assert words in got(shown.modal).reading
    await stage.settled()
    assert not [exchange for exchange in stage.slack.traffic if WELL_FORMED.search(exchange.body)]
    kept = stage.kept()
    for secret in (opened["API_TOKEN"], opened["API_CLIENT_SECRET"]):
        for form in encodings(secret):
            assert not [place for place, text in {**kept, "log": stage.searched_log()}.items() if form in text]
    with pytest.raises(pyrage.DecryptError):
        Owner().opens(shown)
    assert [line for line in stage.audit() if "key" in line] == [
        "contact_key.registered",
        "approve_contact!key_changed_since",
        "contact_key.approved",
    ]


async def test_a_key_that_changes_after_the_approval(stage: Stage) -> None:
    first, second = Owner(), Owner()
    await stage.approved()
    await stage.anna.types(f"/thirdparty enable {ACME}")
    await give(stage.carla.reads()[-1], ADD, first.public)
    await stage.settled()
    assert "An admin decides about it" in stage.carla.reads()[-1].reading
    assert "somebody else may have your Slack account" in stage.carla.reads()[-1].reading
    request = stage.ben.reads(CHANNEL)[-1]
    assert request.buttons == ["Approve the key", "Reject", "Show"]
    assert "Compare the fingerprint with them by another way than Slack" in request.reading
    assert "The key is approved" in (await stage_card(stage, "Approve the key"))
    await stage.settled()
    assert "approved it" in stage.carla.reads()[-1].reading
    introduction = next(seen for seen in stage.carla.reads() if CHANGE in seen.buttons)
    await give(introduction, CHANGE, second.public)
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    shown = await stage.reveal(await stage.carla.waits_for("Show credentials"))
    assert first.opens(shown).keys() == {"API_URL", "API_CLIENT_ID", "API_CLIENT_SECRET", "API_TOKEN"}
    await (await stage.ben.waits_for("gives a public key", CHANNEL)).press("Approve the key")
    await stage.settled()
    await stage.anna.types(f"/thirdparty renew {ACME}")
    await stage.settled()
    again = await stage.reveal(await stage.carla.waits_for("Show credentials"))
    assert second.opens(again)["API_CLIENT_ID"] == first.opens(shown)["API_CLIENT_ID"]
    with pytest.raises(pyrage.DecryptError):
        first.opens(again)


async def stage_card(stage: Stage, label: str) -> str:
    """Ben looks at the card, which has the question too, and answers it there."""
    card = got((await stage.ben.types(f"/thirdparty show {ACME}")).ephemeral)
    return await press(stage.ben, card, label)


async def test_an_approval_while_the_key_changes(stage: Stage) -> None:
    """Whichever comes first: what is approved is what was shown, or nothing."""
    carla, other = Owner(), Owner()
    await stage.proposed()
    introduction = stage.carla.reads()[-1]
    await give(introduction, ADD, carla.public)
    await stage.settled()
    form = got((await stage.carla.reads()[-1].press(CHANGE)).modal).set("Public key", other.public)
    await asyncio.gather(stage.ben.reads(CHANNEL)[-1].press("Approve"), form.submit())
    await stage.settled()
    approved = stage.rows("SELECT text FROM contact_keys WHERE outcome = 'approved'")
    waiting = stage.rows("SELECT text FROM contact_keys WHERE outcome IS NULL")
    assert waiting == [(other.public,)]
    assert approved in ([], [(carla.public,)])
    assert bool(approved) is ("contact.approved" in stage.audit())
    assert bool(approved) is not ("approve_contact!key_changed_since" in stage.audit())


async def test_neither_a_removal_nor_another_key_helps_who_has_the_contacts_account(stage: Stage) -> None:
    carla, thief = Owner(), Owner()
    await stage.approved()
    await stage.anna.types(f"/thirdparty enable {ACME}")
    await give(stage.carla.reads()[-1], ADD, carla.public)
    await stage.settled()
    await stage.ben.reads(CHANNEL)[-1].press("Approve the key")
    await stage.settled()
    introduction = next(seen for seen in stage.carla.reads() if "Remove the key" in seen.buttons)
    assert "If one approves it" in introduction.confirmation("Remove the key")
    assert "Until one of them has approved it, your key stays" in await press(
        stage.carla, introduction, "Remove the key"
    )
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    await give(await stage.carla.waits_for(CHANGE), CHANGE, thief.public)
    await stage.settled()
    shown = await stage.reveal(await stage.carla.waits_for("Show credentials"))
    assert carla.opens(shown)
    with pytest.raises(pyrage.DecryptError):
        thief.opens(shown)
    assert not [exchange for exchange in stage.slack.traffic if WELL_FORMED.search(exchange.body)]


async def test_where_a_key_is_compulsory(tmp_path: Path) -> None:
    carla = Owner()
    async with set_stage(tmp_path, settings=lambda _: {"require_contact_key": True}) as stage:
        await stage.approved()
        await stage.anna.types(f"/thirdparty enable {ACME}")
        refused = await stage.anna.types(f"/thirdparty issue {ACME}")
        assert "The contact has no approved public key" in refused.reading
        assert "none of yours is approved yet" in stage.carla.reads()[-1].reading
        await give(stage.carla.reads()[-1], ADD, carla.public)
        await stage.settled()
        assert "decide about the contact's public key" in (await stage.anna.types(f"/thirdparty show {ACME}")).reading
        await stage.ben.reads(CHANNEL)[-1].press("Approve the key")
        await stage.anna.types(f"/thirdparty issue {ACME}")
        await stage.settled()
        assert carla.opens(await stage.reveal(await stage.carla.waits_for("Show credentials")))


async def test_an_offer_made_before_it_was_compulsory_waits_for_a_key(tmp_path: Path) -> None:
    carla = Owner()
    async with set_stage(tmp_path) as stage:
        offer = await stage.issued()
        await stage.stop_bot()
        stage.settings = stage.settings.model_copy(update={"require_contact_key": True})
        await stage.start_bot()
        said = await press(stage.carla, offer, "Show credentials")
        assert "no public key of yours is approved yet. Nothing is lost" in said
        await give(offer, ADD, carla.public)
        await stage.settled()
        await stage.ben.reads(CHANNEL)[-1].press("Approve the key")
        await stage.settled()
        assert carla.opens(await stage.reveal(await stage.carla.waits_for("Show credentials")))


REFUSED = {
    "hello": "begins with age1, ssh-ed25519 or ssh-rsa",
    "ecdsa-sha2-nistp256 AAAA": "age can't encrypt to a key of that kind",
    "age1qqqq": "damaged or incomplete",
    f"{Owner().public}\n{Owner().public}": "more than one key",
}


async def test_what_is_no_key_is_said_beneath_the_field(stage: Stage) -> None:
    await stage.proposed()
    form = got((await stage.carla.reads()[-1].press(ADD)).modal)
    for text, why in REFUSED.items():
        await form.set("Public key", text).submit()
        assert why in form.errors["Public key"]
    assert stage.rows("SELECT count(*) FROM contact_keys") == [(0,)]


PRIVATE = "AGE-SECRET-KEY-1KX5CEVVD4WQXN5A6HS4QVM0E6GQF9EJ8WJ0ZNQ5SC7K6PCVPQLCQYWP3LX"


async def test_a_private_key_is_not_taken_anywhere(stage: Stage) -> None:
    stage.log_statements()
    await stage.proposed()
    form = got((await stage.carla.reads()[-1].press(ADD)).modal)
    answer = await form.set("Public key", f"# mine\n{PRIVATE}").submit()
    assert "take it for lost" in answer.reading
    typed = [await stage.anna.types(f"/thirdparty {text} {PRIVATE}") for text in ("add", f"disable {ACME}", "help")]
    assert all("take it for lost" in each.reading for each in typed)
    assert stage.refusals() == ["paste_secret!private_key_pasted"] * 4
    kept = stage.kept()
    for place, text in {**kept, "log": stage.searched_log()}.items():
        assert PRIVATE[16:40] not in text, place
    answered = [exchange for exchange in stage.slack.traffic if exchange.direction == "in"]
    assert not [exchange for exchange in answered if PRIVATE[16:40] in exchange.body]
