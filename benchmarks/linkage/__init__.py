"""How well, and how fast, duplicates are found: synthetic clinics with their truth, febrl, and the peers."""

from benchmarks.linkage.clinic import Knobs, synthetic_clinic

__all__ = ["Knobs", "synthetic_clinic"]
