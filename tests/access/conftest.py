"""On which databases the operations are tried: those on both whose tests look at nothing but what operations say."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.access.world import Kind

ON_BOTH: Final = {
    "test_check_token.py",
    "test_deputies.py",
    "test_digest.py",
    "test_home.py",
    "test_life.py",
    "test_people_gone.py",
    "test_report.py",
    "test_statements.py",
    "test_take_up_backup.py",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the operations on both databases."""
    if metafunc.definition.path.name in ON_BOTH:
        metafunc.parametrize("kind", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have the worlds of a test on one kind of database."""
    Kind.postgres = getattr(request, "param", "sqlite") == "postgres"
    yield
    Kind.postgres = False
