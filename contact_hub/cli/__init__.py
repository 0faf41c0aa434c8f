"""The commands, a module a subject. Each prints one clear line on failure and exits non-zero."""

from contact_hub.cli.commands import app, main

__all__ = ["app", "main"]
