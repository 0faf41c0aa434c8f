"""No personal data in errors: Dagster masks exceptions of our code, and what it logs of them is stripped of messages.

A message of PostgreSQL or of a parser may quote a row. Dagster's masking keeps it out of the event log, but hands the
original to a logger that ends on stderr. What is kept is where it happened.
"""

import logging
import os

from contact_hub.errors import stack_of

REDACTED_ERRORS = "dagster.redacted_errors"


class StackOnly(logging.Filter):
    """Puts an exception's types and frames in the place of its messages, for whichever handler comes next."""

    def filter(self, record: logging.LogRecord) -> bool:
        import dagster as dg  # whoever logs here has it; who only turns the masking on need not wait for it

        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, dg.Failure):
            return False  # a step that failed on purpose has said why in its event
        if error is not None:
            record.msg = f"{record.getMessage()}\n{stack_of(error)}"
            record.args = None
            record.exc_info = None
            record.exc_text = None
        return True


def mask_errors() -> None:
    """Turn Dagster's masking on for this process and its children, and strip what it logs."""
    os.environ.setdefault("DAGSTER_REDACT_USER_CODE_ERRORS", "1")
    logger = logging.getLogger(REDACTED_ERRORS)
    if not any(isinstance(known, StackOnly) for known in logger.filters):
        logger.addFilter(StackOnly())
