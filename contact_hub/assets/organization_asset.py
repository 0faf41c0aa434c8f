"""What every per-organization asset has in common: partitions, schema from its table, code link, clean failures."""

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dagster as dg
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from contact_hub.automation.partitions import ORGANIZATION_DAYS, OrganizationDays, organization_days_of
from contact_hub.errors import ContactHubError
from contact_hub.store.changed_rows import Difference

# Links from an asset to its code are what a reader wants first; they are in beta in this version of Dagster.
warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*CodeReference.*")

OWNERS = ("team:data",)


def organization_asset(
    *,
    group: str,
    tables: Sequence[Table],
    kinds: set[str],
    deps: Sequence[str] = (),
    code_version: str = "1",
) -> Callable[[Callable[..., dg.MaterializeResult[None]]], dg.AssetsDefinition]:
    """Declare an asset of organization x day; the docstring is its description.

    An error that contact_hub raises on purpose fails the step with its message, which holds no personal data; any other
    error is masked (:mod:`contact_hub.resources.redaction`).

    Args:
        tables: the tables that it writes; the first one's columns are the asset's schema.
        code_version: to be raised when the rules change, so that the UI shows what was made under the old ones.
    """

    def declare(step: Callable[..., dg.MaterializeResult[None]]) -> dg.AssetsDefinition:
        return dg.asset(
            _failing_cleanly(step),
            name=step.__name__,
            group_name=group,
            description=" ".join((step.__doc__ or "").split()),
            deps=list(deps),
            partitions_def=ORGANIZATION_DAYS,
            kinds=kinds,
            code_version=code_version,
            metadata={
                "dagster/column_schema": column_schema(tables[0]),
                "dagster/table_name": ", ".join(table.fullname for table in tables),
                "dagster/code_references": _code_reference(step),
            },
        )

    return declare


def _code_reference(step: Callable[..., Any]) -> dg.CodeReferencesMetadataValue:
    """Where the step's body is; Dagster's own helper would name the wrapper around it."""
    file, line = str(inspect.getsourcefile(step)), inspect.getsourcelines(step)[1]
    reference = dg.LocalFileCodeReference(file_path=file, line_number=line, label=step.__name__)
    return dg.CodeReferencesMetadataValue(code_references=[reference])


def _failing_cleanly(step: Callable[..., dg.MaterializeResult[None]]) -> Callable[..., dg.MaterializeResult[None]]:
    @functools.wraps(step)
    def run(*args: Any, **kwargs: Any) -> dg.MaterializeResult[None]:
        try:
            return step(*args, **kwargs)
        except ContactHubError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from None

    return run


def column_schema(table: Table) -> dg.TableSchema:
    """A table's columns as Dagster shows them; names, types and comments are the database's own."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type.compile(postgresql.dialect()).lower(),
                description=column.comment,
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable), unique=False),
            )
            for column in table.columns
        ]
    )


def cells(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[OrganizationDays]:
    """What the step works on, by organization: one cell, or all cells of a range run."""
    return organization_days_of(context.partition_keys)


def written(differences: Iterable[Difference], **metadata: Any) -> dg.MaterializeResult[None]:
    """The result of a step that wrote ``differences``; counts only."""
    total = list(differences)
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": sum(difference.rows for difference in total),
            "rows_inserted": sum(difference.inserted for difference in total),
            "rows_updated": sum(difference.updated for difference in total),
            "rows_deleted": sum(difference.deleted for difference in total),
            "rows_unchanged": sum(difference.unchanged for difference in total),
            **metadata,
        }
    )
