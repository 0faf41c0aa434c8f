"""What can go wrong between here and Cliniko.

    ClinikoError
    ├── InvalidKey         401
    ├── Forbidden          403, several times
    ├── NotFound           404
    ├── InvalidRequest     400, 422 and every other 4xx
    ├── RateLimited        429, for longer than we wait        retryable
    ├── Unavailable        5xx, timeouts, broken connections   retryable
    └── MalformedResponse  not what the API promises           retryable

``retryable`` means that the same request may well succeed later; the client has already tried several times. Messages
hold resource names, counts, ids, statuses and field names. They never hold the key, a query or anything from a payload,
and no exception of the HTTP libraries is chained to them, because those print the URL.
"""

from contact_hub.http_api.errors import ApiError, until


class ClinikoError(ApiError):
    """A request to Cliniko that gave no result.

    Attributes:
        resource: the resource's name (``patients``).
        status: of the last answer; None where none came.
        attempts: requests sent for this result, the first one included.
        received: in a walk over pages, records handed out before the failure; else None.
        missing: in a walk, records known not to have come; None: nobody knows.
    """

    service = "Cliniko"

    def __init__(self, message: str, *, resource: str, status: int | None = None, missing: int | None = None) -> None:
        super().__init__(message, status=status)
        self.resource = resource
        self.received: int | None = None
        self.missing = missing

    def __str__(self) -> str:
        told = self._after(self.resource)
        if self.received is not None:
            missing = "an unknown number" if self.missing is None else str(self.missing)
            told += f"; records received: {self.received}, missing: {missing}"
        return told


class InvalidKey(ClinikoError):
    """401: the key is wrong or revoked."""


class Forbidden(ClinikoError):
    """403, several times in a row as one alone can pass: the role of the key's user lacks a permission."""


class NotFound(ClinikoError):
    """404: there is no such record, or not for this user."""


class InvalidRequest(ClinikoError):
    """400, 422 or another 4xx: Cliniko does not accept what was asked."""


class RateLimited(ClinikoError):
    """429: more requests than Cliniko allows this user, and waiting longer than configured would be needed.

    Attributes:
        retry_at: when a request may be sent again, in seconds since 1970; None: Cliniko did not say.
    """

    retryable = True

    def __init__(self, message: str, *, resource: str, status: int | None = None, retry_at: float | None = None) -> None:
        super().__init__(message, resource=resource, status=status)
        self.retry_at = retry_at

    def __str__(self) -> str:
        return until(super().__str__(), self.retry_at, self.service)


class Unavailable(ClinikoError):
    """5xx, a timeout, or a connection that could not be made or broke."""

    retryable = True


class MalformedResponse(ClinikoError):
    """An answer that is not what the API promises: not JSON, cut short, another shape, or pages that do not add up."""

    retryable = True
