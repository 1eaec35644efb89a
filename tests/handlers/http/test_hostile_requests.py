"""Whatever is asked at the internal port: no failure, an answer that is documented, and never a yes by chance."""

import base64
import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from handlers.http.exchange import HttpReply, HttpRequest
from handlers.http.internal import internal_routes
from handlers.http.routes import Route, Routes
from tests.handlers.http.api import FORM, ISSUER, Api
from tests.thorough import attack

PATHS = ["/oauth/introspect", "/oauth/check", "/oauth/check/v1/x", "/healthz", "/readyz", "/oauth/introspect/", "/", ""]
METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND", ""]
STATUSES = {
    "/oauth/introspect": {200, 400, 401, 405, 413, 415},
    "/oauth/check": {200, 204, 401, 403},
    "/healthz": {200, 405},
    "/readyz": {200, 405},
}

latin = st.text(st.characters(max_codepoint=255), max_size=60)
names = st.sampled_from(["token", "token_type_hint", "client_id", "client_secret", "access_token", "x", ""])


@pytest.fixture
def routes(api: Api) -> Routes:
    return internal_routes(api.ports, ISSUER, {})


def damaged(text: str) -> st.SearchStrategy[str]:
    """A text as it is, cut, doubled, with something in it, or with another letter."""
    place = st.integers(0, len(text))
    return st.one_of(
        st.just(text),
        st.just(text),
        place.map(lambda at: text[:at]),
        st.builds(lambda at, more: text[:at] + more + text[at:], place, st.text(max_size=3)),
        st.builds(lambda at, more: text[:at] + more + text[at + 1 :], place, st.sampled_from("a0Z_?=, \0é")),
        st.just(text * 2),
    )


def texts(api: Api) -> st.SearchStrategy[str]:
    known = [*api.tokens.values(), api.secret, api.secret_elsewhere, api.id, "tpr_there"]
    return st.sampled_from(known).flatmap(damaged) | st.text(max_size=20)


def authorizations(api: Api) -> st.SearchStrategy[str]:
    pair = st.builds(lambda id_, secret: f"{id_}:{secret}".encode(errors="replace"), texts(api), texts(api))
    right = st.just(f"{api.id}:{api.secret}".encode())
    encoded = (right | right | pair | st.binary(max_size=30)).map(lambda raw: base64.b64encode(raw).decode())
    scheme = st.sampled_from(["Bearer ", "bearer ", "Basic ", "BASIC  ", "Digest ", "Bearer", ""])
    return st.builds(
        lambda first, rest: (first + rest).encode("latin-1", "replace").decode("latin-1"), scheme, texts(api) | encoded
    )


def bodies(api: Api) -> st.SearchStrategy[bytes]:
    right = st.just(f"token={api.tokens['active']}".encode())
    fields = st.lists(st.tuples(names, texts(api)), max_size=5)
    formed = fields.map(
        lambda pairs: urlencode([(name, text.encode(errors="replace")) for name, text in pairs]).encode()
    )
    return (
        right | formed | formed.flatmap(lambda body: st.binary(max_size=3).map(lambda more: body + more)) | st.binary()
    )


@st.composite
def requests(draw: st.DrawFn, api: Api) -> HttpRequest:
    headers: dict[str, Sequence[str]] = {}
    once = st.integers(0, 9).map(lambda number: {0: 0, 1: 2}.get(number, 1))
    content_types = st.sampled_from([FORM, FORM, f"{FORM}; charset=utf-8", "application/json", "", "a/b; charset=x"])
    secrets = st.sampled_from([api.secret, api.secret]) | texts(api).map(lambda text: quote(text, errors="replace"))
    for name, values in (
        ("authorization", authorizations(api)),
        ("content-type", content_types | latin),
        ("content-encoding", st.sampled_from(["", "", "identity", "gzip"])),
        ("x-resource-server-secret", secrets),
    ):
        headers[name] = [draw(values) for _ in range(draw(once))]
    query = draw(st.sampled_from(["", "", "", "access_token=x", "token=x"]) | latin)
    return HttpRequest(draw(st.sampled_from(METHODS)), draw(st.sampled_from(PATHS)), query, headers, draw(bodies(api)))


def must_be_documented(request: HttpRequest, reply: HttpReply) -> None:
    place = next((path for path in STATUSES if request.path == path or request.path.startswith(f"{path}/")), "")
    exact = place if place in ("/oauth/check", request.path) else ""
    assert reply.status in STATUSES.get(exact, {404})
    assert all(name.isascii() and value.isprintable() and value for name, value in reply.headers)
    if reply.status == 401:
        assert [value for name, value in reply.headers if name == "WWW-Authenticate"]
    if reply.body:
        json.loads(reply.body)


def is_a_yes(reply: HttpReply) -> bool:
    return "X-Third-Party-Id" in dict(reply.headers) or b'"active":true' in reply.body


def good(api: Api, request: HttpRequest) -> bool:
    """Whether the right secret and an accepted token, which belong together, are whole in the request."""
    unpacked = str(parse_qsl(request.body.decode("latin-1"))) + " ".join(map(_plain, request.values("authorization")))
    asked = unpacked + " ".join(request.values("x-resource-server-secret"))
    here = api.secret in asked and any(api.tokens[state] in asked for state in ("active", "overlapping"))
    return here or (api.secret_elsewhere in asked and api.tokens["elsewhere"] in asked)


def _plain(authorization: str) -> str:
    try:
        return authorization + quote_plus(base64.b64decode(authorization.rsplit(maxsplit=1)[-1])).replace("%3A", ":")
    except (ValueError, IndexError):
        return authorization


@given(data=st.data())
@attack(300)
async def test_every_request_gets_a_documented_answer_and_no_yes_by_chance(
    api: Api, routes: Routes, data: st.DataObject
) -> None:
    request = data.draw(requests(api))
    with capture_logs() as log:
        reply = await routes.answer(request)
    must_be_documented(request, reply)
    assert good(api, request) or not is_a_yes(reply)
    assert [line for line in log if line["log_level"] != "debug"] == []
    assert not any(secret in str(log) for secret in (*api.tokens.values(), api.secret))


async def test_the_looking_would_find_a_yes_and_a_failure(api: Api, routes: Routes) -> None:
    headers: Mapping[str, Sequence[str]] = {
        "authorization": [f"Bearer {api.tokens['active']}"],
        "x-resource-server-secret": [api.secret],
    }
    request = HttpRequest("GET", "/oauth/check", "", headers)
    assert is_a_yes(await routes.answer(request))
    assert good(api, request)
    assert not good(api, request._replace(headers={"x-resource-server-secret": [api.secret]}))

    async def fail(_: HttpRequest) -> HttpReply:
        raise ValueError(api.secret)

    with capture_logs() as log:
        reply = await Routes([Route("/oauth/check", ("GET",), fail)]).answer(request)
    assert (reply.status, json.loads(reply.body)["error"]) == (500, "server_error")
    assert [line["event"] for line in log] == ["request_failed"]
