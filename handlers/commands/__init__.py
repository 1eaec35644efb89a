"""What can be typed after /thirdparty: one file a subcommand, each with `run(words, caller, desk)`."""
