"""A token is revoked over HTTP: its next check is refused, people read what happened, and a press gives a new one."""

import asyncio
import re
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession
from authlib.integrations.requests_client import OAuth2Session

from access.model.ids import TokenId
from access.model.token import Verdict
from access.operations.offering import bearer_place
from handlers.http.revocation import REVOKE
from tests.scenarios.stage import ACME, CHANNEL, Stage, encodings, got, secrets_in

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def revoke(stage: Stage, **fields: str) -> int:
    async with (
        ClientSession() as session,
        session.post(stage.bot.url + REVOKE, data=urlencode(fields), headers=FORM) as answer,
    ):
        await answer.read()
        return answer.status


def client_id_in(reading: str) -> str:
    found = re.search(r"tpc_[a-z2-7]+", reading)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_an_oauth_client_that_knows_nothing_of_us_revokes_its_token(
    stage: Stage, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Authlib's, from PyPI. Source: RFC 7009 §2.1."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "true")  # there is no TLS on this machine
    shown = await stage.collected()
    client_secret, token = secrets_in(shown)

    def theirs() -> int:
        with OAuth2Session(
            client_id_in(shown.reading), client_secret, revocation_endpoint_auth_method=method
        ) as session:
            session.trust_env = False
            answer = session.revoke_token(stage.bot.url + REVOKE, token=token, token_type_hint="access_token")
            return int(answer.status_code)

    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert await asyncio.to_thread(theirs) == 200
    assert await stage.verdict(token) is Verdict.REVOKED
    await stage.settled()
    assert stage.audit()[-2:] == ["token.revocation_asked", "token.revoked"]
    for told in (stage.ben.reads(CHANNEL)[-1], stage.anna.reads()[-1]):
        assert "Revoked by the third party. A program of Acme Corp revoked the token" in told.reading
        assert "If @Carla Ruiz doesn't know of it, somebody else has all of these credentials" in told.reading
    assert "with its client secret. It doesn't work any more" in stage.carla.reads()[-1].reading
    assert "please tell @Anna" in stage.carla.reads()[-1].reading


async def test_whoever_finds_a_token_stops_it_and_an_admin_gives_a_new_one_with_a_press(either: Stage) -> None:
    stage = either
    _, token = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert await revoke(stage, token=token) == 200
    assert await stage.verdict(token) is Verdict.REVOKED
    await stage.settled()
    admins, owner = await stage.ben.waits_for("Revoked by whoever", place=CHANNEL), stage.omar.reads()[-1]
    for told in (admins, owner):
        assert "Somebody who has the token" in told.reading
        assert "and didn't say who they are" in told.reading
        assert "Please ask @Carla Ruiz: if it was none of them, it had got into other hands." in told.reading
        assert "Last use: " in told.reading
    assert (admins.buttons, owner.buttons) == (["Issue a token", "Show"], ["Show"])
    assert f"an admin types /thirdparty issue {ACME}" in owner.reading
    assert "please tell @Omar" in stage.carla.reads()[-1].reading
    await admins.press("Issue a token")
    await stage.settled()
    _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("offers you the credentials")))
    assert await stage.verdict(new) is Verdict.ACCEPTED
    settled = await stage.ben.waits_for("Revoked by whoever", place=CHANNEL)
    assert "A newer one has been offered" in settled.reading
    assert settled.buttons == ["Show"]


async def test_of_two_the_other_one_works_on_and_the_owner_renews_with_a_press(stage: Stage) -> None:
    _, old = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    await stage.anna.types(f"/thirdparty renew {ACME}")
    await stage.settled()
    client_secret, new = secrets_in(await stage.reveal(await stage.carla.waits_for("offers you the credentials")))
    assert await revoke(stage, token=client_secret) == 200
    await stage.settled()
    assert (await stage.verdict(old), await stage.verdict(new)) == (Verdict.ACCEPTED, Verdict.REVOKED)
    told = await stage.omar.waits_for("Revoked by whoever")
    assert "The other token" in told.reading
    assert told.buttons == ["Renew", "Show"]
    assert "Your other token" in stage.carla.reads()[-1].reading
    await told.press("Renew")
    await stage.settled()
    await stage.carla.waits_for("offers you the credentials")
    assert (await stage.omar.waits_for("Revoked by whoever")).buttons == ["Show"]


async def test_what_was_offered_and_not_opened_is_withdrawn_and_that_is_alarming(stage: Stage) -> None:
    """Nobody can have it; the test breaks the seal."""
    await stage.issued()
    ((found,),) = stage.rows("SELECT id FROM tokens")
    workspace, ports, token = stage.bot.workspace, stage.bot.ports, TokenId(str(found))
    async with ports.write(workspace) as uow:
        _, bearer = await uow.sealed.take(token)  # and no commit
    opened = ports.vault.open(bearer, bearer_place(workspace, token))
    assert await revoke(stage, token=opened.reveal()) == 200
    await stage.settled()
    assert "Nobody had opened these credentials" in stage.ben.reads(CHANNEL)[-1].reading
    assert "This offer was withdrawn" in stage.carla.reads()[-1].reading


async def test_a_press_and_a_request_at_once_revoke_it_once(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    question = got((await stage.ben.types(f"/thirdparty revoke {ACME}")).ephemeral)
    _, *done = await asyncio.gather(question.press("Revoke now"), *(revoke(stage, token=token) for _ in range(5)))
    await stage.settled()
    assert done == [200] * 5
    assert await stage.verdict(token) is Verdict.REVOKED
    assert stage.audit().count("token.revoked") == 1
    read = [seen.reading for seen in (*stage.carla.reads(), *stage.ben.reads(CHANNEL))]
    assert len([text for text in read if "revoked the token" in text or "was revoked" in text]) <= 2


async def test_what_is_presented_is_kept_nowhere(stage: Stage) -> None:
    stage.log_statements()
    client_secret, token = secrets_in(await stage.collected())
    unknown = token[:-6] + "abcdef"
    for presented in (unknown, client_secret, token, f"{token}x"):
        assert await revoke(stage, token=presented) == 200
    assert await revoke(stage, token=token, client_id=token, client_secret=client_secret[:-1]) == 401
    assert await revoke(stage, token=token, client_id="x", client_secret=token) == 401
    await stage.settled()
    kept = stage.kept()
    messages = {place: str([seen.reading for seen in stage.ben.reads(place)]) for place in (CHANNEL,)}
    for secret in (client_secret, token, unknown):
        for form in encodings(secret):
            found = [place for place, text in {**kept, **messages, "log": stage.searched_log()}.items() if form in text]
            assert found == []
