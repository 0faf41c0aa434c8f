"""Who writes, and when."""

from datetime import UTC, datetime, timedelta

JO, ANN = "61412345678", "61498765432"
INSTAGRAM = "17841400000000777"


def ago(**duration: float) -> datetime:
    return datetime.now(UTC) - timedelta(**duration)
