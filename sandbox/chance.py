"""Ids and secrets in the shape of Slack's: the only file of this package that draws random values."""

import secrets
import string
import uuid

_UPPER = string.ascii_uppercase + string.digits
_LETTERS = string.ascii_letters + string.digits


def slack_id(prefix: str) -> str:
    """An object id such as `V0AB12CD34E`."""
    return f"{prefix}0{_draw(_UPPER, 9)}"


def digits(count: int) -> str:
    """`count` decimal digits, the first of them not zero."""
    return secrets.choice("123456789") + _draw(string.digits, count - 1)


def hexadecimal(count: int) -> str:
    """`count` lower-case hexadecimal digits."""
    return _draw("0123456789abcdef", count)


def word(count: int) -> str:
    """`count` letters and digits."""
    return _draw(_LETTERS, count)


def envelope_id() -> str:
    """The id of a Socket Mode envelope."""
    return str(uuid.uuid4())


def _draw(alphabet: str, count: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(count))
