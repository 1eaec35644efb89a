"""On which databases the operations are tried: on both, but for what is marked."""

from collections.abc import Iterator

import pytest

from tests.access.world import Kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the operations on both databases."""
    of_operations = metafunc.definition.path.parent.name == "access"
    if of_operations and not metafunc.definition.get_closest_marker("on_a_file"):
        metafunc.parametrize("kind", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(autouse=True)
def kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have the worlds of a test on one kind of database."""
    Kind.postgres = getattr(request, "param", "sqlite") == "postgres"
    yield
    Kind.postgres = False
