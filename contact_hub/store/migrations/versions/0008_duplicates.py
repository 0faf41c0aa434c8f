"""Duplicates"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_block_keys",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("contact_id", sa.UUID(), nullable=False, comment="The contact"),
        sa.Column(
            "keys",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="Its blocking keys, each hashed with the organization",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("contact_block_keys_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "contact_id", name=op.f("contact_block_keys_pkey")),
        comment="By what a person's likely partners are found; keys of blocks that are too large are left out",
    )
    op.create_index(
        "contact_block_keys_idx",
        "contact_block_keys",
        ["keys"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_table(
        "duplicate_clusters",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("contact_id", sa.UUID(), nullable=False, comment="A contact that has company"),
        sa.Column("cluster_id", sa.UUID(), nullable=False, comment="The cluster: the smallest id of its contacts"),
        sa.Column("size", sa.Integer(), nullable=False, comment="Contacts in the cluster"),
        sa.Column(
            "decision", sa.Text(), nullable=False, comment="certain: merged by itself where that is on; possible: for a person"
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed",
        ),
        sa.CheckConstraint("decision IN ('certain', 'possible')", name=op.f("duplicate_clusters_decision_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("duplicate_clusters_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "contact_id", name=op.f("duplicate_clusters_pkey")),
        comment="Contacts that are likely one person, by cluster; contacts by themselves are left out",
    )
    op.create_index(
        op.f("duplicate_clusters_organization_id_cluster_id_idx"),
        "duplicate_clusters",
        ["organization_id", "cluster_id"],
        unique=False,
    )
    op.create_table(
        "duplicate_pairs",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("left_id", sa.UUID(), nullable=False, comment="One contact: the smaller id"),
        sa.Column("right_id", sa.UUID(), nullable=False, comment="The other contact"),
        sa.Column("probability", sa.Double(), nullable=False, comment="Chance that they are one person, by the model"),
        sa.Column("weight", sa.Double(), nullable=False, comment="The same as log2 odds"),
        sa.Column("decision", sa.Text(), nullable=False, comment="certain, or possible"),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What each field added to the weight, in bits",
        ),
        sa.Column("model_version", sa.Text(), nullable=False, comment="The model that scored the pair"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed",
        ),
        sa.CheckConstraint("decision IN ('certain', 'possible')", name=op.f("duplicate_pairs_decision_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("duplicate_pairs_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "left_id", "right_id", name=op.f("duplicate_pairs_pkey")),
        comment="Pairs of contacts that may be one person, each with the weight of every field",
    )
    op.create_index(
        op.f("duplicate_pairs_organization_id_right_id_idx"), "duplicate_pairs", ["organization_id", "right_id"], unique=False
    )
    op.create_table(
        "duplicate_settings",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column(
            "merges_automatically",
            sa.Boolean(),
            nullable=False,
            comment="Whether certain duplicates are merged without a person",
        ),
        sa.Column("share", sa.Double(), nullable=False, comment="Of contacts, the most that one run may merge away"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed",
        ),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("duplicate_settings_share_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("duplicate_settings_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("duplicate_settings_pkey")),
        comment="What organizations have chosen; without a row nothing is merged by itself",
    )
    op.create_table(
        "duplicate_statistics",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("people", sa.Integer(), nullable=False, comment="Contacts that were compared"),
        sa.Column(
            "candidate_pairs", sa.BigInteger(), nullable=False, comment="Pairs that share a blocking key, and were scored"
        ),
        sa.Column("certain", sa.Integer(), nullable=False, comment="Pairs that are one person for certain"),
        sa.Column("possible", sa.Integer(), nullable=False, comment="Pairs for a person to decide"),
        sa.Column("clusters", sa.Integer(), nullable=False, comment="Clusters of more than one contact"),
        sa.Column(
            "blocks",
            sa.BigInteger(),
            nullable=False,
            comment="Blocks of more than one contact by the rules that tell people apart",
        ),
        sa.Column("dropped_blocks", sa.Integer(), nullable=False, comment="Those that were too large, and were not looked at"),
        sa.Column(
            "lost_pairs",
            sa.BigInteger(),
            nullable=False,
            comment="Pairs in dropped blocks of any rule; others may have found them",
        ),
        sa.Column("model_version", sa.Text(), nullable=False, comment="The model in use"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("duplicate_statistics_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("duplicate_statistics_pkey")),
        comment="What the last search for duplicates came to",
    )
    op.create_table(
        "linkage_models",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("version", sa.Text(), nullable=False, comment="A digest of the model"),
        sa.Column(
            "model",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The model as data: levels, weights, frequencies of names",
        ),
        sa.Column("contacts", sa.Integer(), nullable=False, comment="Contacts that it was fitted on"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="When it was fitted"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("linkage_models_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "version", name=op.f("linkage_models_pkey")),
        comment="The models by which pairs were scored; the latest is in use",
    )
    op.create_index(
        op.f("linkage_models_organization_id_made_at_idx"), "linkage_models", ["organization_id", "made_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("linkage_models_organization_id_made_at_idx"), table_name="linkage_models")
    op.drop_table("linkage_models")
    op.drop_table("duplicate_statistics")
    op.drop_table("duplicate_settings")
    op.drop_index(op.f("duplicate_pairs_organization_id_right_id_idx"), table_name="duplicate_pairs")
    op.drop_table("duplicate_pairs")
    op.drop_index(op.f("duplicate_clusters_organization_id_cluster_id_idx"), table_name="duplicate_clusters")
    op.drop_table("duplicate_clusters")
    op.drop_index(
        "contact_block_keys_idx", table_name="contact_block_keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}
    )
    op.drop_table("contact_block_keys")
