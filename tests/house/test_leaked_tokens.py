"""What docs/leaked-tokens.md tells scanners, tried with real tokens, damaged ones and everything in this repository."""

import re
import runpy
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.credentials import CLIENT_SECRET_PREFIX, ENTROPY_BYTES, TOKEN_PREFIX, is_well_formed, mint
from tests.house import ROOT

PAGE = (ROOT / "docs" / "leaked-tokens.md").read_text()
ENTROPY = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)
PREFIXES = st.sampled_from([TOKEN_PREFIX, CLIENT_SECRET_PREFIX])
AROUND = ["{}", '"{}"', "API_TOKEN={}\n", "Bearer {},", "https://x.example/?t={}&a=b", "({})", "{}.", "`{}`"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


PATTERN = blocks("text")[0].strip()


@pytest.fixture(scope="module")
def is_real(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bool]:
    """The function of the page."""
    script = tmp_path_factory.mktemp("page") / "is_real.py"
    script.write_text(blocks("python")[0])
    function: Callable[[str], bool] = runpy.run_path(str(script))["is_real"]
    return function


def test_the_page_says_one_expression_everywhere() -> None:
    (rule,) = tomllib.loads(blocks("toml")[0])["rules"]
    assert rule["regex"] == PATTERN
    assert f"'{PATTERN}'" in "".join(blocks("sh"))


@given(prefix=PREFIXES, entropy=ENTROPY, around=st.sampled_from(AROUND))
def test_every_real_one_is_found_wherever_it_stands(
    is_real: Callable[[str], bool], prefix: str, entropy: bytes, around: str
) -> None:
    real = mint(prefix, entropy).reveal()
    assert re.findall(PATTERN, around.format(real)) == [real]
    assert is_real(real)


@given(prefix=PREFIXES, entropy=ENTROPY, place=st.integers(0, 52), other=st.sampled_from("0aZ9-_ é"))
def test_one_character_makes_it_another_thing(
    is_real: Callable[[str], bool], prefix: str, entropy: bytes, place: int, other: str
) -> None:
    real = mint(prefix, entropy).reveal()
    damaged = real[:place] + other + real[place + 1 :]
    still_looks_like_one = re.findall(PATTERN, damaged)
    assert not still_looks_like_one or damaged == real or not is_real(damaged)


def test_what_is_longer_or_shorter_is_none() -> None:
    real = mint(TOKEN_PREFIX, bytes(ENTROPY_BYTES)).reveal()
    assert not re.findall(PATTERN, f"{real[:-1]} {real}0 x{real}")


def test_there_is_none_in_this_repository(tracked: dict[str, str]) -> None:
    real = [
        f"{name}: {hit}" for name, text in tracked.items() for hit in re.findall(PATTERN, text) if is_well_formed(hit)
    ]
    assert not real
