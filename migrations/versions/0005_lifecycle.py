"""The lifecycle in full: more states, and what the new actions need."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATES = """
ALTER TABLE unit
    DROP CONSTRAINT unit_state_check,
    DROP CONSTRAINT unit_closed_check,
    DROP CONSTRAINT unit_desk_check,
    ADD CONSTRAINT unit_state_check CHECK (state IN (
        'triage', 'filed', 'dispatched', 'accepted', 'in_progress', 'coordinating',
        'resolved', 'verified', 'closed', 'declined', 'cancelled', 'suspended', 'merged')),
    ADD CONSTRAINT unit_closed_check CHECK (
        (state IN ('closed', 'declined', 'cancelled', 'merged')) = (closed_at IS NOT NULL)),
    ADD CONSTRAINT unit_desk_check CHECK (
        (state IN ('closed', 'declined', 'cancelled', 'merged')) = (desk IS NULL));
"""

SIMILAR = """
ALTER TABLE unit
    ADD COLUMN longitude double precision,
    ADD COLUMN latitude double precision,
    ADD COLUMN cell text COLLATE "C",
    ADD COLUMN device text COLLATE "C",
    ADD COLUMN merged_into uuid,
    ADD COLUMN recurs uuid,
    ADD COLUMN is_self_handled boolean NOT NULL DEFAULT false,
    ADD COLUMN satisfaction text COLLATE "C",
    ADD CONSTRAINT unit_merged_check CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    ADD CONSTRAINT unit_satisfaction_check
        CHECK (satisfaction IN ('satisfied', 'mostly', 'unsatisfied'));
ALTER TABLE unit ALTER COLUMN is_self_handled DROP DEFAULT;
CREATE INDEX unit_cell_idx ON unit (cell, entry, created_at)
    WHERE cell IS NOT NULL AND merged_into IS NULL;
CREATE INDEX unit_device_idx ON unit (device, entry, created_at)
    WHERE device IS NOT NULL AND merged_into IS NULL;
CREATE INDEX unit_merged_idx ON unit (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX unit_recurs_idx ON unit (recurs) WHERE recurs IS NOT NULL;
"""

REQUESTS = """
ALTER TABLE clock
    ADD COLUMN granted integer NOT NULL DEFAULT 0,
    ADD COLUMN grants smallint NOT NULL DEFAULT 0;
ALTER TABLE clock ALTER COLUMN granted DROP DEFAULT, ALTER COLUMN grants DROP DEFAULT;
ALTER TABLE unit
    ADD COLUMN was text COLLATE "C",
    ADD COLUMN pending jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT unit_was_check CHECK ((state = 'suspended') = (was IS NOT NULL));
ALTER TABLE unit ALTER COLUMN pending DROP DEFAULT;
CREATE TABLE request (
    id uuid NOT NULL,
    unit uuid NOT NULL,
    home text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    account uuid NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    until timestamptz,
    agreed text[] NOT NULL,
    state text COLLATE "C" NOT NULL,
    desk text COLLATE "C",
    decided_by uuid,
    decided_at timestamptz,
    decision text NOT NULL,
    CONSTRAINT request_pkey PRIMARY KEY (id),
    CONSTRAINT request_unit_fkey FOREIGN KEY (unit, home) REFERENCES unit (id, home),
    CONSTRAINT request_kind_check
        CHECK (kind IN ('extension', 'suspension', 'return', 'cancel')),
    CONSTRAINT request_state_check
        CHECK (state IN ('pending', 'granted', 'refused', 'withdrawn', 'void')),
    CONSTRAINT request_until_check CHECK ((kind = 'suspension') = (until IS NOT NULL)),
    CONSTRAINT request_desk_check CHECK ((state = 'pending') = (desk IS NOT NULL)),
    CONSTRAINT request_decided_check CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE INDEX request_unit_idx ON request (unit);
CREATE INDEX request_desk_idx ON request (desk, at, id) WHERE desk IS NOT NULL;
CREATE INDEX request_organisation_idx ON request (organisation, at, id);
"""


def upgrade() -> None:
    """Make room for what the lifecycle needs."""
    for ddl in (STATES, SIMILAR, REQUESTS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
