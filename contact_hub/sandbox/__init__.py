"""A local Cliniko over real HTTP, serving a generated clinic whose truth is known; and a local Chatwoot.

For the demo, the tests and the benchmarks; nothing of the production path imports it.

    clinic = generate_clinic(seed=1, patients=632)
    with SandboxServer(clinic) as server:
        requests.get(f"{server.url}/patients", auth=(DEFAULT_KEY, ""), headers=...)
"""

from contact_hub.sandbox.chatwoot import ChatwootServer
from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.faults import Fault
from contact_hub.sandbox.generate import generate_clinic
from contact_hub.sandbox.limits import RateLimit
from contact_hub.sandbox.log import LoggedRequest
from contact_hub.sandbox.server import DEFAULT_KEY, SandboxServer, run
from contact_hub.sandbox.truth import ActivePatient, Truth

__all__ = [
    "DEFAULT_KEY",
    "ActivePatient",
    "ChatwootServer",
    "Clinic",
    "Fault",
    "LoggedRequest",
    "RateLimit",
    "SandboxServer",
    "Truth",
    "generate_clinic",
    "run",
]
