"""Digests of pairs"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COMMENT = "Of the row: by it the next search tells whether it differs"


def upgrade() -> None:
    digest = sa.Column("digest", sa.BigInteger(), server_default="0", nullable=False, comment=_COMMENT)
    op.add_column("duplicate_pairs", digest)
    op.alter_column("duplicate_pairs", "digest", server_default=None)  # the next search writes the rows that are there


def downgrade() -> None:
    op.drop_column("duplicate_pairs", "digest")
