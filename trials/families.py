"""Overlapping families, as those ask about them who hear from them on several channels."""

from typing import Any

FAMILIES = 8
NAMES = ("Anna", "Ben", "Clara", "Mum")


def questions() -> list[dict[str, Any]]:
    """Bodies of find-or-create: a phone a family under all its names, and the next family's; own emails and accounts."""
    return [question for family in range(FAMILIES) for question in _of_family(family)]


def _of_family(family: int) -> list[dict[str, Any]]:
    phone, next_phone = _phone(family), _phone((family + 1) % FAMILIES)
    asked: list[dict[str, Any]] = []
    for place, name in enumerate(NAMES):
        own = f"{name.lower()}{family}@example.com"
        full = f"{name} Family{chr(97 + family)}"
        asked += [
            {"channel": "whatsapp", "identifier": phone, "name": full, "email": own},
            {"channel": ("phone", "sms")[place % 2], "identifier": phone, "name": full},
            {"channel": "email", "identifier": own, "name": full},
            {"channel": "instagram", "identifier": f"1784140000{family:02}{place}", "name": full, "email": own},
        ]
    asked.append({"channel": "whatsapp", "identifier": next_phone, "name": f"Grandma Family{chr(97 + family)}"})
    asked.append({"channel": "email", "identifier": f"family{family}@example.com", "email": f"anna{family}@example.com"})
    shared = f"family{(family + 1) % FAMILIES}@example.com"
    asked.append({"channel": "messenger", "identifier": f"9900{family:02}", "email": shared})
    return asked


def _phone(family: int) -> str:
    return f"0412 99 {family:02} 99"
