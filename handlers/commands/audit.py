"""`/thirdparty audit NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import looking

run = on_named("audit", looking.audit, or_removed=True)
