"""What is written about the bot, and what draws its pictures."""
