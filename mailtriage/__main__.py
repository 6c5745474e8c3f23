"""``python -m mailtriage``: the command line."""

from mailtriage.cli import main

if __name__ == "__main__":
    main()
