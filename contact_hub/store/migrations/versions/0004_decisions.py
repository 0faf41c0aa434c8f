"""Decisions: merge, split, distinct, undo"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KIND = "link, merge: of the target's person; distinct: of another; split: apart from it; undo: of a decision"
_WAS = "link: the record belongs to the target's person"
_BY = "A rule, a model, or the name of a person, token or command"
_METHOD = "channel_identity_links_method_check"
_METHODS = "method IN ('source_record', 'cliniko_merge', 'stated', 'account', 'claimed', 'decision')"
_METHODS_WERE = "method IN ('source_record', 'cliniko_merge', 'stated', 'account', 'claimed')"
_UNDOES = "identity_decisions_organization_id_undoes_idx"


def upgrade() -> None:
    op.alter_column("identity_decisions", "kind", existing_type=sa.Text(), existing_nullable=False, comment=_KIND)
    op.alter_column("identity_decisions", "decided_by", existing_type=sa.Text(), existing_nullable=False, comment=_BY)
    op.add_column(
        "identity_decisions",
        sa.Column("authority", sa.Text(), server_default=sa.text("'person'"), nullable=False, comment="person, model or rule"),
    )
    for column in (
        sa.Column("confidence", sa.Double(), nullable=True, comment="Probability by the model, where it decided"),
        sa.Column("model_version", sa.Text(), nullable=True, comment="Version of the model, where it decided"),
        sa.Column("undoes", sa.UUID(), nullable=True, comment="The decision that this one takes away"),
    ):
        op.add_column("identity_decisions", column)
    op.drop_constraint(op.f("identity_decisions_kind_check"), "identity_decisions", type_="check")
    op.create_check_constraint(
        op.f("identity_decisions_kind_check"),
        "identity_decisions",
        "kind IN ('link', 'merge', 'split', 'distinct', 'undo')",
    )
    op.create_check_constraint(
        op.f("identity_decisions_authority_check"), "identity_decisions", "authority IN ('person', 'model', 'rule')"
    )
    op.drop_constraint(op.f(_METHOD), "channel_identity_links", type_="check")
    op.create_check_constraint(op.f(_METHOD), "channel_identity_links", _METHODS)
    op.create_index(
        op.f(_UNDOES),
        "identity_decisions",
        ["organization_id", "undoes"],
        unique=True,
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )
    op.create_table(
        "split_records",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("decision_id", sa.UUID(), nullable=False, comment="The split"),
        sa.Column("source", sa.Text(), nullable=False, comment="A record of the contact that was split: its source"),
        sa.Column("source_id", sa.Text(), nullable=False, comment="A record of the contact that was split: its id"),
        sa.Column(
            "side", sa.Text(), nullable=False, comment="moved: it is apart from the kept ones; kept: it stays with the target"
        ),
        sa.CheckConstraint("side IN ('moved', 'kept')", name=op.f("split_records_side_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("split_records_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "decision_id", "source", "source_id", name=op.f("split_records_pkey")),
        comment="Which records a split moved, and which it kept; append-only as the decision itself",
    )
    op.create_index(
        op.f("split_records_organization_id_source_source_id_idx"),
        "split_records",
        ["organization_id", "source", "source_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("split_records")
    op.drop_index(op.f(_UNDOES), table_name="identity_decisions")
    op.execute("DELETE FROM channel_identity_links WHERE method = 'decision'")
    op.drop_constraint(op.f(_METHOD), "channel_identity_links", type_="check")
    op.create_check_constraint(op.f(_METHOD), "channel_identity_links", _METHODS_WERE)
    op.execute("DELETE FROM identity_decisions WHERE kind <> 'link'")
    op.drop_constraint(op.f("identity_decisions_authority_check"), "identity_decisions", type_="check")
    op.drop_constraint(op.f("identity_decisions_kind_check"), "identity_decisions", type_="check")
    op.create_check_constraint(op.f("identity_decisions_kind_check"), "identity_decisions", "kind IN ('link')")
    for column in ("undoes", "model_version", "confidence", "authority"):
        op.drop_column("identity_decisions", column)
    op.alter_column("identity_decisions", "kind", existing_type=sa.Text(), existing_nullable=False, comment=_WAS)
    op.alter_column(
        "identity_decisions",
        "decided_by",
        existing_type=sa.Text(),
        existing_nullable=False,
        comment="A rule, or the name of a token or command",
    )
