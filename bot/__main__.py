"""`python -m bot` is `thirdparty-bot`."""

from bot.cli import main

if __name__ == "__main__":
    main()
