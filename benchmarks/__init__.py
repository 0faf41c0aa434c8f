"""What contact_hub costs, measured against a peer in the same run: medians of three, one table, JSON.

``python -m benchmarks`` runs all of them, ``python -m benchmarks NAME`` one; nothing timed here is a test. A ratio holds
from machine to machine, a time does not.
"""
