"""`/thirdparty remove NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import removal

run = on_named("remove", removal.ask)
