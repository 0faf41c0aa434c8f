"""Comments of split records: merges have some, too"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLE = (
    "Which records a split moved, and which it kept; append-only as the decision itself",
    "Which records a split moved and kept, and which a merge took along; append-only as the decision itself",
)
_COLUMNS = {
    "decision_id": ("The split", "The split, or the merge that took the record along"),
    "source": ("A record of the contact that was split: its source", "A record of one of the contacts: its source"),
    "source_id": ("A record of the contact that was split: its id", "A record of one of the contacts: its id"),
    "side": (
        "moved: it is apart from the kept ones; kept: it stays with the target",
        "moved: apart from the kept ones, or taken along by a merge; kept: it stays",
    ),
}


def upgrade() -> None:
    _say(0, 1)


def downgrade() -> None:
    _say(1, 0)


def _say(former: int, now: int) -> None:
    op.create_table_comment("split_records", _TABLE[now], existing_comment=_TABLE[former])
    for column, comments in _COLUMNS.items():
        op.alter_column("split_records", column, comment=comments[now], existing_comment=comments[former])
