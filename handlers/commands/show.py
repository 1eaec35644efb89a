"""`/thirdparty show NAME`."""

from handlers.commands.naming import at_one_moment, on_named
from handlers.flows import looking

run = at_one_moment(on_named("show", looking.show))
