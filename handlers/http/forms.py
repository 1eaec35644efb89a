"""A request's form, as OAuth wants it: UTF-8, each parameter once. Pure; whoever reads the body limits it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from handlers.http.problem import Problem, invalid_request

MAX_BODY: Final = 16 * 1024
"""Bytes. What we ask for has less than 300."""

_KIND: Final = "application/x-www-form-urlencoded"
_CHARSET: Final = re.compile(r'charset="?utf-?8"?', re.IGNORECASE)
_MAX_FIELDS: Final = 32
_PLAIN: Final = re.compile(rb"[!-$&-*,-~]*")
_DAMAGED: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def too_large() -> Problem:
    """Return the answer to a body of more than MAX_BODY bytes."""
    return invalid_request("The body is too large. Please send the parameters alone, in less than 16 KiB.", 413)


def must_be_form(content_types: Sequence[str], content_encodings: Sequence[str] = ()) -> None:
    """Look at the headers `Content-Type` and `Content-Encoding`, as often as they came.

    Raises: Problem (415), for anything but one form, in UTF-8 if it names a charset, that is not compressed.
    """
    if content_types == [_KIND] and not content_encodings:
        return
    kind, *parameters = (part.strip() for part in (content_types[0] if content_types else "").split(";"))
    said_otherwise = [each for each in parameters if each and not _CHARSET.fullmatch(each)]
    if len(content_types) != 1 or kind.lower() != _KIND or said_otherwise:
        raise invalid_request(f"Please send the parameters as {_KIND}, in UTF-8.", 415)
    if any(each.strip().lower() != "identity" for each in content_encodings):
        raise invalid_request("Please send the body uncompressed.", 415)


def read_form(body: bytes) -> Mapping[str, str]:
    """Return the parameters of a form. Those without a value count as left out. Source: RFC 6749 §3.2, appendix B.

    Raises: Problem (413 or 400), for a body that is too large or no form, and for a parameter that comes twice.
    """
    if len(body) > MAX_BODY:
        raise too_large()
    if body.count(b"&") >= _MAX_FIELDS:
        raise invalid_request(f"The form has too many parameters. Please send at most {_MAX_FIELDS}.")
    form: dict[str, str] = {}
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.partition(b"=")
        key = decoded(name)
        if key in form:
            raise invalid_request("A parameter comes more than once. Please send each of them once.")
        form[key] = decoded(value)
    return {name: value for name, value in form.items() if value}


def decoded(text: bytes) -> str:
    """Decode a name or a value. Python's own parser is forgiving, and slower by the most of what a check takes.

    Raises: Problem (400), for what is no UTF-8 or badly escaped, and for the character NUL.
    """
    if _PLAIN.fullmatch(text):
        return text.decode()
    if _DAMAGED.search(text):
        raise invalid_request("The form has a % that is not followed by two hexadecimal digits. Please mend that.")
    try:
        plain = unquote_to_bytes(text.decode("ascii").replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise invalid_request("The form cannot be read. Please send it URL-encoded, in UTF-8.") from None
    if "\0" in plain:
        raise invalid_request("A parameter holds the character NUL. Please leave it out.")
    return plain


def must_not_be_in_url(query: str) -> None:
    """Look at the query of the URL, which ends up in logs. Source: RFC 6749 §2.3.1, RFC 7662 §2.1.

    Raises: Problem (400), for a parameter of ours that is in it.
    """
    if _OURS.search(query):
        raise invalid_request(
            "Parameters do not belong into the URL, where logs keep them. Please send them as a form."
        )


_OURS: Final = re.compile(r"(?:^|&)(?:token|client_id|client_secret|access_token)(?:=|&|$)")
