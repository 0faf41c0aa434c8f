"""The asset of the replies: what became of them by state and reason, what nobody takes care of, and checks that fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.automation.partitions import partition_key, partition_tags, today
from contact_hub.definitions import build_definitions
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub.store.database import Database
from contact_hub_tests.replies.support import AnsweringClinic, answering_clinic
from contact_hub_tests.replies.test_workers import silent_clinic

DEFINITIONS = build_definitions()


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[AnsweringClinic]:
    with answering_clinic(database, organization_id) as clinic:
        clinic.answers("reply", cool_down_s=600)
        yield clinic
        clinic.answers("off")


def materialize(clinic: AnsweringClinic, instance: DagsterInstance) -> tuple[dict[str, Any], dict[str, bool]]:
    """The asset's metadata, and its checks."""
    instance.add_dynamic_partitions(ORGANIZATION, [clinic.organization_id])
    result = DEFINITIONS.resolve_job_def("channels").execute_in_process(
        partition_key=partition_key(clinic.organization_id, today()),
        instance=instance,
        tags=partition_tags(clinic.organization_id, today()),
        asset_selection=[dg.AssetKey("replies")],
    )
    assert result.success
    (event,) = result.get_asset_materialization_events()
    metadata = {name: value.value for name, value in event.materialization.metadata.items()}
    checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    return metadata, checks


def test_it_tells_what_became_of_replies(clinic: AnsweringClinic, instance: DagsterInstance) -> None:
    chatwoot = clinic.chatwoot
    first = chatwoot.receive("whatsapp", "61400500001", "one")
    clinic.ended(first)
    clinic.ended(chatwoot.receive("whatsapp", "61400500001", "two"))
    chatwoot.assign(first.conversation, chatwoot.agent)
    clinic.ended(chatwoot.receive("whatsapp", "61400500001", "three"))
    metadata, checks = materialize(clinic, instance)
    assert metadata == {
        "dagster/partition_row_count": 3,
        "rows_inserted": 0,
        "rows_updated": 0,
        "rows_deleted": 0,
        "sent": 1,
        "skipped_cool_down": 1,
        "skipped_human_assigned": 1,
    }
    assert checks == dict.fromkeys(("not_lost", "sent_once", "none_stuck", "response_context"), True)


def test_what_no_gateway_takes_care_of_is_seen(database: Database, instance: DagsterInstance, organization_id: str) -> None:
    with silent_clinic(database, organization_id) as clinic:
        clinic.answers("reply", expires_after_s=60)
        clinic.chatwoot.receive("whatsapp", "61400500002", at=datetime.now(UTC) - timedelta(minutes=2))
        metadata, checks = materialize(clinic, instance)
        assert (metadata["rows_inserted"], metadata["expired_too_late"]) == (1, 1)
        assert not checks["not_lost"]
        clinic.answers("off")


def test_the_checks_fail_where_they_should(clinic: AnsweringClinic, instance: DagsterInstance) -> None:
    message = clinic.chatwoot.receive("whatsapp", "61400500003", "one")
    row = clinic.ended(message)
    clinic.settled()
    spoil = text("""
        UPDATE replies SET state = 'sending', next_attempt_at = 'infinity', expires_at = now() - interval '2 hours'
        WHERE organization_id = :organization_id
    """)
    with clinic.database.transaction() as connection:
        connection.execute(spoil, {"organization_id": clinic.organization_id})
    echo = next(one for one in clinic.ours(message.conversation))
    clinic.chatwoot.write(
        message.conversation, "again", clinic.chatwoot.integration, content_attributes=dict(echo.content_attributes)
    )
    _, checks = materialize(clinic, instance)
    assert not checks["none_stuck"]
    assert not checks["sent_once"]
    assert row.state == "sent"
