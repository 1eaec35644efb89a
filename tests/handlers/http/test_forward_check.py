"""`GET /oauth/check`, over a socket. Each test names the section that it holds us to.

nginx knows three answers to its question: 2xx, 401 and 403. It makes a 500 of every other one.
"""

import json
from datetime import datetime
from urllib.parse import unquote

import pytest

from tests.handlers.http.api import NAME, NEVER_HEARD_OF, REFUSED, Api, basic
from tests.handlers.http.wire import Answer, ask
from tests.storage import rows

REALM = 'Bearer realm="thirdparty-bot"'
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]


def unauthorized(answer: Answer, error: str) -> None:
    """Is it a 401 with this error in its challenge, and nothing about whoever sent the request?"""
    assert answer.status == 401
    assert answer["WWW-Authenticate"].startswith(f'{REALM}, error="{error}", error_description="')
    assert not [name for name, _ in answer.headers if name.startswith("X-")]


# --- accepted -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["active", "overlapping"])
async def test_an_accepted_token_is_204_with_who_sends_the_request(api: Api, state: str) -> None:
    answer = await api.check(f"Bearer {api.tokens[state]}")
    assert (answer.status, answer.body) == (204, b"")
    assert answer["X-Third-Party-Id"] == rows.PARTY
    assert unquote(answer["X-Third-Party-Name"], errors="strict") == NAME
    assert answer["X-Third-Party-Name"].isascii()
    assert answer["X-Token-Expires"] == "2026-09-02T09:00:00Z"
    assert datetime.fromisoformat(answer["X-Token-Expires"]) == rows.token().expires_at
    assert answer["Cache-Control"] == "no-store"


async def test_rfc_6750_2_1_the_scheme_has_no_case_and_spaces_may_follow(api: Api) -> None:
    for scheme in ("bearer ", "BEARER ", "Bearer   "):
        assert (await api.check(f"{scheme}{api.tokens['active']}")).status == 204


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["", "/", "/v1/orders/../x%2F?page=2&access_tokens=1", "/oauth/check"])
async def test_envoy_asks_by_any_method_and_with_the_path_that_it_asks_about(api: Api, method: str, path: str) -> None:
    answer = await api.check(f"Bearer {api.tokens['active']}", path=path, method=method)
    assert (answer.status, answer.body) == (200 if path else 204, b"")  # it takes nothing but a 200 for a yes
    assert (await api.check(f"Bearer {api.tokens['revoked']}", path=path, method=method)).status == 401


async def test_there_is_nothing_beside_it(api: Api) -> None:
    assert (await api.check(f"Bearer {api.tokens['active']}", path="s")).status == 404


# --- not accepted ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [*REFUSED, *NEVER_HEARD_OF[:1], NEVER_HEARD_OF[2]])
async def test_rfc_6750_3_1_a_token_that_is_not_accepted_is_invalid(api: Api, state: str) -> None:
    answer = await api.check(f"Bearer {api.tokens[state]}")
    unauthorized(answer, "invalid_token")
    assert json.loads(answer.body)["error"] == "invalid_token"


async def test_refusals_cannot_be_told_apart(api: Api) -> None:
    answers = [await api.check(f"Bearer {api.tokens[state]}") for state in (*REFUSED, "unknown", "client secret")]
    assert len({(each.status, tuple(each.headers), each.body) for each in answers}) == 1


@pytest.mark.parametrize("other", ["", "Basic eDp5", "Digest x", "tpt_1", "Bearertoken", "Negotiate"])
async def test_rfc_6750_3_1_without_a_token_there_is_no_error_code(api: Api, other: str) -> None:
    answer = await api.check(other)
    assert (answer.status, answer["WWW-Authenticate"], answer.body) == (401, REALM, b"")
    assert (await api.check()).headers == answer.headers


@pytest.mark.parametrize(
    "malformed", ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer =", "bearer é", 'Bearer "a"']
)
async def test_rfc_6750_3_1_a_malformed_header_is_an_invalid_request_and_401_all_the_same(
    api: Api, malformed: str
) -> None:
    """RFC 6750 says 400 SHOULD be used, of which nginx would make a 500."""
    unauthorized(await api.check(malformed), "invalid_request")


async def test_rfc_6750_2_a_token_comes_in_one_way(api: Api) -> None:
    good = f"Bearer {api.tokens['active']}"
    unauthorized(await api.check(good, good), "invalid_request")
    unauthorized(await api.check(good, basic("x", "y")), "invalid_request")
    unauthorized(await api.check(f"{good}, {good}"), "invalid_request")
    for query in ("?access_token=x", "?page=2&access%5Ftoken=x"):
        unauthorized(await api.check(path=query), "invalid_request")
        unauthorized(await api.check(good, path=query), "invalid_request")


# --- who asks -------------------------------------------------------------------------------------------------------


async def test_whoever_cannot_prove_that_they_may_ask_gets_403(api: Api) -> None:
    good = f"Bearer {api.tokens['active']}"
    for asker in ([], [""], ["x"], [api.secret_of_removed], [api.tokens["active"]], [api.secret, api.secret], ["é"]):
        answers = [await api.check(*given, asker=asker) for given in ([good], [], ["Bearer"], [good, good])]
        assert {each.status for each in answers} == {403}
        assert not [name for each in answers for name, _ in each.headers if name.startswith("X-")]
        assert len({(tuple(each.headers), each.body) for each in answers}) == 1


async def test_who_asks_for_one_workspace_learns_nothing_of_another(api: Api) -> None:
    unauthorized(await api.check(f"Bearer {api.tokens['active']}", asker=[api.secret_elsewhere]), "invalid_token")
    assert (await api.check(f"Bearer {api.tokens['elsewhere']}", asker=[api.secret_elsewhere])).status == 204


async def test_the_ways_of_introspection_prove_nothing_here(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.tokens['active']}", "Client-Secret": api.secret}
    assert (await ask(api.url, "GET", f"/oauth/check?client_secret={api.secret}", headers)).status == 403
