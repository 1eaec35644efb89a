"""`POST /oauth/revoke` on a real port. Each test of a standard names the section that it holds us to."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.credentials import CLIENT_SECRET_PREFIX, TOKEN_PREFIX, mint
from access.ports import CannotKeep
from handlers.http.client_authentication import BASIC
from handlers.http.revocation import BURST, PER_SECOND
from tests.access.renewing import Renewing
from tests.handlers.http.registry import FORM, Answer, Registry, open_registry
from tests.thorough import attack

STRANGER = mint(TOKEN_PREFIX, bytes(32)).reveal()
NOBODYS_SECRET = mint(CLIENT_SECRET_PREFIX, bytes(32)).reveal()


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with open_registry(tmp_path) as opened:
        yield opened


def error(answer: Answer) -> str:
    """The error of RFC 6749 §5.2 in an answer that has the form of one."""
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    said = json.loads(answer.body)
    assert said.keys() == {"error", "error_description"}
    assert all(" " <= each <= "~" and each not in '"\\' for each in said["error_description"])
    return str(said["error"])


# --- RFC 7009 -------------------------------------------------------------------------------------------------------


async def test_rfc_7009_2_1_a_client_revokes_its_token_by_http_basic(registry: Registry) -> None:
    answer = await registry.send(urlencode({"token": registry.token}), auth=await registry.basic())
    assert (answer.status, answer.body) == (200, b"")
    assert await registry.is_revoked()


async def test_rfc_7009_2_1_a_client_revokes_its_token_with_its_secret_in_the_form(registry: Registry) -> None:
    fields = {"token": registry.token, "client_id": await registry.client_id(), "client_secret": registry.secrets()[0]}
    assert (await registry.send(urlencode(fields))).status == 200
    assert await registry.is_revoked()


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "pigeon", ""])
async def test_rfc_7009_2_1_a_hint_changes_nothing(registry: Registry, hint: str) -> None:
    answer = await registry.send(urlencode({"token_type_hint": hint, "token": registry.token, "foo": "bar"}))
    assert answer.status == 200
    assert await registry.is_revoked()


async def test_rfc_7009_2_1_a_token_of_another_client_is_refused(registry: Registry) -> None:
    other = await Renewing.begin(registry.world, "Globex")
    theirs = registry.secrets(other.first)[1]
    answer = await registry.send(urlencode({"token": theirs}), auth=await registry.basic())
    assert (answer.status, error(answer)) == (400, "invalid_grant")
    assert (await other.state(other.first)).value == "active"


async def test_rfc_7009_2_1_the_token_is_required(registry: Registry) -> None:
    for body in ("", "token=", "tokens=x"):
        answer = await registry.send(body)
        assert (answer.status, error(answer)) == (400, "invalid_request")


async def test_rfc_7009_2_2_an_invalid_token_is_no_error(registry: Registry) -> None:
    basic = await registry.basic()
    answers = [
        await registry.send(urlencode({"token": each}), auth=auth) for each in ("x", STRANGER) for auth in (None, basic)
    ]
    answers += [await registry.send(urlencode({"token": registry.token}), auth=basic) for _ in range(2)]
    assert {(answer.status, answer.body, *answer.headers.items()) for answer in answers} == {
        (200, b"", *answers[0].headers.items())
    }


async def test_rfc_7009_2_2_1_the_client_is_to_come_again_later(registry: Registry) -> None:
    assert [await status(registry, STRANGER) for _ in range(BURST)] == [200] * BURST
    answer = await registry.send(urlencode({"token": registry.token}))
    assert (answer.status, error(answer), answer.headers["Retry-After"]) == (503, "temporarily_unavailable", "1")
    assert not await registry.is_revoked()
    registry.time[0] += 1 / PER_SECOND
    assert await status(registry, registry.token) == 200
    assert await registry.is_revoked()


async def status(registry: Registry, token: str) -> int:
    return (await registry.send(urlencode({"token": token}))).status


async def test_rfc_7009_2_it_is_for_post_alone(registry: Registry) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"):
        answer = await registry.send(b"", method=method, query=f"?token={registry.token}")
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert not await registry.is_revoked()


# --- RFC 6749 -------------------------------------------------------------------------------------------------------


async def test_rfc_6749_5_2_a_client_that_does_not_prove_itself(registry: Registry) -> None:
    client_id, (secret, token) = await registry.client_id(), registry.secrets()
    wrong = [
        (client_id, "x"),
        (client_id, NOBODYS_SECRET),
        ("x", secret),
        ("é", ""),
    ]
    for auth in wrong:
        for each in (token, STRANGER):
            answer = await registry.send(urlencode({"token": each}), auth=auth)
            assert (answer.status, error(answer), answer.headers["WWW-Authenticate"]) == (401, "invalid_client", BASIC)
    for fields in ({"client_id": client_id, "client_secret": "x"}, {"client_secret": secret}):
        answer = await registry.send(urlencode({"token": token, **fields}))
        assert (answer.status, error(answer)) == (401, "invalid_client")
    assert not await registry.is_revoked()


@pytest.mark.parametrize("header", ["Bearer abc", "Digest x", "Basic", "Basic é", "Negotiate YQ=="])
async def test_rfc_6749_5_2_another_method_than_basic(registry: Registry, header: str) -> None:
    answer = await registry.send(urlencode({"token": registry.token}), headers={"Authorization": header})
    assert (answer.status, error(answer), answer.headers["WWW-Authenticate"]) == (401, "invalid_client", BASIC)
    assert not await registry.is_revoked()


async def test_rfc_6749_2_3_two_methods_at_once(registry: Registry) -> None:
    fields = {"token": registry.token, "client_id": await registry.client_id(), "client_secret": registry.secrets()[0]}
    answer = await registry.send(urlencode(fields), auth=await registry.basic())
    assert (answer.status, error(answer)) == (400, "invalid_request")
    assert not await registry.is_revoked()


async def test_rfc_6749_2_3_1_nothing_is_taken_from_the_url(registry: Registry) -> None:
    answer = await registry.send(b"", query=f"?token={registry.token}")
    assert (answer.status, error(answer)) == (400, "invalid_request")
    assert not await registry.is_revoked()


async def test_rfc_6749_3_2_a_parameter_that_comes_twice(registry: Registry) -> None:
    for body in (f"token={registry.token}&token=x", f"token={registry.token}&token={registry.token}"):
        answer = await registry.send(body)
        assert (answer.status, error(answer)) == (400, "invalid_request")
    assert not await registry.is_revoked()


# --- our extension --------------------------------------------------------------------------------------------------


async def test_whoever_has_a_token_revokes_it(registry: Registry) -> None:
    assert await status(registry, registry.token) == 200
    assert await registry.is_revoked()


async def test_whoever_has_the_client_secret_revokes_its_token(registry: Registry) -> None:
    assert await status(registry, registry.secrets()[0]) == 200
    assert await registry.is_revoked()


async def test_a_space_or_line_that_was_copied_along_does_not_disturb(registry: Registry) -> None:
    assert await status(registry, f" {registry.token}\r\n") == 200
    assert await registry.is_revoked()


async def test_a_client_id_alone_proves_nothing_and_disturbs_nobody(registry: Registry) -> None:
    assert (await registry.send(urlencode({"token": registry.token, "client_id": "whoever"}))).status == 200
    assert await registry.is_revoked()


async def test_nobody_learns_from_the_answer_whether_there_was_something_to_revoke(registry: Registry) -> None:
    tokens = [registry.token, registry.token, STRANGER, NOBODYS_SECRET, "x", "tpt_é", registry.token[:-1], "\U0001f600"]
    answers = [await registry.send(urlencode({"token": each})) for each in tokens]
    assert [answer == answers[0] for answer in answers] == [True] * len(tokens)


# --- what else may come ---------------------------------------------------------------------------------------------


async def test_what_is_too_large_is_not_read_to_its_end(registry: Registry) -> None:
    for size in (16 * 1024 + 1, 4_000_000):
        answer = await registry.send(b"token=" + b"x" * (size - 6))
        assert (answer.status, error(answer)) == (413, "invalid_request")
    assert (await registry.send(b"token=" + b"x" * (16 * 1024 - 6))).status == 200


@pytest.mark.parametrize(
    "kind", ["", "application/json", "text/plain", "multipart/form-data", f"{FORM};charset=utf-16"]
)
async def test_what_is_no_form_is_not_taken(registry: Registry, kind: str) -> None:
    answer = await registry.send(urlencode({"token": registry.token}), headers={"Content-Type": kind})
    assert (answer.status, error(answer)) == (415, "invalid_request")
    assert not await registry.is_revoked()


async def test_what_is_packed_is_not_taken(registry: Registry) -> None:
    answer = await registry.send(urlencode({"token": registry.token}), headers={"Content-Encoding": "gzip"})
    assert (answer.status, error(answer)) == (415, "invalid_request")
    assert not await registry.is_revoked()


@pytest.mark.parametrize("body", [b"token=\xff", b"token=%ff", b"token=%zz", b"token=%00", b"&" * 40])
async def test_odd_encodings_are_answered(registry: Registry, body: bytes) -> None:
    answer = await registry.send(body)
    assert (answer.status, error(answer)) == (400, "invalid_request")


async def test_a_flood_of_strangers_leaves_no_trace_but_a_count(registry: Registry) -> None:
    before = everything(registry)
    basic, wrong = await registry.basic(), ("tpc_1", NOBODYS_SECRET)
    for auth in (None, basic, wrong):
        answers = [registry.send(urlencode({"token": STRANGER}), auth=auth) for _ in range(80)]
        await asyncio.gather(*answers)
    assert everything(registry) == before
    assert registry.meter.outcomes == {"nothing_to_revoke": 80 + 20, "over_limit": 140}


async def test_what_came_of_each_is_counted(registry: Registry) -> None:
    other = await Renewing.begin(registry.world, "Globex")
    basic, theirs = await registry.basic(), registry.secrets(other.first)[1]
    await registry.send(b"x")
    await registry.send(urlencode({"token": theirs}), auth=basic)
    await registry.send(urlencode({"token": registry.token}), auth=("x", "y"))
    await registry.send(urlencode({"token": registry.token}), auth=basic)
    counted = dict.fromkeys(("malformed", "token_of_another", "client_unknown", "revoked"), 1)
    assert registry.meter.outcomes == counted


async def test_while_the_database_cannot_be_used_the_token_still_exists(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise CannotKeep("no")

    monkeypatch.setattr("handlers.http.revocation.revoke_presented_token", broken)
    answer = await registry.send(urlencode({"token": registry.token}))
    assert (answer.status, error(answer)) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"]
    assert registry.meter.outcomes == {"cannot_keep": 1}


async def test_whoever_sends_slowly_is_told_so(tmp_path: Path) -> None:
    async with open_registry(tmp_path, within=0.1) as slow:
        host, _, port = slow.url.removeprefix("http://").partition("/")[0].partition(":")
        head = f"POST /oauth/revoke HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
        for rest in ("Content-Length: 50\r\n\r\ntoken=", "Transfer-Encoding: chunked\r\n\r\n6\r\ntoken=\r\n"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write((head + rest).encode())
            said = await asyncio.wait_for(reader.readuntil(b"}"), 5)
            assert said.startswith(b"HTTP/1.1 408 ")
            assert b"invalid_request" in said
            writer.close()
        assert await status(slow, slow.token) == 200


async def test_whoever_hangs_up_in_the_middle_disturbs_nobody(registry: Registry) -> None:
    host, _, port = registry.url.removeprefix("http://").partition("/")[0].partition(":")
    for said in ("POST", "POST /oauth/revoke HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\ntoken="):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(said.encode())
        await writer.drain()
        writer.close()
    assert await status(registry, registry.token) == 200


HEADERS = st.dictionaries(
    st.sampled_from(["Authorization", "Content-Type", "Content-Encoding", "Accept", "Cookie", "X-Forwarded-For"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
    | st.sampled_from([FORM, f"{FORM}; charset=utf-8", "Basic YTpi", "Basic", "Bearer x", "gzip", "identity"]),
    max_size=4,
)
BODIES = st.binary(max_size=300) | st.text("tokenclient_idsecret=&%+;AZ09é\0", max_size=120).map(str.encode)


@given(method=st.sampled_from(["POST", "GET", "OPTIONS"]), body=BODIES, headers=HEADERS)
@attack(100)
async def test_whatever_comes_is_answered_and_revokes_nothing(
    registry: Registry, method: str, body: bytes, headers: dict[str, str]
) -> None:
    registry.time[0] += 1
    answer = await registry.send(body, method=method, headers=headers)
    assert answer.status in (200, 400, 401, 405, 415)
    assert not await registry.is_revoked()


def everything(registry: Registry) -> str:
    with closing(sqlite3.connect(registry.world.file)) as connection:
        return "\n".join(connection.iterdump())
