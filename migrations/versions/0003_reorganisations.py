"""Units that are no longer where they were filed are found by where that was."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Index the few units that have moved out of the district they were filed in."""
    op.execute("CREATE INDEX unit_moved_idx ON unit (home, updated_at, id) WHERE home <> district")
