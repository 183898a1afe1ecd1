"""Reference data, events, units with their log and clocks, accounts."""

from alembic import op

revision = "0001"
down_revision = None

REFERENCE = """
CREATE TABLE part (
    name text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    checksum bytea NOT NULL,
    content bytea NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    CONSTRAINT part_pkey PRIMARY KEY (name, version),
    CONSTRAINT part_checksum_key UNIQUE (name, checksum),
    CONSTRAINT part_name_check
        CHECK (name IN ('areas', 'organisations', 'list', 'calendar', 'policies'))
);
CREATE TABLE rulebook (
    version integer NOT NULL,
    areas integer NOT NULL,
    organisations integer NOT NULL,
    list integer NOT NULL,
    calendar integer NOT NULL,
    policies integer NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    in_force_at timestamptz NOT NULL,
    CONSTRAINT rulebook_pkey PRIMARY KEY (version)
);
CREATE INDEX rulebook_in_force_idx ON rulebook (in_force_at, version);
"""

ACCOUNTS = """
CREATE TABLE account (
    id uuid NOT NULL,
    name text NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    roles text[] NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (id)
);
CREATE INDEX account_organisation_idx ON account (organisation);
CREATE TABLE credential (
    id text COLLATE "C" NOT NULL,
    account uuid NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT credential_pkey PRIMARY KEY (id),
    CONSTRAINT credential_account_fkey FOREIGN KEY (account) REFERENCES account (id)
);
CREATE INDEX credential_account_idx ON credential (account);
"""

EVENTS = """
CREATE TABLE event (
    id uuid NOT NULL,
    home text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    account uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    digest bytea NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (id)
);
CREATE INDEX event_account_idx ON event (account, received_at, id);
"""

UNITS = """
CREATE SEQUENCE unit_number AS bigint MAXVALUE 9999999 CYCLE CACHE 50;
CREATE TABLE unit (
    id uuid NOT NULL,
    home text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    parent uuid,
    kind text COLLATE "C" NOT NULL,
    clause text COLLATE "C" NOT NULL,
    title text NOT NULL,
    state text COLLATE "C" NOT NULL,
    urgency text COLLATE "C" NOT NULL,
    pressing smallint NOT NULL,
    entry text COLLATE "C",
    task smallint,
    level text COLLATE "C",
    district text COLLATE "C" NOT NULL,
    street text COLLATE "C" NOT NULL,
    community text COLLATE "C" NOT NULL,
    grid text COLLATE "C" NOT NULL,
    holder text COLLATE "C" NOT NULL,
    centre text COLLATE "C" NOT NULL,
    desk text COLLATE "C",
    route text[] NOT NULL,
    is_gap boolean NOT NULL,
    rulebook integer NOT NULL,
    reporter uuid NOT NULL,
    stage text COLLATE "C",
    stage_due_at timestamptz,
    due_at timestamptz,
    is_provisional boolean NOT NULL,
    overdue_at timestamptz,
    raised text[] NOT NULL,
    resolved_by uuid,
    closed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    steps integer NOT NULL,
    reasons jsonb NOT NULL,
    CONSTRAINT unit_pkey PRIMARY KEY (id, home),
    CONSTRAINT unit_number_key UNIQUE (number, home),
    CONSTRAINT unit_parent_fkey FOREIGN KEY (parent, home) REFERENCES unit (id, home),
    CONSTRAINT unit_kind_check CHECK (kind IN ('task', 'event', 'item')),
    CONSTRAINT unit_state_check CHECK (state IN (
        'triage', 'filed', 'dispatched', 'accepted', 'in_progress', 'coordinating',
        'resolved', 'verified', 'closed', 'declined', 'cancelled')),
    CONSTRAINT unit_urgency_check CHECK (urgency IN ('normal', 'urgent', 'major')),
    CONSTRAINT unit_level_check
        CHECK (level IN ('city', 'district', 'street', 'community', 'grid')),
    CONSTRAINT unit_task_check CHECK ((kind = 'task') = (parent IS NOT NULL)),
    CONSTRAINT unit_closed_check
        CHECK ((state IN ('closed', 'declined', 'cancelled')) = (closed_at IS NOT NULL)),
    CONSTRAINT unit_desk_check
        CHECK ((state IN ('closed', 'declined', 'cancelled')) = (desk IS NULL)),
    CONSTRAINT unit_stage_check CHECK ((stage IS NULL) = (stage_due_at IS NULL))
);
CREATE INDEX unit_queue_idx ON unit (desk, pressing DESC, stage_due_at, id) WHERE desk IS NOT NULL;
CREATE INDEX unit_district_idx ON unit (district, updated_at, id);
CREATE INDEX unit_street_idx ON unit (street, updated_at, id);
CREATE INDEX unit_holder_idx ON unit (holder, updated_at, id);
CREATE INDEX unit_updated_idx ON unit (updated_at, id);
CREATE INDEX unit_parent_idx ON unit (parent, home) WHERE parent IS NOT NULL;
CREATE INDEX unit_overdue_idx ON unit (overdue_at, id) WHERE overdue_at IS NOT NULL;
CREATE INDEX unit_raised_idx ON unit USING gin (raised) WHERE raised <> '{}';
"""

STEPS = """
CREATE TABLE feed_epoch (
    singleton boolean NOT NULL DEFAULT true,
    epoch integer NOT NULL,
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    CONSTRAINT feed_epoch_pkey PRIMARY KEY (singleton),
    CONSTRAINT feed_epoch_singleton_check CHECK (singleton)
);
CREATE SEQUENCE step_id AS bigint CACHE 200;
CREATE TABLE step (
    id bigint NOT NULL DEFAULT nextval('step_id'),
    home text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    epoch integer NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    unit uuid NOT NULL,
    seq integer NOT NULL,
    action text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    actor uuid,
    organisation text COLLATE "C",
    reason text NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT step_pkey PRIMARY KEY (id, home, at),
    CONSTRAINT step_unit_fkey FOREIGN KEY (unit, home) REFERENCES unit (id, home)
) PARTITION BY RANGE (at);
CREATE INDEX step_unit_idx ON step (unit, seq);
CREATE INDEX step_feed_idx ON step (epoch, xid, id);
CREATE TABLE step_default PARTITION OF step DEFAULT;
"""

CLOCKS = """
CREATE TABLE clock (
    unit uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    home text COLLATE "C" NOT NULL,
    basis text COLLATE "C" NOT NULL,
    "limit" integer NOT NULL,
    started_at timestamptz NOT NULL,
    spent integer NOT NULL,
    running_since timestamptz,
    due_at timestamptz,
    is_provisional boolean NOT NULL,
    mark smallint NOT NULL,
    next_at timestamptz,
    overdue_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT clock_pkey PRIMARY KEY (unit, name, home),
    CONSTRAINT clock_unit_fkey FOREIGN KEY (unit, home) REFERENCES unit (id, home),
    CONSTRAINT clock_basis_check CHECK (basis IN ('work', 'wall')),
    CONSTRAINT clock_standing_check CHECK (running_since IS NOT NULL OR next_at IS NULL)
);
CREATE INDEX clock_due_idx ON clock (home, next_at, unit) WHERE next_at IS NOT NULL;
"""


def upgrade() -> None:
    """Create everything the main loop needs."""
    for ddl in (REFERENCE, ACCOUNTS, EVENTS, UNITS, STEPS, CLOCKS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
