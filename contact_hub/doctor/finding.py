"""One thing that was looked at, and what came of it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["OK", "WARN", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """
    Attributes:
        subject: what was looked at; an organization's id comes first where it is one's.
        message: what is so; ids, counts and names of variables only.
        remedy: what to do about it; empty where nothing is to be done.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4} {self.subject}: {self.message}{f' -> {self.remedy}' if self.remedy else ''}"


def judged(subject: str, value: float, message: str, *, warn: float, fail: float, remedy: str) -> Finding:
    """A number that is to be small: up to ``warn`` it is fine, above ``fail`` it is not."""
    level: Level = "FAIL" if value > fail else "WARN" if value > warn else "OK"
    return Finding(level, subject, message, "" if level == "OK" else remedy)
