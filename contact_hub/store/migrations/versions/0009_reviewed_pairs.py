"""Reviewed pairs"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTS = {
    "certain_reviewed": "Pairs scored certain that people decided",
    "certain_same": "Those that they said are one person: precision of certain",
    "possible_reviewed": "Pairs scored possible that people decided",
    "possible_same": "Those that they said are one person: precision of possible",
    "duplicates_estimated": "Pairs that are one person, shown or missed, as a sample tells; 0 without a sample",
    "duplicates_found": "Those that were shown: recall",
}


def upgrade() -> None:
    op.create_table(
        "reviewed_pairs",
        sa.Column("organization_id", sa.Text(), nullable=False, comment="The clinic: tenant of the row"),
        sa.Column("left_id", sa.UUID(), nullable=False, comment="One contact: the smaller id"),
        sa.Column("right_id", sa.UUID(), nullable=False, comment="The other contact"),
        sa.Column("decision", sa.Text(), nullable=False, comment="As the model had it: certain, possible; below: sampled"),
        sa.Column("probability", sa.Double(), nullable=False, comment="Chance that they are one person, by the model"),
        sa.Column("model_version", sa.Text(), nullable=False, comment="The model that scored the pair"),
        sa.Column("population", sa.BigInteger(), nullable=True, comment="Of a sampled pair: how many it was drawn from"),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=True, comment="Of a sampled pair: when it was drawn"),
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
        sa.CheckConstraint("decision IN ('certain', 'possible', 'below')", name=op.f("reviewed_pairs_decision_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.organization_id"], name=op.f("reviewed_pairs_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("organization_id", "left_id", "right_id", name=op.f("reviewed_pairs_pkey")),
        comment="Scored pairs that people decide, as the model had them; ids only",
    )
    for name, comment in _COUNTS.items():
        op.add_column("contact_metrics", sa.Column(name, sa.Integer(), server_default="0", nullable=False, comment=comment))
        op.alter_column("contact_metrics", name, server_default=None)  # only days that are there already had none


def downgrade() -> None:
    for name in reversed(_COUNTS):
        op.drop_column("contact_metrics", name)
    op.drop_table("reviewed_pairs")
