"""Which records are one person: probabilistic linkage. Pure: no Dagster, no SQL, no HTTP. See docs/linkage.md."""

from contact_hub.linkage.engine import deduplicate, link
from contact_hub.linkage.explanation import Explanation
from contact_hub.linkage.matching import blocking_keys, match
from contact_hub.linkage.model import LinkageModel, prior_model
from contact_hub.linkage.result import Linkage

__all__ = ["Explanation", "Linkage", "LinkageModel", "blocking_keys", "deduplicate", "link", "match", "prior_model"]
