"""What can go wrong between here and Chatwoot.

    ChatwootError
    ├── Unauthorized      401, 403
    ├── NotFound          404
    ├── Refused           400, 402, 422 and every other 4xx
    ├── RateLimited       429, for longer than we wait        retryable
    ├── Unavailable       5xx, timeouts, broken connections   retryable
    └── UnexpectedAnswer  not what the API promises           retryable

``retryable`` means that the same request may well succeed later; of what only reads, the client has already tried several
times. Messages hold the action, statuses, counts and field names. They never hold the token, a query or anything from a
payload, and no exception of the HTTP libraries is chained to them, because those print the URL.
"""

from contact_hub.http_api.errors import ApiError, until


class ChatwootError(ApiError):
    """A request to Chatwoot that gave no result.

    Attributes:
        action: what was asked for (``contacts``).
        status: of the last answer; None where none came.
        attempts: requests sent for this result, the first one included.
        may_have_happened: whether Chatwoot may have done what was asked all the same. Where this is a write, look before
            you write again: Chatwoot has no idempotency keys.
    """

    service = "Chatwoot"
    may_have_happened = False

    def __init__(self, message: str, *, action: str, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.action = action

    def __str__(self) -> str:
        return self._after(self.action)


class Unauthorized(ChatwootError):
    """401 or 403: the token is wrong or revoked, or its user may not do this. Chatwoot says 401 to both."""


class NotFound(ChatwootError):
    """404: there is no such record (any more). A contact may have been merged into another one, of which nobody is told."""


class Refused(ChatwootError):
    """422 or another 4xx: Chatwoot does not accept what was asked.

    Attributes:
        fields: those that Chatwoot names; a taken email or phone is ``email`` or ``phone_number``.
    """

    def __init__(self, message: str, *, action: str, status: int | None = None, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message, action=action, status=status)
        self.fields = fields


class RateLimited(ChatwootError):
    """429: more requests than Chatwoot allows this address, and waiting longer than configured would be needed.

    Attributes:
        retry_at: when a request may be sent again, in seconds since 1970; None: Chatwoot did not say.
    """

    retryable = True

    def __init__(self, message: str, *, action: str, status: int | None = None, retry_at: float | None = None) -> None:
        super().__init__(message, action=action, status=status)
        self.retry_at = retry_at

    def __str__(self) -> str:
        return until(super().__str__(), self.retry_at, self.service)


class Unavailable(ChatwootError):
    """5xx, a timeout, or a connection that could not be made or broke."""

    retryable = True

    def __init__(self, message: str, *, action: str, status: int | None = None, may_have_happened: bool = True) -> None:
        super().__init__(message, action=action, status=status)
        self.may_have_happened = may_have_happened


class UnexpectedAnswer(ChatwootError):
    """An answer that is not what the API promises: not JSON, cut short, another shape."""

    retryable = True
    may_have_happened = True
