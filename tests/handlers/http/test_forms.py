"""A request's form. Each test names the section that it holds us to."""

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.forms import MAX_BODY, must_be_form, must_not_be_in_url, read_form
from handlers.http.problem import Problem

FORM = "application/x-www-form-urlencoded"
KINDS = [FORM, f"{FORM};charset=UTF-8", f"{FORM}; charset=utf-8", f'{FORM} ; charset="utf8"', f"{FORM.upper()};"]
OTHER_KINDS = [
    "",
    "text/plain",
    "application/json",
    f"{FORM}2",
    f"{FORM};charset=latin-1",
    f"{FORM};charset",
    f"{FORM};x=1",
]


def refused(body: bytes) -> Problem:
    with pytest.raises(Problem) as problem:
        read_form(body)
    return problem.value


@pytest.mark.parametrize("kind", KINDS)
def test_rfc_7009_2_1_a_form_is_taken(kind: str) -> None:
    must_be_form([kind])
    must_be_form([kind], ["identity"])


@pytest.mark.parametrize("kinds", [[], [FORM, FORM], *([each] for each in OTHER_KINDS)])
def test_rfc_7009_2_1_nothing_but_one_form_is_taken(kinds: list[str]) -> None:
    with pytest.raises(Problem) as problem:
        must_be_form(kinds)
    assert (problem.value.status, problem.value.error) == (415, "invalid_request")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_a_compressed_body_is_not_taken(encoding: str) -> None:
    with pytest.raises(Problem) as problem:
        must_be_form([FORM], [encoding])
    assert problem.value.status == 415


def test_rfc_6749_3_2_a_parameter_without_a_value_counts_as_left_out_and_an_unknown_one_does_not_disturb() -> None:
    assert read_form(b"token=&token_type_hint=pigeon&colour=red&x") == {"token_type_hint": "pigeon", "colour": "red"}
    assert read_form(b"") == {}


@pytest.mark.parametrize("twice", [b"token=a&token=a", b"token=a&token=", b"a=1&a=2", b"%74oken=a&token=a"])
def test_rfc_6749_3_2_no_parameter_comes_twice(twice: bytes) -> None:
    assert (refused(twice).status, refused(twice).error) == (400, "invalid_request")


def test_rfc_6749_appendix_b_it_is_utf8() -> None:
    assert read_form(b"token=%C3%A9%E2%82%AC+%2B") == {"token": "é€ +"}


@pytest.mark.parametrize(
    "odd", ["token=é".encode(), b"token=\xff", b"token=%ff", b"token=%C3", b"token=%zz", b"token=%"]
)
def test_rfc_6749_appendix_b_what_is_not_utf8_is_refused(odd: bytes) -> None:
    assert (refused(odd).status, refused(odd).error) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"token=\0", b"token=a%00b", b"%00=a"])
def test_the_character_nul_is_refused(body: bytes) -> None:
    assert (refused(body).status, refused(body).error) == (400, "invalid_request")


def test_a_body_has_an_end() -> None:
    most = b"token=" + b"a" * (MAX_BODY - 6)
    assert len(read_form(most)["token"]) == MAX_BODY - 6
    assert refused(most + b"a").status == 413
    assert refused(b"&".join(b"%d=1" % number for number in range(33))).status == 400


@pytest.mark.parametrize("query", ["token=x", "a=b&token=x", "client_secret=x", "client_id", "access_token=x&a"])
def test_rfc_6749_2_3_1_parameters_are_not_taken_from_the_url(query: str) -> None:
    with pytest.raises(Problem) as problem:
        must_not_be_in_url(query)
    assert problem.value.status == 400


@pytest.mark.parametrize("query", ["", "version=2", "mytoken=x", "token_type_hint=x"])
def test_rfc_6749_3_2_the_url_may_have_a_query_of_its_own(query: str) -> None:
    must_not_be_in_url(query)


@given(st.dictionaries(st.text(max_size=20), st.text(min_size=1, max_size=50), max_size=8))
def test_whatever_is_written_is_read(fields: dict[str, str]) -> None:
    sound = {name: text for name, text in fields.items() if _encodes(name) and _encodes(text)}
    assert read_form(urlencode(sound, quote_via=quote).encode()) == sound
    assert read_form(urlencode(sound).encode()) == sound


BODIES = st.binary(max_size=400) | st.text(alphabet="tokenclient_%=&+;ABab09", max_size=60).map(str.encode)


@given(BODIES)
def test_what_is_taken_is_read_as_python_reads_it(body: bytes) -> None:
    if outcome(body) == "read":
        assert read_form(body) == dict(parse_qsl(body.decode(), errors="strict"))


@given(BODIES)
def test_whatever_comes_is_a_form_or_a_problem(body: bytes) -> None:
    assert outcome(body) in ("read", 400)


def outcome(body: bytes) -> str | int:
    try:
        return "read" if all(read_form(body).values()) else "missed"
    except Problem as problem:
        return problem.status


def _encodes(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" or each == "\0" for each in text)
