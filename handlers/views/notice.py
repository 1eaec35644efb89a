"""A modal that only says something."""

from access.model.errors import AccessError
from handlers.error_text import explain
from handlers.mrkdwn import code
from handlers.views.kit import View, context, modal, section


def notice(title: str, text: str) -> View:
    """Return a modal with one paragraph. `title`: our own words, at most 24 characters; `text`: mrkdwn."""
    return modal(title, [section(text)])


def refusal_notice(error: AccessError, reference: str, *, name: str = "") -> View:
    """Say in a modal why something was refused. `name`: the third party's, where it is known."""
    return modal("That didn't work", [section(explain(error, name)), context(f"Reference: {code(reference)}")])
