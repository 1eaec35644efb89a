"""The reference says what the code says."""

import pytest

from docs.reference import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "write it anew: python -m docs.reference"


def test_there_is_no_page_that_is_not_written_from_the_code() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)
