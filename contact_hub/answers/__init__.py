"""Answers: what may be said to an identifier right now: facts from the store, the appointments from Cliniko."""

from contact_hub.answers.context import Answers

__all__ = ["Answers"]
