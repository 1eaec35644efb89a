"""Slack's Web API, as far as the bot uses it, one file per family of methods."""

from sandbox.web_api.server import WebApi

__all__ = ["WebApi"]
