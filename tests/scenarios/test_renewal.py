"""A renewal: a new token while the old one works, and the old one's end, by a press or by the rules."""

import asyncio
from dataclasses import dataclass

from access.model.credentials import digest, fingerprint
from access.model.ids import TokenId
from access.model.secret import Secret
from access.model.token import Verdict
from sandbox import Seen
from tests.checking import note_accepted
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in

ACCEPTED, RETIRED = Verdict.ACCEPTED, Verdict.RETIRED
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
        bot = self.stage.bot
        await note_accepted(bot.workspace, [ids[shown(token)] for token in tokens], now, bot.ports)


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


async def next_offer(stage: Stage, old: str) -> Pair:
    """Carla opens the renewal that waits for her."""
    offer = await stage.carla.waits_for("This is a renewal")
    return Pair(stage, old, secrets_in(await stage.reveal(offer))[1])


async def test_the_contact_switches_at_leisure_and_says_so(stage: Stage) -> None:
    _, old = secrets_in(await stage.collected())
    answers = await asyncio.gather(*(person.types(RENEW) for person in (stage.anna, stage.ben)))
    again = await stage.slack.redeliver("/thirdparty")
    assert "the contact hasn't opened its credentials yet" in again.reading
    assert sum("keeps working meanwhile, and 7 days beside the new one" in answer.reading for answer in answers) == 1
    await stage.settled()
    assert stage.audit()[-2:] == ["renew_token!token_exists"] * 2
    (offer,) = [seen for seen in stage.carla.reads() if "Show credentials" in seen.buttons]
    assert f"This is a renewal. The old token {shown(old)} keeps working until you have opened the new" in offer.reading
    assert await stage.verdict(old) is ACCEPTED
    pair = await next_offer(stage, old)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)

    before, living = stage.carla.reads()[-2:]
    assert "Newer credentials have taken their place" in before.reading
    assert f"The old token {shown(old)} works until" in living.reading
    assert living.buttons == [
        "Everything is switched", "It works", "I didn't see it", "That wasn't me", "Test my access", "What I hold",
    ]  # fmt: skip
    question = got((await living.press("Everything is switched")).modal)
    assert question.reading.count("Last use: not known") == 2
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    assert f"The old token {shown(old)} is retired" in (await question.submit()).reading
    await stage.settled()
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert stage.audit()[-1] == "token.retired"
    told = await stage.anna.waits_for("retired the old token")
    assert f"@Carla Ruiz retired the old token {shown(old)} of Acme Corp" in told.reading
    before, after = stage.carla.reads()[-2:]
    assert "The token was retired" in before.reading
    assert "Everything is switched" not in after.buttons
    told_again = await press(stage.carla, living, "Everything is switched", stale=True)
    assert "This token is retired already" in told_again


async def test_the_owner_renews_and_retires_with_buttons_and_an_admin_who_does_it_at_once_is_told(stage: Stage) -> None:
    _, old = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    card = got((await stage.omar.types(f"/thirdparty show {ACME}")).ephemeral)
    await card.press("Renew")
    await stage.settled()
    pair = await next_offer(stage, old)
    questions = []
    for person, label in ((stage.omar, "Retire"), (stage.ben, "Retire the old one")):
        card = got((await person.types(f"/thirdparty show {ACME}")).ephemeral)
        assert "both tokens work until" in card.reading
        assert "Renew" not in card.buttons
        await card.press(label)
        questions.append(person.reads("#general")[-1])
    assert "Does every program of Acme Corp use the new credentials?" in questions[0].reading
    assert "can't be undone" in questions[0].confirmation("Retire it now")
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await asyncio.gather(*(question.press("Retire it now") for question in questions))
    await stage.settled()
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert stage.audit()[-2:] == ["token.retired", "retire_token!token_ended"]
    assert len([seen for seen in stage.carla.reads() if "retired the old token" in seen.reading]) == 1


