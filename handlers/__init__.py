"""What reaches us from Slack: commands, buttons and modals, and what people read in return."""
