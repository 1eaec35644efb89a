"""`/thirdparty enable NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import switches

run = on_named("enable", switches.enable)
