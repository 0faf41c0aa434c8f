"""The base of what can go wrong between here and somebody's API.

Messages never hold a key, a query or a payload, and no exception of the HTTP libraries is chained to them: those print the URL.
"""

from datetime import UTC, datetime
from typing import ClassVar

from contact_hub.errors import ContactHubError


class ApiError(ContactHubError):
    """A request that gave no result.

    Attributes:
        service: whose API it is, as people call it.
        retryable: the same request may well succeed later; of what only reads, a client has already tried several times.
        status: of the last answer; None where none came.
        attempts: requests sent for this result, the first one included.
    """

    service: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.attempts = 1

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)

    def _after(self, what: str) -> str:
        """The message, after whose and what it was, with the attempts that it took."""
        told = f"{self.service} {what}: {self.args[0]}"
        return told if self.attempts <= 1 else f"{told} ({self.attempts} attempts)"


def _rebuilt(kind: type[ApiError], args: tuple[object, ...], attributes: dict[str, object]) -> ApiError:
    """A copied or unpickled error: the constructors' keywords are among the attributes."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


def until(told: str, retry_at: float | None, service: str) -> str:
    """``told``, and when the next request may be sent (seconds since 1970; None: the API did not say)."""
    if retry_at is None:
        return told
    try:
        moment = datetime.fromtimestamp(retry_at, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{told}; the time that {service} names for the next request is centuries away"
    return f"{told}; next request not before {moment}"
