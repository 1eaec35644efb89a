"""The documentation, held against the bot: what it says can be typed, is typed."""
