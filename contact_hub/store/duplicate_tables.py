"""Who may be the same person: what the linkage found, and the model by which it did. Derived; what was decided is elsewhere."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Double, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from contact_hub.store.tables import MOMENT, belongs_to_organization, metadata, one_of, organization_column, written_at

duplicate_clusters = Table(
    "duplicate_clusters",
    metadata,
    organization_column(),
    Column("contact_id", UUID(as_uuid=True), primary_key=True, comment="A contact that has company"),
    Column("cluster_id", UUID(as_uuid=True), nullable=False, comment="The cluster: the smallest id of its contacts"),
    Column("size", Integer, nullable=False, comment="Contacts in the cluster"),
    Column("decision", Text, nullable=False, comment="certain: merged by itself where that is on; possible: for a person"),
    *written_at(),
    belongs_to_organization(),
    one_of("decision", "certain", "possible"),
    Index(None, "organization_id", "cluster_id"),
    comment="Contacts that are likely one person, by cluster; contacts by themselves are left out",
)

duplicate_pairs = Table(
    "duplicate_pairs",
    metadata,
    organization_column(),
    Column("left_id", UUID(as_uuid=True), primary_key=True, comment="One contact: the smaller id"),
    Column("right_id", UUID(as_uuid=True), primary_key=True, comment="The other contact"),
    Column("probability", Double, nullable=False, comment="Chance that they are one person, by the model"),
    Column("weight", Double, nullable=False, comment="The same as log2 odds"),
    Column("decision", Text, nullable=False, comment="certain, or possible"),
    Column("fields", JSONB, nullable=False, comment="What each field added to the weight, in bits"),
    Column("model_version", Text, nullable=False, comment="The model that scored the pair"),
    Column("digest", BigInteger, nullable=False, comment="Of the row: by it the next search tells whether it differs"),
    *written_at(),
    belongs_to_organization(),
    one_of("decision", "certain", "possible"),
    Index(None, "organization_id", "right_id"),
    comment="Pairs of contacts that may be one person, each with the weight of every field",
)

reviewed_pairs = Table(
    "reviewed_pairs",
    metadata,
    organization_column(),
    Column("left_id", UUID(as_uuid=True), primary_key=True, comment="One contact: the smaller id"),
    Column("right_id", UUID(as_uuid=True), primary_key=True, comment="The other contact"),
    Column("decision", Text, nullable=False, comment="As the model had it: certain, possible; below: sampled"),
    Column("probability", Double, nullable=False, comment="Chance that they are one person, by the model"),
    Column("model_version", Text, nullable=False, comment="The model that scored the pair"),
    Column("population", BigInteger, comment="Of a sampled pair: how many it was drawn from"),
    Column("sampled_at", MOMENT, comment="Of a sampled pair: when it was drawn"),
    *written_at(),
    belongs_to_organization(),
    one_of("decision", "certain", "possible", "below"),
    comment="Scored pairs that people decide, as the model had them; ids only",
)

linkage_models = Table(
    "linkage_models",
    metadata,
    organization_column(),
    Column("version", Text, primary_key=True, comment="A digest of the model"),
    Column("model", JSONB, nullable=False, comment="The model as data: levels, weights, frequencies of names"),
    Column("contacts", Integer, nullable=False, comment="Contacts that it was fitted on"),
    Column("made_at", MOMENT, nullable=False, comment="When it was fitted"),
    belongs_to_organization(),
    Index(None, "organization_id", "made_at"),
    comment="The models by which pairs were scored; the latest is in use",
)

duplicate_statistics = Table(
    "duplicate_statistics",
    metadata,
    organization_column(),
    Column("people", Integer, nullable=False, comment="Contacts that were compared"),
    Column("candidate_pairs", BigInteger, nullable=False, comment="Pairs that share a blocking key, and were scored"),
    Column("certain", Integer, nullable=False, comment="Pairs that are one person for certain"),
    Column("possible", Integer, nullable=False, comment="Pairs for a person to decide"),
    Column("clusters", Integer, nullable=False, comment="Clusters of more than one contact"),
    Column("blocks", BigInteger, nullable=False, comment="Blocks of more than one contact by the rules that tell people apart"),
    Column("dropped_blocks", Integer, nullable=False, comment="Those that were too large, and were not looked at"),
    Column("lost_pairs", BigInteger, nullable=False, comment="Pairs in dropped blocks of any rule; others may have found them"),
    Column("model_version", Text, nullable=False, comment="The model in use"),
    *written_at(),
    belongs_to_organization(),
    comment="What the last search for duplicates came to",
)

contact_block_keys = Table(
    "contact_block_keys",
    metadata,
    organization_column(),
    Column("contact_id", UUID(as_uuid=True), primary_key=True, comment="The contact"),
    Column("keys", ARRAY(BigInteger), nullable=False, comment="Its blocking keys, each hashed with the organization"),
    Column("digest", BigInteger, nullable=False, comment="Of the keys: by it the next search tells whether they differ"),
    belongs_to_organization(),
    # Not updated by and by: a list of what is pending would be read by every question.
    Index("contact_block_keys_idx", "keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    comment="By what a person's likely partners are found; keys of blocks that are too large are left out",
)

duplicate_settings = Table(
    "duplicate_settings",
    metadata,
    organization_column(),
    Column("merges_automatically", Boolean, nullable=False, comment="Whether certain duplicates are merged without a person"),
    Column("share", Double, nullable=False, comment="Of contacts, the most that one run may merge away"),
    *written_at(),
    belongs_to_organization(),
    CheckConstraint("share > 0 AND share <= 1", name="share"),
    comment="What organizations have chosen; without a row nothing is merged by itself",
)
