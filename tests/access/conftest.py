"""On which databases the operations are tried: on both, but for what looks at a file, or is about what runs beside."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.access.world import Kind

ON_A_FILE: Final = {"test_two_processes.py"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the operations on both databases."""
    path, marked = metafunc.definition.path, metafunc.definition.get_closest_marker("on_a_file")
    if path.parent.name == "access" and path.name not in ON_A_FILE and not marked:
        metafunc.parametrize("kind", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have the worlds of a test on one kind of database."""
    Kind.postgres = getattr(request, "param", "sqlite") == "postgres"
    yield
    Kind.postgres = False
