"""Group duplicates: who may be the same person, and what of that is certain enough to be merged."""

import base64
from collections import Counter
from typing import TYPE_CHECKING

import dagster as dg

from contact_hub.assets.organization_asset import cells, organization_asset, written
from contact_hub.resources.store import StoreResource
from contact_hub.store import channel_tables
from contact_hub.store import duplicate_tables as tables
from contact_hub.store.changed_rows import Difference

if TYPE_CHECKING:
    from contact_hub.linkage import LinkageModel

# Pandas is slow to import, and runs of the channels, which somebody waits for, do without: steps import what needs it.


@organization_asset(
    group="duplicates",
    tables=[tables.duplicate_clusters, tables.duplicate_pairs, tables.contact_block_keys, tables.duplicate_statistics],
    kinds={"postgres", "python"},
    deps=["contacts", "identity_decisions"],
)
def duplicate_clusters(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """Contacts that are likely one person: clusters and scored pairs, certain or possible, with the weight of every field.

    All contacts are scored anew, with a model that stays until an organization has changed by a tenth. What people decided
    holds: who was said to be distinct, split or wrongly merged is never proposed again.
    """
    from contact_hub.duplicates.search import search

    differences: list[Difference] = []
    counts = Counter[str]()
    for cell in cells(context):
        found = search(store.database, cell.organization_id)
        differences += found.differences[:1]
        version = found.counts.pop("model_version")
        counts.update(found.counts)
    numbers = {name: int(count) for name, count in counts.items()}
    chart = {"match_weights": _chart(found.model)} if numbers["refitted"] else {}
    return written(differences, model_version=version, **chart, **numbers)


def _chart(model: "LinkageModel") -> dg.MarkdownMetadataValue:
    """With a new model only: a picture a day would fill the event log."""
    from contact_hub.reporting.match_weights import match_weights_chart  # matplotlib is slow to import, and seldom needed

    drawn = base64.b64encode(match_weights_chart(model)).decode()
    return dg.MetadataValue.md(f"![Match weights of the model in use](data:image/png;base64,{drawn})")


@organization_asset(
    group="duplicates",
    tables=[channel_tables.identity_decisions],
    kinds={"postgres", "python"},
    deps=["duplicate_clusters"],
)
def contact_merges(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult[None]:
    """Certain duplicates made one contact: each a decision of the model, which anybody can undo.

    Only where a clinic has turned it on, and at most a share of its contacts in one run: one that would merge more stops and
    merges nothing. Elsewhere the numbers say what would be merged.
    """
    from contact_hub.duplicates.merging import merge_certain

    told, held = Counter[str](), Counter[str]()
    for cell in cells(context):
        run = merge_certain(store.database, cell.organization_id)
        prefix = "would_merge" if run.dry else "merged"
        told.update({f"{prefix}_groups": run.groups, f"{prefix}_contacts": run.merged_away, "contacts": run.contacts})
        told["at_most"] += run.most
        held.update(run.held)
    told["dagster/partition_row_count"] = told["merged_contacts"]
    return dg.MaterializeResult(
        metadata={**told, "held_back": sum(held.values()), "held_back_by_reason": dg.MetadataValue.json(dict(held))}
    )
