"""What is left when the bot is killed, or the power fails, in the middle of its work."""
