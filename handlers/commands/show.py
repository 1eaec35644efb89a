"""`/thirdparty show NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import looking

run = on_named("show", looking.show)
