"""Digests of block keys"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COMMENT = "Of the keys: by it the next search tells whether they differ"


def upgrade() -> None:
    digest = sa.Column("digest", sa.BigInteger(), server_default="0", nullable=False, comment=_COMMENT)
    op.add_column("contact_block_keys", digest)
    op.alter_column("contact_block_keys", "digest", server_default=None)  # the next search writes the rows that are there


def downgrade() -> None:
    op.drop_column("contact_block_keys", "digest")
