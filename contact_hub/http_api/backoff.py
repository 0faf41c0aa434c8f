"""Pauses between attempts."""

import random


def backoff(faults: int, *, first_s: float, longest_s: float) -> float:
    """Seconds to wait after so many faults: half to all of what has doubled from one to the next, at random, lest clients
    march in step."""
    return min(first_s * 2.0 ** (faults - 1), longest_s) * random.uniform(0.5, 1.0)
