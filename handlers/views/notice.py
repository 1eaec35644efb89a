"""A modal that only says something."""

from handlers.views.kit import View, modal, section


def notice(title: str, text: str) -> View:
    """Return a modal with one paragraph. `title`: our own words, at most 24 characters; `text`: mrkdwn."""
    return modal(title, [section(text)])
