"""Clocks: whose calendar they count by, their lights, exempted lateness, and notices."""

from alembic import op

revision = "0007"
down_revision = "0006"

# What runs now turns red at its deadline; yellow lights come with the next change of a clock.
CLOCKS = """
ALTER TABLE clock
    ADD COLUMN calendar text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN yellow_at timestamptz,
    ADD COLUMN red_at timestamptz,
    ADD COLUMN overdue_by text COLLATE "C",
    ADD COLUMN exempted_at timestamptz,
    ADD COLUMN exempted_by uuid,
    ADD CONSTRAINT clock_exempted_check CHECK (exempted_at IS NULL OR overdue_at IS NOT NULL);
ALTER TABLE unit
    ADD COLUMN yellow_at timestamptz,
    ADD COLUMN red_at timestamptz,
    ADD COLUMN exempted_at timestamptz,
    ADD CONSTRAINT unit_exempted_check CHECK (exempted_at IS NULL OR overdue_at IS NOT NULL);
UPDATE clock SET red_at = due_at WHERE running_since IS NOT NULL AND name <> 'suspend';
UPDATE unit SET red_at = clock.red_at
FROM (SELECT unit, home, min(red_at) AS red_at FROM clock GROUP BY unit, home) clock
WHERE unit.id = clock.unit AND unit.home = clock.home AND clock.red_at IS NOT NULL;
CREATE INDEX step_notice_idx ON step (at, id) WHERE action = 'notice';
"""

APPEALS = """
ALTER TABLE request
    ADD COLUMN clock text COLLATE "C",
    DROP CONSTRAINT request_kind_check,
    ADD CONSTRAINT request_kind_check CHECK (
        kind IN ('extension', 'suspension', 'return', 'cancel', 'support', 'appeal')),
    ADD CONSTRAINT request_clock_check CHECK ((kind = 'appeal') = (clock IS NOT NULL));
"""


def upgrade() -> None:
    """Make room for what clocks know."""
    for ddl in (CLOCKS, APPEALS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
