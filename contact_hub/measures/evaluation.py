"""Counting: what measures come to for one clinic and day, and the row of ``contact_metrics`` that keeps it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from contact_hub.channels.event import SPOKEN_KINDS
from contact_hub.measures.measure import Measure
from contact_hub.store.changed_rows import Difference
from contact_hub.store.difference import Staging
from contact_hub.store.reporting_tables import contact_metrics

_Z = 1.959964


@dataclass(frozen=True)
class Count:
    """What one measure comes to."""

    numerator: int
    denominator: int

    @property
    def share(self) -> float:
        """Where there is nothing to measure, nothing is wrong: 1."""
        return self.numerator / self.denominator if self.denominator else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of a share counted on a sample of what may come: Wilson's, which holds at 0, at 1 and for few.

        E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
        """
        if not self.denominator:
            return 0.0, 1.0
        z2, n, p = _Z**2, self.denominator, self.numerator / self.denominator
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z / (1 + z2 / n) * math.sqrt(max(p * (1 - p), 0.0) / n + z2 / (4 * n * n))
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True)
class Sampled(Count):
    """What was found of all that there is, where the rest is estimated from a random sample.

    Attributes:
        sample: hits among the sampled of what was not found.
        population: how many the sample was drawn from.
    """

    sample: Count
    population: int

    @property
    def interval(self) -> tuple[float, float]:
        """The share at both ends of the sample's own interval; what was found counts as known."""
        if not self.denominator:
            return 0.0, 1.0
        low, high = (self.numerator / max(self.numerator + self.population * end, 1e-9) for end in self.sample.interval[::-1])
        return min(low, 1.0), min(high, 1.0)


def _sampled(found: int, sample: Count, population: int) -> Count:
    """Without a sample nothing is known of what was missed, so there is nothing to measure."""
    if not sample.denominator:
        return Count(0, 0)
    return Sampled(found, found + round(population * sample.numerator / sample.denominator), sample, population)


def count(connection: Connection, measure: Measure, organization_id: str, day: date) -> Count:
    """One measure of one clinic as of a day."""
    row = connection.execute(text(measure.sql), {"organization_id": organization_id, "day": day}).one()
    numbers = [int(number or 0) for number in row]  # a sum over no rows is NULL
    return _sampled(numbers[0], Count(*numbers[2:4]), numbers[4]) if measure.is_sampled else Count(*numbers[:2])


_BREAKDOWNS = """
    SELECT coalesce((SELECT jsonb_object_agg(source, contacts) FROM (
               SELECT first_contact_source AS source, count(*) AS contacts FROM contacts
               WHERE organization_id = :organization_id AND status = 'active' GROUP BY 1) AS by_source), '{}')
               AS contacts_by_source,
           coalesce((SELECT jsonb_object_agg(channel, counts) FROM (
               SELECT channel, jsonb_build_object('in', count(*) FILTER (WHERE direction = 'in'),
                                                  'out', count(*) FILTER (WHERE direction = 'out')) AS counts
               FROM channel_events AS event JOIN organizations AS clinic USING (organization_id)
               WHERE organization_id = :organization_id AND event.kind = ANY(:kinds)
                 AND event.occurred_at >= CAST(:day AS timestamp) AT TIME ZONE clinic.time_zone
                 AND event.occurred_at < (CAST(:day AS timestamp) + INTERVAL '1 day') AT TIME ZONE clinic.time_zone
               GROUP BY channel) AS by_channel), '{}') AS events_by_channel
"""


def write_metrics(connection: Connection, measures: Iterable[Measure], organization_id: str, day: date) -> Difference:
    """Count the measures that are kept by day, and write the row of the day if it differs."""
    values: dict[str, Any] = {}
    for measure in measures:
        if measure.counts is not None:
            counted = count(connection, measure, organization_id, day)
            values |= zip(measure.counts, (counted.numerator, counted.denominator), strict=True)
    parameters = {"organization_id": organization_id, "day": day, "kinds": sorted(SPOKEN_KINDS)}
    breakdowns = connection.execute(text(_BREAKDOWNS), parameters).one()._asdict()
    row = {"organization_id": organization_id, "as_of": day, **values, **breakdowns}
    staging = Staging(connection, contact_metrics, list(row))
    staging.copy([list(row.values())])
    return staging.merge({"organization_id": organization_id, "as_of": day}, delete_missing=False, touch="updated_at")
