"""The sandbox in the browser: a chat workspace in which one is anybody, drawn on the server and kept fresh."""

from sandbox.page.site import Page
from sandbox.page.time_machine import NextEvent

__all__ = ["NextEvent", "Page"]
