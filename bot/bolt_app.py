"""Bolt's app, which calls nothing, verifies nothing and looks for no settings of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.slack_client import slack_client, slack_logger


def bolt_app(slack_api_url: str, authorized: AuthorizeResult) -> AsyncApp:
    """Make the app. It gets no bot token, since none of our listeners calls Slack through it.

    Its authorisation calls nothing: there is one installation, `authorized`. The signature of a request is verified by
    our own route, before Bolt reads the body.
    """

    async def authorize(**_: Any) -> AuthorizeResult:
        return authorized

    with _without_environment("SLACK_"):
        return AsyncApp(
            name="thirdparty-bot",
            client=slack_client(None, slack_api_url),
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,
            logger=slack_logger(),
        )


@contextmanager
def _without_environment(prefix: str) -> Iterator[None]:
    """Hide variables for a moment. Bolt looks there by itself: it warns of a token, and starts an OAuth flow."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefix)}
    try:
        yield
    finally:
        os.environ.update(hidden)
