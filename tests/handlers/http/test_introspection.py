"""`POST /oauth/introspect`, over a socket. Each test names the section that it holds us to."""

import json
from urllib.parse import quote

import pytest

from tests.handlers.http.api import BEFORE, FORM, ISSUER, NAME, NEVER_HEARD_OF, REFUSED, Api, basic
from tests.handlers.http.wire import Answer, ask
from tests.storage import rows

ACTIVE = {
    "active": True,
    "client_id": f"tpc_{rows.PARTY}",
    "sub": rows.PARTY,
    "token_type": "Bearer",
    "exp": int((rows.NOW + (rows.token().expires_at - rows.NOW)).timestamp()),
    "iat": int(BEFORE.timestamp()),
    "iss": ISSUER,
    "third_party_id": rows.PARTY,
    "third_party_name": NAME,
}


def error(answer: Answer, status: int, code: str) -> str:
    """Is this error, as RFC 6749 §5.2 wants it? Returns its description."""
    said = json.loads(answer.body)
    assert (answer.status, said["error"], sorted(said)) == (status, code, ["error", "error_description"])
    assert answer["Content-Type"].startswith("application/json")
    assert answer["Cache-Control"] == "no-store"
    description = said["error_description"]
    assert isinstance(description, str)
    assert description.isascii()
    assert not set(description) & set('"\\')
    return description


# --- RFC 7662: the answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["active", "overlapping"])
async def test_rfc_7662_2_2_an_accepted_token_is_active_with_what_is_known_of_it(api: Api, state: str) -> None:
    answer = await api.introspect(api.tokens[state])
    assert answer.status == 200
    assert json.loads(answer.body) == ACTIVE
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("state", [*REFUSED, *NEVER_HEARD_OF])
async def test_rfc_7662_2_2_anything_else_is_exactly_not_active(api: Api, state: str) -> None:
    """For whatever reason: 4 says why none is given."""
    answer = await api.introspect(api.tokens[state])
    assert (answer.status, answer.body) == (200, b'{"active": false}')


async def test_rfc_7662_4_refusals_cannot_be_told_apart(api: Api) -> None:
    answers = [await api.introspect(api.tokens[state]) for state in [*REFUSED, *NEVER_HEARD_OF]]
    assert len({(each.status, tuple(each.headers), each.body) for each in answers}) == 1


async def test_rfc_7662_4_no_answer_is_kept(api: Api) -> None:
    for state in ("active", "revoked"):
        answer = await api.introspect(api.tokens[state])
        assert answer["Cache-Control"] == "no-store"


async def test_rfc_7662_2_2_who_asks_sees_tokens_of_their_own_workspace_alone(api: Api) -> None:
    there = {"Authorization": basic("tpr_there", api.secret_elsewhere)}
    assert json.loads((await api.introspect(api.tokens["elsewhere"], there)).body)["active"] is True
    assert json.loads((await api.introspect(api.tokens["active"], there)).body) == {"active": False}


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "pigeon", "", "é"])
async def test_rfc_7662_2_1_whatever_the_hint_the_token_is_found(api: Api, hint: str) -> None:
    answer = await api.introspect(api.tokens["active"], token_type_hint=hint, colour="red")
    assert json.loads(answer.body) == ACTIVE


# --- RFC 7662 and RFC 6749: who asks --------------------------------------------------------------------------------


async def test_rfc_6749_2_3_1_http_basic_with_both_parts_url_encoded(api: Api) -> None:
    encoded = {"Authorization": basic("".join(f"%{ord(each):02X}" for each in api.id), quote(api.secret))}
    for headers in (None, encoded, {"authorization": api.basic.replace("Basic", "bAsIc")}):
        assert json.loads((await api.introspect(api.tokens["active"], headers)).body) == ACTIVE


async def test_rfc_6749_2_3_1_id_and_secret_in_the_form(api: Api) -> None:
    answer = await api.introspect(api.tokens["active"], {}, client_id=api.id, client_secret=api.secret)
    assert json.loads(answer.body) == ACTIVE


async def test_rfc_7662_2_1_the_secret_as_a_bearer_token(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.secret}"}
    assert json.loads((await api.introspect(api.tokens["active"], headers)).body) == ACTIVE
    assert json.loads((await api.introspect(api.tokens["active"], headers, client_id=api.id)).body) == ACTIVE


async def test_rfc_6749_2_3_one_method_at_a_time(api: Api) -> None:
    for header in (api.basic, f"Bearer {api.secret}"):
        both = await api.introspect(
            api.tokens["active"], {"Authorization": header}, client_id=api.id, client_secret=api.secret
        )
        error(both, 400, "invalid_request")
    twice = [("Content-Type", FORM), ("Authorization", api.basic), ("Authorization", api.basic)]
    answer = await ask(api.url, "POST", "/oauth/introspect", twice, f"token={api.tokens['active']}")
    error(answer, 400, "invalid_request")


