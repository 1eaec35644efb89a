"""Other servers that answer RFC 7662, each in an environment of its own: what `bench.checks` compares the bot with.

None of these programs imports the bot, and the bot's own environment has none of what they import.
"""
