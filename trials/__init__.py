"""Faults by the hundred: what the tests show a few times, shown as often as a clinic's years bring it.

``python -m trials NAME`` runs one; each shows progress, ends with a table, and fails if anything was lost. Every run is seeded:
the same seed does the same again, as far as a machine's scheduler allows.
"""