@pytest.mark.parametrize("whose", ["nobody's", "wrong id", "no id", "swapped", "removed", "a token", "a third party's"])
async def test_rfc_6749_5_2_who_cannot_prove_who_they_are_gets_401_and_a_challenge(api: Api, whose: str) -> None:
    id_, secret = {
        "nobody's": (api.id, api.tokens["client secret"]),
        "wrong id": ("tpr_there", api.secret),
        "no id": ("", api.secret),
        "swapped": (api.secret, api.id),
        "removed": ("tpr_old", api.secret_of_removed),
        "a token": (api.id, api.tokens["active"]),
        "a third party's": (f"tpc_{rows.PARTY}", api.tokens["client secret"]),
    }[whose]
    by_basic = await api.introspect(api.tokens["active"], {"Authorization": basic(id_, secret)})
    by_form = await api.introspect(api.tokens["active"], {}, client_id=id_, client_secret=secret)
    for answer in (by_basic, by_form):
        error(answer, 401, "invalid_client")
        assert answer["WWW-Authenticate"] == 'Basic realm="thirdparty-bot", charset="UTF-8"'


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Digest x"}, {"Authorization": "Basic"}]
)
async def test_rfc_6749_5_2_who_proves_nothing_gets_401_and_a_challenge(api: Api, headers: dict[str, str]) -> None:
    answer = await api.introspect(api.tokens["active"], headers, client_id=api.id)
    error(answer, 401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic ")


async def test_rfc_7662_2_3_a_wrong_bearer_token_gets_401_as_rfc_6750_3_says(api: Api) -> None:
    for secret, id_ in ((api.secret_of_removed, ""), ("x", ""), (api.secret, "tpr_there")):
        answer = await api.introspect(api.tokens["active"], {"Authorization": f"Bearer {secret}"}, client_id=id_)
        error(answer, 401, "invalid_client")
        assert answer["WWW-Authenticate"] == 'Bearer realm="thirdparty-bot", error="invalid_token"'


async def test_rfc_7662_2_3_who_asks_is_looked_at_before_what_they_ask(api: Api) -> None:
    wrong = {"Authorization": basic(api.id, "x")}
    error(await api.introspect(None, wrong), 401, "invalid_client")


# --- RFC 6749 §5.2: requests that make no sense ---------------------------------------------------------------------


async def test_rfc_7662_2_1_the_token_is_required(api: Api) -> None:
    for answer in (await api.introspect(), await api.introspect(""), await api.introspect(tokens="x")):
        assert "parameter token" in error(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        *("token=a&token=b", "token=a&token=a", "token=a&t%6Fken=a", "token=a&x=1&x=2"),
        *(b"token=\xff", "token=%ff", "token=%C3%28", "token=%", "token=%zz", b"token=\0", "token=%00", "token=ä"),
        "&".join(f"{number}=" for number in range(40)),
    ],
)
async def test_rfc_6749_5_2_a_form_that_can_be_read_in_two_ways_is_refused(api: Api, body: str | bytes) -> None:
    headers = {"Content-Type": FORM, "Authorization": api.basic}
    error(await ask(api.url, "POST", "/oauth/introspect", headers, body), 400, "invalid_request")


@pytest.mark.parametrize("query", ["?token=x", "?client_secret=x&token=x", "?access_token=x"])
async def test_rfc_7662_4_no_parameter_is_taken_from_the_address(api: Api, query: str) -> None:
    """RFC 6749 §2.3.1: it would be in every log on the way."""
    assert "URL" in error(await api.introspect(api.tokens["active"], path=query), 400, "invalid_request")


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data", f"{FORM}; charset=utf-16", f"{FORM}x", "", "/"]
)
async def test_rfc_9110_15_5_16_another_content_type_is_415(api: Api, kind: str) -> None:
    headers = {"Content-Type": kind, "Authorization": api.basic}
    error(await ask(api.url, "POST", "/oauth/introspect", headers, "token=x"), 415, "invalid_request")


async def test_rfc_9110_15_5_16_a_packed_body_is_415(api: Api) -> None:
    headers = {"Content-Encoding": "gzip", "Authorization": api.basic}
    error(await api.introspect("x", headers), 415, "invalid_request")


async def test_rfc_9110_15_5_14_a_body_of_more_than_16_kib_is_413(api: Api) -> None:
    for length, status in ((16 * 1024, 200), (16 * 1024 + 1, 413), (10_000_000, 413)):
        headers = {"Content-Type": FORM, "Authorization": api.basic}
        answer = await ask(api.url, "POST", "/oauth/introspect", headers, "token=".ljust(length, "x"))
        assert answer.status == status


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
async def test_rfc_9110_15_5_6_another_method_is_405_and_told_which_one_it_is(api: Api, method: str) -> None:
    answer = await ask(api.url, method, f"/oauth/introspect?token={api.tokens['active']}")
    assert (answer.status, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/oauth", "/oauth/introspect/", "/OAUTH/introspect", "/oauth%2Fintrospect", "*"])
async def test_rfc_9110_15_5_5_elsewhere_there_is_nothing(api: Api, path: str) -> None:
    error(await ask(api.url, "POST", path), 404, "not_found")
