"""`/thirdparty resend NAME`."""

from handlers.commands.naming import on_named
from handlers.flows import tokens

run = on_named("resend", tokens.resend)
