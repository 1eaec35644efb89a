"""`/thirdparty audit NAME`."""

from handlers.commands.naming import at_one_moment, on_named
from handlers.flows import looking

run = at_one_moment(on_named("audit", looking.audit, or_removed=True))
