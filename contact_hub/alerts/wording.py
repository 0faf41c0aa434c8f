"""How failures are put into words."""

from collections.abc import Mapping, Sequence
from typing import Any

from contact_hub import settings

Body = Mapping[str, Any]

TEST: Body = {"kind": "test", "organization_id": None}
"""What `contact-hub alerts test` tells."""


def line(body: Body) -> str:
    """One failure on one line."""
    where = body.get("organization_id") or "installation"
    if body.get("day"):
        where += f", {body['day']}"
    if body["kind"] == "run_failed":
        steps = f" at {', '.join(body['steps'])}" if body.get("steps") else ""
        return f"{where}: run of {body['job']} failed{steps}"
    if body["kind"] == "check_failed":
        counts = f" ({body['numerator']} of {body['denominator']})" if body.get("denominator") is not None else ""
        return f"{where}: check {body['asset']}.{body['check']} failed{counts}, {body['severity']}"
    return f"{where}: a test alert, nothing is wrong"


def payload(bodies: Sequence[Body]) -> dict[str, Any]:
    """What is posted: ``text``, which chat tools show, and the failures as data (``alerts``)."""
    return {
        "text": subject(bodies) + "\n" + "\n".join(_with_link(body) for body in bodies),
        "alerts": [dict(one) for one in bodies],
    }


def subject(bodies: Sequence[Body]) -> str:
    """The first failure, and how many more there are."""
    more = f" and {len(bodies) - 1} more" if len(bodies) > 1 else ""
    return f"contact_hub: {line(bodies[0])}{more}"


def letter(bodies: Sequence[Body]) -> str:
    """The text of a mail."""
    return "\n".join(_with_link(body) for body in bodies) + "\n"


def run_url(run_id: str) -> str:
    """Where the run is shown."""
    return f"{settings.ui_url()}/runs/{run_id}"


def _with_link(body: Body) -> str:
    return f"{line(body)}\n  {body['run_url']}" if body.get("run_url") else line(body)
