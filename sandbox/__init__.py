"""A Slack workspace on loopback, for trying the bot and for testing it: real payloads, real sockets, real refusals."""

from sandbox.clock import MovableClock
from sandbox.keeping import Unreadable
from sandbox.modal import Modal
from sandbox.people import Person
from sandbox.sandbox import Sandbox
from sandbox.seen import Seen

__all__ = ["Modal", "MovableClock", "Person", "Sandbox", "Seen", "Unreadable"]
