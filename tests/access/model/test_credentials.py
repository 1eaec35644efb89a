import copy
import json
import pickle
import re
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.credentials import (
    CLIENT_SECRET_PREFIX,
    TOKEN_PREFIX,
    WELL_FORMED,
    contains_secret,
    digest,
    find_secrets,
    fingerprint,
    is_well_formed,
    mint,
)
from access.model.secret import Secret

entropy = st.binary(min_size=32, max_size=32)
prefixes = st.sampled_from([TOKEN_PREFIX, CLIENT_SECRET_PREFIX])


@given(prefixes, entropy)
def test_what_is_minted_is_well_formed_and_matches_the_published_pattern(prefix: str, random: bytes) -> None:
    text = mint(prefix, random).reveal()
    assert text.startswith(prefix)
    assert WELL_FORMED.fullmatch(text)
    assert is_well_formed(text)
    assert contains_secret(text)


@given(prefixes, entropy, st.data())
def test_one_changed_character_is_noticed_without_a_database(prefix: str, random: bytes, data: st.DataObject) -> None:
    text = mint(prefix, random).reveal()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("0Aaz_-"))
    damaged = text[:place] + other + text[place + 1 :]
    assert is_well_formed(damaged) == (damaged == text)


@given(entropy, entropy)
def test_different_bytes_make_different_tokens(one: bytes, other: bytes) -> None:
    same = mint(TOKEN_PREFIX, one).reveal() == mint(TOKEN_PREFIX, other).reveal()
    assert same == (one == other)


def test_a_token_is_not_taken_for_a_client_secret() -> None:
    token = mint(TOKEN_PREFIX, bytes(32)).reveal()
    assert not is_well_formed(CLIENT_SECRET_PREFIX + token.removeprefix(TOKEN_PREFIX))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "tpt_" + "0" * 43),
        (61, "tpt_" + "0" * 42 + "z"),
        (62, "tpt_" + "0" * 41 + "10"),
    ],
)
def test_the_bytes_are_written_as_one_number_in_base_62(number: int, text: str) -> None:
    assert mint(TOKEN_PREFIX, number.to_bytes(32)).reveal()[:-6] == text


def with_checksum(body: str) -> str:
    """A text with its CRC32 in base 62 behind it."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return body + "".join(digits[zlib.crc32(body.encode()) // 62**place % 62] for place in reversed(range(6)))


def test_the_checksum_is_the_crc32_of_what_stands_before_it() -> None:
    assert mint(TOKEN_PREFIX, bytes(32)).reveal() == with_checksum("tpt_" + "0" * 43)


@pytest.mark.parametrize("body", ["tpx_" + "0" * 43, "tpt_" + "0" * 42, "tpt_" + "0" * 44, "tpt_" + "٣" * 43, ""])
def test_a_checksum_alone_makes_no_secret(body: str) -> None:
    assert not is_well_formed(with_checksum(body))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_nothing_is_minted_from_too_little_or_too_much(size: int) -> None:
    with pytest.raises(ValueError, match=r"^a secret is made of 32 random bytes$"):
        mint(TOKEN_PREFIX, bytes(size))


def test_the_fingerprint_is_the_start_of_the_sha256() -> None:
    assert fingerprint(digest(Secret("abc"))) == "ba7816bf"


@given(prefixes, entropy, st.sampled_from(["", " ", "\u200b", "\n"]), st.integers(5, 40))
def test_a_pasted_secret_is_found_also_when_it_is_broken_up(prefix: str, random: bytes, gap: str, place: int) -> None:
    secret = mint(prefix, random).reveal()
    pasted = f'revoke "Acme" {secret[:place]}{gap}{secret[place:]}'
    assert contains_secret(pasted)


def test_every_whole_secret_in_a_text_is_found_once() -> None:
    one, two = mint(TOKEN_PREFIX, b"1" * 32).reveal(), mint(CLIENT_SECRET_PREFIX, b"2" * 32).reveal()
    found = [secret.reveal() for secret in find_secrets(f"{one}, {two} and {one}.")]
    assert found == [one, two]


@pytest.mark.parametrize("gap", [" ", "\n", "\u200b", " \u00ad "])
def test_one_that_is_broken_up_is_found_whole(gap: str) -> None:
    secret = mint(TOKEN_PREFIX, b"1" * 32).reveal()
    assert [found.reveal() for found in find_secrets(f"<{secret[:20]}{gap}{secret[20:]}>")] == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tpt_",
        "tps_short",
        "/thirdparty show Acme",
        "https://example.com/tpt",
        "tp_t",
        "tpt_ a b c d e f",
        "add Acme https://x.example/https_callback_url",
    ],
)
def test_ordinary_text_is_not_taken_for_a_secret(text: str) -> None:
    assert not contains_secret(text)


def test_a_damaged_secret_is_still_not_to_be_echoed() -> None:
    assert contains_secret("tpt_12345678")
    assert contains_secret("TPS_abcdefgh")


class TestSecret:
    secret = Secret("hunter2")

    def test_no_way_of_showing_it_shows_it(self) -> None:
        shown = [repr(self.secret), str(self.secret), f"{self.secret}", f"{self.secret:>20}", format(self.secret)]
        assert not any("hunter2" in text for text in [*shown, repr([self.secret]), repr({"a": self.secret})])

    def test_what_is_shown_in_its_place_says_so(self) -> None:
        assert (repr(self.secret), str(self.secret), f"{self.secret:>10}") == ("Secret(…)", "[secret]", "  [secret]")

    def test_it_has_no_dict_to_look_into(self) -> None:
        assert not hasattr(self.secret, "__dict__")

    @pytest.mark.parametrize(
        "carry",
        [pickle.dumps, copy.copy, copy.deepcopy, json.dumps],
        ids=lambda carry: carry.__module__ + carry.__name__,
    )
    def test_it_is_not_carried_off(self, carry: Callable[[object], object]) -> None:
        with pytest.raises(TypeError) as caught:
            carry(self.secret)
        assert not re.search("hunter2", str(caught.value))

    def test_whoever_tries_is_told_why(self) -> None:
        with pytest.raises(TypeError, match=r"^a Secret is not copied, pickled or serialised$"):
            copy.copy(self.secret)

    def test_reveal_is_the_way_out(self) -> None:
        assert self.secret.reveal() == "hunter2"
