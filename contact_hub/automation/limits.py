"""Limits from the UI: a job that changes what an organization's checks are held to, as `contact-hub measures set` does."""

import dagster as dg
from pydantic import Field

from contact_hub.errors import ConfigurationError
from contact_hub.measures.limits import Limit, change_limits, limits_of
from contact_hub.resources.run_tags import ORGANIZATIONS_TAG, TRIGGER_TAG
from contact_hub.resources.store import StoreResource
from contact_hub.store.organizations import organization


class LimitsConfig(dg.Config):
    """Which limits of which organization; without any, the run only tells those in force."""

    organization_id: str = Field(description="The id of the organization, as its partitions name it.")
    limits: dict[str, float] = Field(
        default={},
        description=(
            "Smallest shares that pass, from 0 to 1, by asset.measure: for example {contacts.completeness: 0.85}. Checks take "
            "them from their next run on."
        ),
    )
    reset: list[str] = Field(
        default=[],
        description="Measures, as asset.measure, that are held to their defaults again: for example contacts.completeness.",
    )


@dg.op(
    name="limits",
    description="Changes limits, all that are named or none, and tells those in force afterwards in its output's metadata.",
)
def limits(context: dg.OpExecutionContext, config: LimitsConfig, store: StoreResource) -> None:
    try:
        with store.database.transaction() as connection:
            organization(connection, config.organization_id)
            change_limits(connection, config.organization_id, config.limits, config.reset)
            in_force = limits_of(connection, config.organization_id)
    except ConfigurationError as error:
        raise dg.Failure(description=f"nothing was changed: {error}", allow_retries=False) from None
    context.instance.add_run_tags(context.run_id, {ORGANIZATIONS_TAG: config.organization_id})
    context.add_output_metadata(
        {
            "limits_set": len(config.limits),
            "limits_reset": len(set(config.reset)),
            "limits_in_force": dg.MetadataValue.table([_row(one) for one in in_force]),
        }
    )


def _row(limit: Limit) -> dg.TableRecord:
    return dg.TableRecord(
        {"measure": limit.measure, "at least": limit.at_least, "default": limit.default, "own": "own" if limit.is_own else ""}
    )


@dg.job(
    name="set_limits",
    description=(
        "What an organization's checks are held to: smallest shares of its own, or the defaults again. In force from the next "
        "run on, which says so beside each check."
    ),
    tags={TRIGGER_TAG: "manual"},
)
def set_limits_job() -> None:
    limits()
