"""``python -m contact_hub.cli``: how one command starts another."""

from contact_hub.cli.commands import main

if __name__ == "__main__":
    main()
