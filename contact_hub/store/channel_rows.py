"""Channel records of a whole organization as rows of ``normalized_contacts``."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from contact_hub.channels.normalized import channel_row
from contact_hub.channels.records import ChannelRecord, Statement
from contact_hub.store.identity_rows import STREAMED

_RECORDS = text("""
    SELECT source, source_id, identifier, first_at, last_at, from_customer, name, named_at, username, username_at, stated
    FROM channel_records AS record
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(kind, value, claim, since, last_at)) AS stated
        FROM identifier_statements AS statement
        WHERE statement.organization_id = record.organization_id AND statement.source = record.source
          AND statement.source_id = record.source_id AND kind IN ('phone', 'email')
    ) AS statements ON true
    WHERE organization_id = :organization_id
""")


def channel_rows(connection: Connection, organization_id: str) -> Iterator[tuple[Any, ...]]:
    """One row a channel record, in the order of ``NORMALIZED_COLUMNS``; read in small batches."""
    rows = connection.execute(_RECORDS, {"organization_id": organization_id}, execution_options=STREAMED)
    for row in rows:
        statements = {
            (kind, value): Statement(claim, datetime.fromisoformat(since), datetime.fromisoformat(last_at))
            for kind, value, claim, since, last_at in row.stated or ()
        }
        yield channel_row((row.source, row.source_id), ChannelRecord(*row[2:10]), statements)
