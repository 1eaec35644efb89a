"""What Slack's client refuses in a form before it tells the app."""

from urllib.parse import urlsplit

from sandbox.elements import TEXT_INPUTS, Control, is_empty
from sandbox.records import JsonObject

REQUIRED = "Please complete this required field."
TROUBLE = "We had some trouble connecting. Try again?"


def complaint(control: Control, state: JsonObject) -> str | None:
    """What the person reads under an input that the client does not let pass; None when it is fine."""
    if is_empty(state):
        return None if control.optional else REQUIRED
    if control.type not in TEXT_INPUTS:
        return None
    value = str(state["value"])
    if control.type == "number_input":
        return _number_complaint(control.element, value)
    if control.type == "url_text_input" and not _is_url(value):
        return "Please enter a valid URL."
    if control.type == "email_text_input" and not _is_email(value):
        return "Please enter a valid email address."
    return _length_complaint(control.element, value)


def _length_complaint(element: JsonObject, value: str) -> str | None:
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < shortest:
        return f"This entry must be at least {shortest} characters long."
    if len(value) > longest:
        return f"This entry must be at most {longest} characters long."
    return None


def _number_complaint(element: JsonObject, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and "." in value:
        return "Please enter a whole number."
    if number < float(element.get("min_value", number)) or number > float(element.get("max_value", number)):
        return "Please enter a number in the allowed range."
    return None


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(char.isspace() for char in value)


def _is_email(value: str) -> bool:
    local, at, domain = value.partition("@")
    return bool(local and at and "." in domain) and not any(char.isspace() for char in value)
