"""A renewal: a new token while the old one works, and the old one's end, by a press or by the rules."""

import asyncio
from dataclasses import dataclass

import pytest

from access.model.credentials import digest, fingerprint
from access.model.ids import TokenId
from access.model.secret import Secret
from access.model.token import Verdict
from access.operations.record_accepted_checks import record_accepted_checks
from sandbox import Seen
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in

ACCEPTED, RETIRED, REVOKED = Verdict.ACCEPTED, Verdict.RETIRED, Verdict.REVOKED
RENEW = f"/thirdparty renew {ACME}"


@dataclass
class Pair:
    """An old token and its successor, as the contact has them."""

    stage: Stage
    old: str
    new: str

    async def verdicts(self) -> tuple[Verdict, Verdict]:
        return await self.stage.verdict(self.old), await self.stage.verdict(self.new)

    async def used(self, *tokens: str) -> None:
        """The contact's program calls the API with these."""
        ids = {row[0]: TokenId(str(row[1])) for row in self.stage.rows("SELECT fingerprint, id FROM tokens")}
        now = self.stage.slack.clock.now()
        accepted = {ids[shown(token)]: now for token in tokens}
        await record_accepted_checks(self.stage.bot.workspace, accepted, self.stage.bot.ports)


def shown(token: str) -> str:
    """The fingerprint that people compare."""
    return fingerprint(digest(Secret(token)))


async def offered(stage: Stage) -> tuple[str, Seen]:
    """Carla has a token, and is offered a renewal; returns the token and the offer."""
    _, old = secrets_in(await stage.collected())
    await stage.anna.types(RENEW)
    await stage.settled()
    return old, await stage.carla.waits_for("Show credentials")


async def renewed(stage: Stage) -> Pair:
    """Carla has both."""
    old, offer = await offered(stage)
    _, new = secrets_in(await stage.reveal(offer))
    return Pair(stage, old, new)


async def test_the_contact_switches_at_leisure_and_says_so(stage: Stage) -> None:
    _, old = secrets_in(await stage.collected())
    answer = (await stage.anna.types(RENEW)).reading
    assert "keeps working meanwhile, and 7 days beside the new one after that" in answer
    await stage.settled()
    offer = await stage.carla.waits_for("Show credentials")
    assert f"This is a renewal. The old token {shown(old)} keeps working until you have opened the new" in offer.reading
    assert await stage.verdict(old) is ACCEPTED
    _, new = secrets_in(await stage.reveal(offer))
    pair = Pair(stage, old, new)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)

    before, living = stage.carla.reads()[-2:]
    assert "Newer credentials have taken their place" in before.reading
    assert f"The old token {shown(old)} works until" in living.reading
    assert living.buttons == ["Everything is switched", "It works", "I didn't see it", "That wasn't me"]
    question = got((await living.press("Everything is switched")).modal)
    assert question.reading.count("Last use: not known") == 2
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    assert f"The old token {shown(old)} is retired" in (await question.submit()).reading
    await stage.settled()
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert stage.audit()[-1] == "token.retired"
    told = await stage.anna.waits_for("retired the old token")
    assert f"@Carla Ruiz retired the old token {shown(old)} of Acme Corp" in told.reading
    before, living = stage.carla.reads()[-2:]
    assert "The token was retired" in before.reading
    assert "Everything is switched" not in living.buttons
    assert not [seen for seen in stage.carla.reads() if "retired the old token" in seen.reading]


async def test_the_owner_renews_and_retires_with_the_buttons_of_the_card(stage: Stage) -> None:
    _, old = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    card = got((await stage.omar.types(f"/thirdparty show {ACME}")).ephemeral)
    assert "Renew" in card.buttons
    await card.press("Renew")
    await stage.settled()
    _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    pair = Pair(stage, old, new)
    card = got((await stage.omar.types(f"/thirdparty show {ACME}")).ephemeral)
    assert "both tokens work until" in card.reading
    assert {"Retire the old one", "Retire"} <= set(card.buttons)
    assert "Renew" not in card.buttons
    await card.press("Retire")
    question = stage.omar.reads("#general")[-1]
    assert "Does every program of Acme Corp use the new credentials?" in question.reading
    assert "can't be undone" in question.confirmation("Retire it now")
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await question.press("Retire it now")
    await stage.settled()
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert "@Omar" in (await stage.carla.waits_for("retired the old token")).reading


async def test_two_admins_retire_it_at_once_and_a_stale_button_says_what_is_true(stage: Stage) -> None:
    pair = await renewed(stage)
    living = stage.carla.reads()[-1]
    questions = []
    for person in (stage.anna, stage.ben):
        card = got((await person.types(f"/thirdparty show {ACME}")).ephemeral)
        await card.press("Retire the old one")
        questions.append(person.reads("#general")[-1])
    await asyncio.gather(*(question.press("Retire it now") for question in questions))
    await stage.settled()
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert stage.audit()[-2:] == ["token.retired", "retire_token!token_ended"]
    told = await press(stage.carla, living, "Everything is switched", stale=True)
    assert "This token is retired already" in told
    assert len([seen for seen in stage.carla.reads() if "retired the old token" in seen.reading]) == 1


