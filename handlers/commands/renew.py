"""`/thirdparty renew NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import tokens

run = on_named("renew", tokens.renew)
