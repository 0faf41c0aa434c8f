"""What a report tells, read from the store: numbers by day, measures beside their limits, channels by week, syncs by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from contact_hub.channels.event import SPOKEN_KINDS
from contact_hub.measures import MEASURES, Measure
from contact_hub.measures.evaluation import Count, count
from contact_hub.store.measure_limits import measure_limits
from contact_hub.store.organizations import organization

DAYS = 90
WEEKS = 13
SYNC_DAYS = 30


@dataclass(frozen=True)
class Judged:
    """A measure as of the day, beside the limit that it is held to."""

    asset: str
    measure: Measure
    counted: Count
    at_least: float

    @property
    def passes(self) -> bool:
        return self.counted.share >= self.at_least


@dataclass(frozen=True)
class ReportFacts:
    """Everything on the page.

    Attributes:
        numbers: rows of ``contact_metrics`` of the last :data:`DAYS` days, ascending.
        judged: every measure.
        weeks: events by week (its Monday) and channel.
        synced: for each of the last :data:`SYNC_DAYS` days since the first import, whether a run brought it to its end.
        read_through: how far each Cliniko resource has been read.
        replies: messages of the last :data:`WEEKS` weeks by what became of them, in words.
        duplicates: groups that wait now, and decisions of the last :data:`WEEKS` weeks that nobody has taken back, in words.
    """

    organization_id: str
    name: str
    day: date
    numbers: Sequence[Mapping[str, Any]]
    judged: Sequence[Judged]
    weeks: Mapping[date, Mapping[str, int]]
    synced: Mapping[date, bool]
    read_through: Mapping[str, datetime]
    replies: Mapping[str, int]
    duplicates: Mapping[str, int]


def report_facts(connection: Connection, organization_id: str, day: date) -> ReportFacts:
    """The facts of one clinic as of a day.

    Raises:
        ConfigurationError: there is no such organization.
    """
    clinic = organization(connection, organization_id)
    parameters = {"organization_id": organization_id, "day": day}

    def rows(statement: str, **more: Any) -> list[Any]:
        return list(connection.execute(text(statement), {**parameters, **more}))

    weeks: dict[date, dict[str, int]] = {}
    first_week = _monday(day) - timedelta(weeks=WEEKS - 1)
    for row in rows(_WEEKS, kinds=sorted(SPOKEN_KINDS), first=first_week):
        weeks.setdefault(row.week, {})[row.channel] = row.events
    return ReportFacts(
        organization_id=organization_id,
        name=clinic.name,
        day=day,
        numbers=[dict(row._mapping) for row in rows(_NUMBERS, first=day - timedelta(days=DAYS - 1))],
        judged=_judged(connection, organization_id, day),
        weeks=weeks,
        synced={row.day: row.is_synced for row in rows(_SYNCED, first=day - timedelta(days=SYNC_DAYS - 1))},
        read_through={row.resource: row.changed_through for row in rows(_READ_THROUGH)},
        replies={
            ": ".join(filter(None, (row.state, row.reason))).replace("_", " "): row.replies
            for row in rows(_REPLIES, first=first_week)
        },
        duplicates={row.what: row.number for row in rows(_DUPLICATES, first=first_week)},
    )


def _judged(connection: Connection, organization_id: str, day: date) -> list[Judged]:
    limits = measure_limits(connection, organization_id)
    return [
        Judged(
            asset,
            measure,
            count(connection, measure, organization_id, day),
            limits.get((asset, measure.name), measure.at_least),
        )
        for asset, measures in MEASURES.items()
        for measure in measures
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


_NUMBERS = """
    SELECT * FROM contact_metrics
    WHERE organization_id = :organization_id AND as_of BETWEEN :first AND :day ORDER BY as_of
"""
_WEEKS = """
    SELECT date_trunc('week', event.occurred_at AT TIME ZONE clinic.time_zone)::date AS week, event.channel,
           count(*) AS events
    FROM channel_events AS event JOIN organizations AS clinic USING (organization_id)
    WHERE organization_id = :organization_id AND event.kind = ANY(:kinds)
      AND event.occurred_at >= CAST(:first AS timestamp) AT TIME ZONE clinic.time_zone
      AND event.occurred_at < (CAST(:day AS timestamp) + INTERVAL '1 day') AT TIME ZONE clinic.time_zone
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_SYNCED = """
    SELECT due.day::date AS day, synced.as_of IS NOT NULL AS is_synced
    FROM (SELECT greatest(CAST(:first AS date), (min(state.imported_at) AT TIME ZONE min(clinic.time_zone))::date) AS first
          FROM sync_states AS state JOIN organizations AS clinic USING (organization_id)
          WHERE organization_id = :organization_id) AS since
    CROSS JOIN LATERAL generate_series(since.first, CAST(:day AS date), INTERVAL '1 day') AS due (day)
    LEFT JOIN activity_days AS synced ON synced.organization_id = :organization_id AND synced.as_of = due.day::date
    ORDER BY 1
"""
_READ_THROUGH = "SELECT resource, changed_through FROM sync_states WHERE organization_id = :organization_id ORDER BY 1"
_REPLIES = """
    SELECT reply.state, reply.reason, count(*) AS replies
    FROM replies AS reply JOIN organizations AS clinic USING (organization_id)
    WHERE organization_id = :organization_id
      AND reply.received_at >= CAST(:first AS timestamp) AT TIME ZONE clinic.time_zone
      AND reply.received_at < (CAST(:day AS timestamp) + INTERVAL '1 day') AT TIME ZONE clinic.time_zone
    GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST
"""
_DUPLICATES = """
    WITH decided AS (
        SELECT decision.kind, decision.authority FROM identity_decisions AS decision
        JOIN organizations AS clinic USING (organization_id)
        WHERE organization_id = :organization_id AND decision.kind IN ('merge', 'distinct')
          AND decision.decided_at >= CAST(:first AS timestamp) AT TIME ZONE clinic.time_zone
          AND decision.decided_at < (CAST(:day AS timestamp) + INTERVAL '1 day') AT TIME ZONE clinic.time_zone
          AND NOT EXISTS (SELECT FROM identity_decisions AS undo
                          WHERE undo.organization_id = decision.organization_id AND undo.undoes = decision.decision_id)
    ),
    waiting AS (
        SELECT decision, count(DISTINCT cluster_id) AS groups FROM duplicate_clusters
        WHERE organization_id = :organization_id GROUP BY decision
    )
    SELECT what, coalesce(number, 0) AS number FROM (VALUES
        (1, 'found now, certain', (SELECT groups FROM waiting WHERE decision = 'certain')),
        (2, 'found now, for a person', (SELECT groups FROM waiting WHERE decision = 'possible')),
        (3, 'merged by themselves', (SELECT count(*) FROM decided WHERE kind = 'merge' AND authority = 'model')),
        (4, 'reviewed: merged', (SELECT count(*) FROM decided WHERE kind = 'merge' AND authority = 'person')),
        (5, 'reviewed: two people', (SELECT count(*) FROM decided WHERE kind = 'distinct' AND authority = 'person'))
    ) AS counted (place, what, number) ORDER BY place
"""
