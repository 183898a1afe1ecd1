"""Drafts, scheduled and withdrawn versions, duty rosters, tasks issued from above."""

from alembic import op

revision = "0002"
down_revision = "0001"

RULEBOOKS = """
ALTER TABLE part DROP CONSTRAINT part_name_check;
ALTER TABLE part ADD CONSTRAINT part_name_check
    CHECK (name IN ('areas', 'organisations', 'list', 'calendar', 'policies', 'roster'));
ALTER TABLE rulebook
    ADD COLUMN roster integer,
    ADD COLUMN base integer,
    ADD COLUMN changed text[] NOT NULL DEFAULT '{}',
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE rulebook ALTER COLUMN note DROP DEFAULT;
ALTER TABLE rulebook ALTER COLUMN changed DROP DEFAULT;
CREATE SEQUENCE draft_number AS integer;
CREATE TABLE draft (
    number integer NOT NULL,
    parts jsonb NOT NULL,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT draft_pkey PRIMARY KEY (number)
);
"""

UNITS = """
ALTER TABLE unit ADD COLUMN is_unlisted boolean NOT NULL DEFAULT false;
ALTER TABLE unit ALTER COLUMN is_unlisted DROP DEFAULT;
ALTER TABLE unit DROP CONSTRAINT unit_task_check;
ALTER TABLE unit ADD CONSTRAINT unit_task_check CHECK (kind = 'task' OR parent IS NULL);
"""

EVENTS = """
CREATE INDEX event_received_idx ON event (received_at, id);
"""


def upgrade() -> None:
    """Make room for what lists and routing need."""
    for ddl in (RULEBOOKS, UNITS, EVENTS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
