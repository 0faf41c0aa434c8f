"""What patients' own records state: kept with since and until when, and what it means when a number leaves one of them."""

from sqlalchemy import Connection, text

from contact_hub.store.changed_rows import WORTH_ANALYZING
from contact_hub.store.changes import take_numbers
from contact_hub.store.number_changes import note_changes

# The organization is joined like the rest: see contact_hub.store.changed_rows.same_key.
_STAGE = """
    CREATE TEMPORARY TABLE staging_statements ON COMMIT DROP AS
    SELECT DISTINCT ON (source, source_id, kind, value) organization_id, source, source_id, kind, value, created_at, updated_at
    FROM (
        SELECT organization_id, source, source_id, 'phone' AS kind, entry ->> 'number' AS value,
               (entry ->> 'placeholder')::boolean AS placeholder, created_at, updated_at
        FROM {records}, jsonb_array_elements(phones) AS entry WHERE contact_type = 'cliniko_patient'
        UNION ALL
        SELECT organization_id, source, source_id, 'email', entry ->> 'address', (entry ->> 'placeholder')::boolean,
               created_at, updated_at
        FROM {records}, jsonb_array_elements(emails) AS entry WHERE contact_type = 'cliniko_patient'
    ) AS stated
    WHERE NOT placeholder
"""
_SAME = """
    (stated.organization_id, stated.source, stated.source_id, stated.kind, stated.value)
    = (statement.organization_id, statement.source, statement.source_id, statement.kind, statement.value)
"""
_END = f"""
    UPDATE identifier_statements AS statement SET until = coalesce(record.updated_at, now())
    FROM {{records}} AS record
    WHERE record.contact_type = 'cliniko_patient' AND record.organization_id = statement.organization_id
      AND record.source = statement.source AND record.source_id = statement.source_id
      AND statement.claim = 'record' AND statement.until IS NULL
      AND NOT EXISTS (SELECT FROM staging_statements AS stated WHERE {_SAME})
    RETURNING statement.source, statement.source_id, statement.kind, statement.value, statement.since, statement.until
"""
_RESUME = f"""
    UPDATE identifier_statements AS statement SET until = NULL, since = stated.updated_at
    FROM staging_statements AS stated WHERE statement.until IS NOT NULL AND {_SAME}
"""
_BEGIN = f"""
    INSERT INTO identifier_statements (organization_id, source, source_id, kind, value, claim, since)
    SELECT stated.organization_id, stated.source, stated.source_id, stated.kind, stated.value, 'record',
           CASE WHEN known.source_id IS NULL AND linked.source_id IS NULL THEN stated.created_at ELSE stated.updated_at END
    FROM staging_statements AS stated
    LEFT JOIN (SELECT DISTINCT organization_id, source, source_id FROM identifier_statements
               WHERE claim = 'record' AND (organization_id, source, source_id) IN (
                   SELECT organization_id, source, source_id FROM staging_statements)
              ) AS known USING (organization_id, source, source_id)
    LEFT JOIN source_record_links AS linked USING (organization_id, source, source_id)
    WHERE NOT EXISTS (SELECT FROM identifier_statements AS statement WHERE {_SAME})
"""


def follow_patient_statements(connection: Connection, organization_id: str, changed: str) -> int:
    """Bring the statements of patients' records up to date with ``normalized_contacts``; how many rows were written.

    What a record states when it is first seen holds since it was made, the rest since the change that brought it. A phone
    that leaves the one patient who had it changes hands at that moment.

    Args:
        changed: a table with the organization's rows that have changed since the last time, which are all that is followed.
    """
    connection.execute(text("DROP TABLE IF EXISTS pg_temp.staging_statements"))
    connection.execute(text(_STAGE.format(records=changed)))
    connection.execute(text("ANALYZE staging_statements"))
    ended = list(connection.execute(text(_END.format(records=changed))))
    resumed = connection.execute(text(_RESUME)).rowcount
    begun = connection.execute(text(_BEGIN)).rowcount
    connection.execute(text("DROP TABLE staging_statements"))
    if begun >= WORTH_ANALYZING:
        connection.execute(text("ANALYZE identifier_statements (organization_id, source, source_id, kind, value)"))
    for statement in ended:
        if statement.kind == "phone" and _was_theirs_alone(connection, organization_id, statement):
            _changed_hands(connection, organization_id, statement)
    return len(ended) + resumed + begun


_ALONE = text("""
    SELECT bool_or(alone) FROM (
        SELECT NOT EXISTS (
            SELECT FROM identifier_statements AS other
            WHERE other.organization_id = :organization_id AND other.kind = :kind AND other.value = :value
              AND other.claim = 'record' AND (other.source, other.source_id) <> (:source, :source_id)
              AND coalesce(other.since, '-infinity') <= moment AND coalesce(other.until, 'infinity') > moment
        ) AS alone
        FROM unnest(CAST(ARRAY[:since, :until] AS timestamptz[])) AS moment
    ) AS moments
""")


def _was_theirs_alone(connection: Connection, organization_id: str, ended) -> bool:  # type: ignore[no-untyped-def]
    """Whether nobody else had the number when the record began to state it, or when it ceased to.

    A number that a family shares stays with the family when one of them gets a number of their own.
    """
    parameters = {**ended._mapping, "since": ended.since or ended.until, "organization_id": organization_id}
    return bool(connection.execute(_ALONE, parameters).scalar_one())


def _changed_hands(connection: Connection, organization_id: str, ended) -> None:  # type: ignore[no-untyped-def]
    change = {
        "kind": ended.kind,
        "value": ended.value,
        "changed_at": ended.until,
        "reason": "dropped",
        "former_source": ended.source,
        "former_source_id": ended.source_id,
    }
    note_changes(connection, organization_id, [change], take_numbers(connection, organization_id, 1))