async def test_where_use_is_unknown_the_old_one_retires_after_seven_days(stage: Stage) -> None:
    pair = await renewed(stage)
    await stage.later(days=6, hours=23)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(hours=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert stage.audit()[-1] == "token.retired"
    for person in (stage.anna, stage.carla):
        told = (await person.waits_for("because the time in which both work is over")).reading
        assert f"The new one, {shown(pair.new)}, works until" in told
    assert "Everything is switched" not in stage.carla.reads()[-2].buttons


async def test_where_use_is_known_the_old_one_retires_once_it_is_out_of_use(stage: Stage) -> None:
    pair = await renewed(stage)
    await pair.used(pair.old)
    await stage.later(days=20)
    await pair.used(pair.old, pair.new)
    question = got((await stage.carla.reads()[-1].press("Everything is switched")).modal)
    assert "not known" not in question.reading
    await question.close()
    await stage.later(days=6)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(days=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)


@pytest.mark.parametrize("how", ["resent", "not seen"])
async def test_a_renewal_that_is_offered_again_still_renews(stage: Stage, how: str) -> None:
    if how == "resent":
        old, _ = await offered(stage)
        await stage.later(minutes=2)
        await stage.anna.types(f"/thirdparty resend {ACME}")
    else:
        old = (await renewed(stage)).old
        await stage.carla.reads()[-1].press("I didn't see it")
    await stage.later(days=1)
    assert await stage.verdict(old) is ACCEPTED
    offer = await stage.carla.waits_for("This is a renewal")
    pair = Pair(stage, old, secrets_in(await stage.reveal(offer))[1])
    await stage.later(days=6)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(days=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)


async def test_an_offer_that_lapses_changes_nothing_about_the_old_one(stage: Stage) -> None:
    old, _ = await offered(stage)
    await stage.later(days=4)
    assert await stage.verdict(old) is ACCEPTED
    told = (await stage.anna.waits_for("in time, so the offer lapsed")).reading
    assert f"The old token {shown(old)} keeps working until" in told
    assert f"The old token {shown(old)} keeps working until" in stage.carla.reads()[-1].reading


async def test_a_new_one_that_is_revoked_leaves_the_old_one_to_work(stage: Stage) -> None:
    pair = await renewed(stage)
    await stage.owned_by("omar")
    question = got((await stage.ben.types(f"/thirdparty revoke {ACME} {shown(pair.new)}")).ephemeral)
    assert f"{shown(pair.old)} keeps working" in question.reading
    await question.press("Revoke now")
    await stage.later(days=30)
    assert await pair.verdicts() == (ACCEPTED, REVOKED)
    assert "token.retirement_cancelled" in stage.audit()
    for person in (stage.omar, stage.carla):
        told = (await person.waits_for("revoked the token")).reading
        assert f"The other token, {shown(pair.old)}, keeps working until" in told
    assert "/thirdparty renew" in (await stage.omar.waits_for("revoked the token")).reading


async def test_a_new_one_that_is_suspended_leaves_the_old_one_until_that_is_lifted(stage: Stage) -> None:
    pair = await renewed(stage)
    question = got((await stage.carla.reads()[-1].press("That wasn't me")).modal)
    await question.submit()
    await stage.later(days=8)
    assert await pair.verdicts() == (ACCEPTED, Verdict.SUSPENDED)
    alarm = await stage.ben.waits_for("Possible misuse", place=CHANNEL)
    assert f"The old token {shown(pair.old)} keeps working until" in alarm.reading
    assert f"The old token {shown(pair.old)} keeps working until" in stage.carla.reads()[-1].reading
    await stage.owned_by("omar")
    choice = (await stage.omar.types(f"/thirdparty revoke {ACME}")).reading
    assert shown(pair.old) in choice
    assert "Revoke this token" in choice
    await alarm.press("It was a mistake")
    await stage.later(days=6)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(days=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)


async def test_an_old_one_that_expires_first_is_not_retired(stage: Stage) -> None:
    _, old = secrets_in(await stage.collected())
    await stage.later(days=182)
    await stage.anna.types(RENEW)
    await stage.settled()
    pair = Pair(stage, old, secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))[1])
    await stage.later(days=8)
    assert await pair.verdicts() == (Verdict.EXPIRED, ACCEPTED)
    assert "token.retired" not in stage.audit()


async def test_a_renewal_that_is_asked_for_twice_is_offered_once(stage: Stage) -> None:
    await stage.collected()
    await asyncio.gather(*(person.types(RENEW) for person in (stage.anna, stage.ben)))
    again = await stage.slack.redeliver("/thirdparty")
    await stage.settled()
    assert "the contact hasn't opened its credentials yet" in again.reading
    assert stage.audit()[-2:] == ["renew_token!token_exists"] * 2
    assert len([seen for seen in stage.carla.reads() if "Show credentials" in seen.buttons]) == 1


async def test_every_refusal_to_renew_says_what_can_be_typed(stage: Stage) -> None:
    await stage.registered()
    assert f"/thirdparty contact {ACME}" in (await stage.anna.types(RENEW)).reading
    await (await stage.propose("@carla")).press("Approve")
    await stage.settled()
    assert f"/thirdparty enable {ACME}" in (await stage.anna.types(RENEW)).reading
    await stage.anna.types(f"/thirdparty enable {ACME}")
    assert f"/thirdparty issue {ACME}" in (await stage.anna.types(RENEW)).reading
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    waiting = (await stage.anna.types(RENEW)).reading
    assert f"/thirdparty resend {ACME}" in waiting
    assert f"/thirdparty revoke {ACME}" in waiting
    await stage.reveal(await stage.carla.waits_for("Show credentials"))
    assert RENEW in (await stage.anna.types(f"/thirdparty issue {ACME}")).reading
    await stage.anna.types(RENEW)
    await stage.settled()
    await stage.reveal(await stage.carla.waits_for("Show credentials"))
    both = (await stage.anna.types(RENEW)).reading
    assert "Retire the old one" in both
    assert f"/thirdparty show {ACME}" in both
    codes = ["contact_not_approved", "third_party_disabled", "nothing_to_renew", "token_exists", "two_tokens"]
    assert [each for each in stage.refusals() if "renew" in each] == [f"renew_token!{code}" for code in codes]