async def test_where_use_is_unknown_the_old_one_retires_seven_days_after_what_was_opened_last(stage: Stage) -> None:
    old, _ = await offered(stage)
    await stage.later(days=4)
    for person, words in ((stage.anna, "in time, so the offer lapsed"), (stage.carla, "This offer has lapsed")):
        assert f"The old token {shown(old)} keeps working until" in (await person.waits_for(words)).reading
    await stage.anna.types(f"/thirdparty resend {ACME}")
    await stage.settled()
    await next_offer(stage, old)
    await stage.later(days=6)
    await stage.carla.reads()[-1].press("I didn't see it")
    await stage.later(days=2)
    assert await stage.verdict(old) is ACCEPTED
    pair = await next_offer(stage, old)
    await stage.later(days=6, hours=23)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(hours=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)
    assert stage.audit()[-1] == "token.retired"
    for person in (stage.anna, stage.carla):
        told = (await person.waits_for("because the time in which both work is over")).reading
        assert f"The new one, {shown(pair.new)}, works until" in told


async def test_where_use_is_known_the_old_one_retires_once_it_is_out_of_use(stage: Stage) -> None:
    pair = await renewed(stage)
    await pair.used(pair.old)
    await stage.later(days=20)
    await pair.used(pair.old, pair.new)
    (living,) = [seen for seen in stage.carla.reads() if "Everything is switched" in seen.buttons]
    question = got((await living.press("Everything is switched")).modal)
    assert "not known" not in question.reading
    await question.close()
    await stage.later(days=6)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(days=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)

    await stage.later(days=153)
    await stage.anna.types(RENEW)
    await stage.settled()
    last = await next_offer(stage, pair.new)
    await last.used(last.new)
    await stage.later(days=8)
    assert await last.verdicts() == (Verdict.EXPIRED, ACCEPTED)
    assert stage.audit().count("token.retired") == 1


async def test_a_new_one_that_stops_leaves_the_old_one_to_work(stage: Stage) -> None:
    pair = await renewed(stage)
    await stage.owned_by("omar")
    question = got((await stage.ben.types(f"/thirdparty revoke {ACME} {shown(pair.new)}")).ephemeral)
    assert f"{shown(pair.old)} keeps working" in question.reading
    await question.press("Revoke now")
    await stage.later(days=30)
    assert await pair.verdicts() == (ACCEPTED, Verdict.REVOKED)
    assert "token.retirement_cancelled" in stage.audit()
    for person in (stage.omar, stage.carla):
        told = (await person.waits_for("revoked the token")).reading
        assert f"The other token, {shown(pair.old)}, keeps working until" in told

    assert RENEW in (await stage.omar.waits_for("revoked the token")).reading
    await stage.omar.types(RENEW)
    await stage.settled()
    pair = await next_offer(stage, pair.old)
    await got((await stage.carla.reads()[-1].press("That wasn't me")).modal).submit()
    await stage.later(days=8)
    assert await pair.verdicts() == (ACCEPTED, Verdict.SUSPENDED)
    alarm = await stage.ben.waits_for("Possible misuse", place=CHANNEL)
    assert f"The old token {shown(pair.old)} keeps working until" in alarm.reading
    assert f"The old token {shown(pair.old)} keeps working until" in stage.carla.reads()[-1].reading
    choice = (await stage.omar.types(f"/thirdparty revoke {ACME}")).reading
    assert "Revoke this token" in choice
    assert f"{shown(pair.old)}, issued" in choice
    await alarm.press("It was a mistake")
    await stage.settled()
    lifted = stage.carla.reads()[-1]
    assert (
        f"the token works. If that is wrong, please ask @Omar Haddad. The old token {shown(pair.old)} works until"
        in (lifted.reading)
    )
    assert lifted.buttons == ["Everything is switched", "Test my access", "What I hold"]
    await stage.later(days=6)
    assert await pair.verdicts() == (ACCEPTED, ACCEPTED)
    await stage.later(days=1)
    assert await pair.verdicts() == (RETIRED, ACCEPTED)


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
