"""The reference says what the code says."""

import re

import pytest

from bot.settings import Settings
from docs.reference import FOLDER, PAGES
from tests.house.markdown import PAGES as DOCUMENTATION

_SETTING = re.compile(r"\b(?:THIRDPARTY|SLACK)_[A-Z_]+\b")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "write it anew: python -m docs.reference"


def test_there_is_no_page_that_is_not_written_from_the_code() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_setting_that_the_documentation_names_is_one() -> None:
    there = {str(each.validation_alias) for each in Settings.model_fields.values()}
    named = {(page.name, name) for page in DOCUMENTATION for name in re.findall(_SETTING, page.read_text())}
    assert len({name for _, name in named}) > 20
    assert [each for each in sorted(named) if each[1].removesuffix("_FILE") not in there and each[1] not in there] == []
