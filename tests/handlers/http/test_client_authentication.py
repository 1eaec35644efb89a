"""Who a request says it comes from. Each test names the section that it holds us to."""

import base64
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.client_authentication import BASIC, BEARER, Authentication, Method, authentication, unproved
from handlers.http.problem import Problem


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def read(found: Authentication | None) -> tuple[str, str | None, str]:
    assert found is not None
    return found.method.value, found.id, found.secret.reveal()


def refused(authorization: list[str], **form: str) -> Problem:
    with pytest.raises(Problem) as problem:
        authentication(authorization, form)
    return problem.value


@pytest.mark.parametrize("name", ["Basic", "basic", "BASIC"])
def test_rfc_6749_2_3_1_http_basic(name: str) -> None:
    header = basic("tpc_1:tps_2").replace("Basic", name)
    assert read(authentication([header], {})) == ("basic", "tpc_1", "tps_2")
    assert read(authentication([header], {"client_id": "tpc_1"})) == ("basic", "tpc_1", "tps_2")


@given(st.text(min_size=1).filter(lambda id_: "\0" not in id_), st.text().filter(lambda secret: "\0" not in secret))
def test_rfc_6749_2_3_1_id_and_secret_are_url_encoded_first(id_: str, secret: str) -> None:
    header = basic(f"{quote_plus(id_, errors='replace')}:{quote_plus(secret, errors='replace')}")
    expected = tuple(each.encode(errors="replace").decode() for each in (id_, secret))
    assert read(authentication([header], {})) == ("basic", *expected)


def test_rfc_6749_2_3_1_in_the_form() -> None:
    assert read(authentication([], {"client_id": "tpc_1", "client_secret": "tps_2"})) == ("form", "tpc_1", "tps_2")
    assert read(authentication([], {"client_secret": "tps_2"})) == ("form", None, "tps_2")
    assert authentication([], {"client_id": "tpc_1", "token": "x"}) is None


def test_rfc_6750_2_1_a_bearer_token() -> None:
    assert read(authentication(["Bearer tpr_x-._~+/="], {})) == ("bearer", None, "tpr_x-._~+/=")
    assert read(authentication(["bearer   x"], {})) == ("bearer", None, "x")


def test_rfc_6749_2_3_no_two_methods_at_once() -> None:
    for header in (basic("a:b"), "Bearer x"):
        problem = refused([header], client_id="a", client_secret="b")
        assert (problem.status, problem.error) == (400, "invalid_request")
    assert refused([basic("a:b"), basic("a:b")]).status == 400
    assert refused([basic("a:b")], client_id="another").status == 400


@pytest.mark.parametrize(
    "header",
    [
        *("", "Basic", "Basic ", "Basic  =", "Basic ab cd", "Bearer", "Bearer a b", "Digest x", "x", "Basic:eA==", "é"),
        *(
            "Basic =====",
            f"Basic {base64.b64encode(b'nocolon').decode()}",
            f"Basic {base64.b64encode(b'a:').decode()}!",
        ),
        *(f"Basic {base64.b64encode(raw).decode()}" for raw in (b"\xff:x", b"a:%ff")),
    ],
)
def test_rfc_6749_5_2_a_header_that_makes_no_sense_is_answered_with_what_we_ask_for(header: str) -> None:
    problem = refused([header])
    assert (problem.status, problem.error) == (401, "invalid_client")
    assert problem.headers["WWW-Authenticate"] == BASIC


@given(st.text() | st.binary(max_size=40).map(lambda raw: f"Basic {base64.b64encode(raw).decode()}"))
def test_whatever_comes_is_understood_or_refused(header: str) -> None:
    assert outcome(header) in ("understood", 401)


def outcome(header: str) -> str | int:
    try:
        return "understood" if authentication([header], {}) else "missed"
    except Problem as problem:
        return problem.status


@pytest.mark.parametrize("method", [Method.BASIC, Method.FORM, None])
def test_rfc_6749_5_2_who_proved_nothing_is_asked_for_http_basic(method: Method | None) -> None:
    """RFC 9110 §15.5.2: a 401 always asks for something."""
    assert unproved("No.", method, outcome="asker_unknown").headers["WWW-Authenticate"] == BASIC


def test_rfc_7662_2_3_who_proved_nothing_by_a_bearer_token_is_told_as_rfc_6750_3_1_says() -> None:
    assert (
        unproved("No.", Method.BEARER, outcome="asker_unknown").headers["WWW-Authenticate"]
        == f'{BEARER}, error="invalid_token"'
    )


def test_rfc_6749_5_2_an_error_is_json_that_nobody_keeps() -> None:
    problem = unproved("No.", None, outcome="asker_unknown")
    assert json.loads(problem.body) == {"error": "invalid_client", "error_description": "No."}
    assert problem.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert problem.headers["Cache-Control"] == "no-store"
    assert problem.headers["Pragma"] == "no-cache"
