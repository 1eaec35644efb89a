"""What is answered to an OAuth request that cannot be served. Source: RFC 6749 §5.2."""

import json
from collections.abc import Mapping
from typing import Final

NOT_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""No answer of ours may outlive a revocation. Source: RFC 6749 §5.1, which §5.2 repeats."""


class Problem(Exception):
    """A request that cannot be served: a status, and an error in the words of RFC 6749 §5.2.

    `description` is a sentence of our own, which says what to do next; it holds nothing of the request. `outcome`: what
    came of the request, in a word for our metrics.
    """

    def __init__(
        self,
        status: int,
        error: str,
        description: str,
        headers: Mapping[str, str] | None = None,
        *,
        outcome: str = "malformed",
    ) -> None:
        super().__init__(error)
        self.status = status
        self.outcome = outcome
        self.error = error
        self.description = description
        self.headers: Final = {**NOT_KEPT, "Content-Type": "application/json;charset=UTF-8", **(headers or {})}

    @property
    def body(self) -> bytes:
        """The JSON to answer with."""
        return json.dumps({"error": self.error, "error_description": self.description}).encode()


def invalid_request(description: str, status: int = 400) -> Problem:
    """Return the answer to a request that cannot be understood."""
    return Problem(status, "invalid_request", description)


def invalid_client(description: str, challenge: str, *, outcome: str = "malformed") -> Problem:
    """Return the answer to a client that has not proved who it is. `challenge`: for the header `WWW-Authenticate`."""
    return Problem(401, "invalid_client", description, {"WWW-Authenticate": challenge}, outcome=outcome)
