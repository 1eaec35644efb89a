"""The running bot: settings, wiring, command line, schedule, what we send, cryptography."""
