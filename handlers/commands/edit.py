"""`/thirdparty edit NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import details

run = on_named("edit", details.open_edit)
