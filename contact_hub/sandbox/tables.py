"""A table of rows by id, with what was worked out about it kept until the next change."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from contact_hub.sandbox.rows import (
    AppointmentType,
    Attendee,
    Business,
    GroupAppointment,
    IndividualAppointment,
    Patient,
    Practitioner,
    Row,
)

R = TypeVar("R", bound=Row)

_KEPT_RESULTS = 32


class Table(Generic[R]):
    """Rows by id. Whoever changes a row calls :meth:`changed`; the clinic's lock guards all of it."""

    def __init__(self) -> None:
        self.rows: dict[int, R] = {}
        self._results: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows.values())

    def __contains__(self, row_id: int) -> bool:
        return row_id in self.rows

    def __getitem__(self, row_id: int) -> R:
        return self.rows[row_id]

    def get(self, row_id: int) -> R | None:
        """The row, or None."""
        return self.rows.get(row_id)

    def add(self, row: R) -> None:
        """Put a new row in."""
        self.rows[row.id] = row
        self.changed()

    def remove(self, row_id: int) -> None:
        """Take a row out, leaving no trace of it."""
        del self.rows[row_id]
        self.changed()

    def changed(self) -> None:
        """Forget what was worked out about the rows."""
        self._results.clear()

    def remembered(self, question: Any, answer: Callable[[], Any]) -> Any:
        """``answer()``, worked out once until the table changes: paging asks the same again and again."""
        if question not in self._results:
            if len(self._results) >= _KEPT_RESULTS:
                self._results.pop(next(iter(self._results)))
            self._results[question] = answer()
        return self._results[question]


@dataclass
class Tables:
    """The clinic's records, one table a resource, and the lock under which they are read and changed."""

    patients: Table[Patient] = field(default_factory=Table)
    individual_appointments: Table[IndividualAppointment] = field(default_factory=Table)
    group_appointments: Table[GroupAppointment] = field(default_factory=Table)
    attendees: Table[Attendee] = field(default_factory=Table)
    businesses: Table[Business] = field(default_factory=Table)
    practitioners: Table[Practitioner] = field(default_factory=Table)
    appointment_types: Table[AppointmentType] = field(default_factory=Table)
    vanished_patients: set[int] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
