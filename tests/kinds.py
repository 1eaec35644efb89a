"""On which kind of database a test is: on a file, or on this worker's of the server."""

from collections.abc import Iterator
from contextlib import contextmanager


class Kind:
    """What is made from now on is on PostgreSQL; its database there is emptied each time."""

    postgres = False


@contextmanager
def on_a_file() -> Iterator[None]:
    """Have what is made be in files for the time being, from which it may go on elsewhere."""
    before, Kind.postgres = Kind.postgres, False
    try:
        yield
    finally:
        Kind.postgres = before
