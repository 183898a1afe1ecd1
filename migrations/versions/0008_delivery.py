"""Delivery: what a line of the log changes, units in somebody's hands, webhooks and their log."""

from alembic import op

revision = "0008"
down_revision = "0007"

# Lines from before this say nothing of where a unit stood: only those who see all get them.
FEED = """
ALTER TABLE step
    ADD COLUMN before text[],
    ADD COLUMN after text[] NOT NULL DEFAULT '{}';
ALTER TABLE step ALTER COLUMN after DROP DEFAULT;
ALTER TABLE rulebook
    ADD COLUMN epoch integer NOT NULL DEFAULT 0,
    ADD COLUMN xid xid8 NOT NULL DEFAULT '0',
    ADD COLUMN line bigint NOT NULL DEFAULT 0;
ALTER TABLE rulebook
    ALTER COLUMN epoch DROP DEFAULT,
    ALTER COLUMN xid SET DEFAULT pg_current_xact_id(),
    ALTER COLUMN line SET DEFAULT nextval('step_id');
CREATE INDEX rulebook_feed_idx ON rulebook (epoch, xid, line);
"""

QUEUES = """
ALTER TABLE unit
    ADD COLUMN light text COLLATE "C",
    ADD COLUMN claimed_by uuid,
    ADD COLUMN claimed_until timestamptz,
    ADD COLUMN claim integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT unit_light_check CHECK (light IN ('green', 'yellow', 'red')),
    ADD CONSTRAINT unit_claimed_check
        CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)
               AND (claimed_by IS NULL OR desk IS NOT NULL));
ALTER TABLE unit ALTER COLUMN claim DROP DEFAULT;
DROP INDEX unit_queue_idx;
CREATE INDEX unit_queue_idx
    ON unit (desk, state, (claimed_until IS NOT NULL), pressing DESC, stage_due_at, id)
    INCLUDE (claimed_until) WHERE desk IS NOT NULL;
CREATE INDEX unit_street_queue_idx ON unit (street, state, pressing DESC, stage_due_at, id)
    WHERE desk IS NOT NULL;
CREATE INDEX unit_district_queue_idx ON unit (district, state, pressing DESC, stage_due_at, id)
    WHERE desk IS NOT NULL;
CREATE INDEX unit_city_queue_idx ON unit (state, pressing DESC, stage_due_at, id)
    WHERE desk IS NOT NULL;
CREATE INDEX unit_claimed_idx ON unit (desk, claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX unit_held_idx ON unit (district, pressing DESC, stage_due_at, id)
    WHERE claimed_until IS NOT NULL;
CREATE INDEX unit_pending_idx ON unit (district, pressing DESC, stage_due_at, id)
    WHERE pending <> '[]' AND desk IS NOT NULL;
CREATE INDEX unit_supervised_idx ON unit ((reasons #>> '{supervision,centre}'))
    WHERE desk IS NOT NULL AND reasons ? 'supervision';
UPDATE unit SET light = CASE
    WHEN red_at <= updated_at THEN 'red' WHEN yellow_at <= updated_at THEN 'yellow' ELSE 'green'
END WHERE stage IS NOT NULL;
"""

WEBHOOKS = """
CREATE TABLE webhook (
    id uuid NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    account uuid NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    types text[] NOT NULL,
    scope text COLLATE "C" NOT NULL,
    payload text COLLATE "C" NOT NULL,
    envelope text COLLATE "C" NOT NULL,
    batch smallint NOT NULL,
    signing text COLLATE "C" NOT NULL,
    secret bytea NOT NULL,
    old_secret bytea,
    old_until timestamptz,
    public_key text,
    headers bytea NOT NULL,
    rate integer,
    in_flight smallint NOT NULL,
    schedule integer[] NOT NULL,
    timeout smallint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    line bigint NOT NULL,
    disabled_at timestamptz,
    disabled_by text COLLATE "C",
    disabled_why text NOT NULL,
    failures integer NOT NULL,
    failing_since timestamptz,
    succeeded_at timestamptz,
    open_until timestamptz,
    openings smallint NOT NULL,
    lease uuid,
    lease_until timestamptz,
    CONSTRAINT webhook_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_account_fkey FOREIGN KEY (account) REFERENCES account (id),
    CONSTRAINT webhook_payload_check CHECK (payload IN ('thin', 'full')),
    CONSTRAINT webhook_envelope_check CHECK (envelope IN ('standard', 'cloudevents')),
    CONSTRAINT webhook_signing_check CHECK (signing IN ('hmac', 'ed25519')),
    CONSTRAINT webhook_key_check CHECK ((signing = 'ed25519') = (public_key IS NOT NULL)),
    CONSTRAINT webhook_batch_check CHECK (batch BETWEEN 1 AND 100),
    CONSTRAINT webhook_old_check CHECK ((old_secret IS NULL) = (old_until IS NULL)),
    CONSTRAINT webhook_disabled_check CHECK ((disabled_at IS NULL) = (disabled_by IS NULL)),
    CONSTRAINT webhook_lease_check CHECK ((lease IS NULL) = (lease_until IS NULL))
);
CREATE INDEX webhook_organisation_idx ON webhook (organisation, created_at, id);
CREATE TABLE delivery (
    webhook uuid NOT NULL,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    line bigint NOT NULL,
    unit uuid,
    home text COLLATE "C",
    at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts smallint NOT NULL,
    is_deferred boolean NOT NULL,
    dead_at timestamptz,
    CONSTRAINT delivery_pkey PRIMARY KEY (webhook, epoch, xid, line),
    CONSTRAINT delivery_webhook_fkey
        FOREIGN KEY (webhook) REFERENCES webhook (id) ON DELETE CASCADE,
    CONSTRAINT delivery_dead_check CHECK (dead_at IS NULL OR is_deferred)
);
CREATE INDEX delivery_due_idx ON delivery (webhook, due_at)
    WHERE is_deferred AND dead_at IS NULL;
CREATE INDEX delivery_unit_idx ON delivery (webhook, unit)
    WHERE is_deferred AND dead_at IS NULL;
CREATE INDEX delivery_dead_idx ON delivery (webhook, dead_at, line) WHERE dead_at IS NOT NULL;
CREATE SEQUENCE attempt_id;
CREATE TABLE attempt (
    id bigint NOT NULL DEFAULT nextval('attempt_id'),
    webhook uuid NOT NULL,
    at timestamptz NOT NULL,
    epoch integer NOT NULL,
    lines bigint[] NOT NULL,
    message text COLLATE "C" NOT NULL,
    attempt smallint NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    status smallint,
    milliseconds integer NOT NULL,
    request text NOT NULL,
    response text NOT NULL,
    error text NOT NULL,
    is_manual boolean NOT NULL,
    CONSTRAINT attempt_pkey PRIMARY KEY (id),
    CONSTRAINT attempt_webhook_fkey
        FOREIGN KEY (webhook) REFERENCES webhook (id) ON DELETE CASCADE
);
CREATE INDEX attempt_webhook_idx ON attempt (webhook, at, id);
CREATE INDEX attempt_at_idx ON attempt (at);
CREATE TABLE relay (
    singleton boolean NOT NULL DEFAULT true,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    line bigint NOT NULL,
    CONSTRAINT relay_pkey PRIMARY KEY (singleton),
    CONSTRAINT relay_singleton_check CHECK (singleton)
);
INSERT INTO relay (epoch, xid, line)
SELECT coalesce(max(epoch), 0), pg_snapshot_xmin(pg_current_snapshot()), 0 FROM feed_epoch;
"""


def upgrade() -> None:
    """Make room for queues, feed and webhooks."""
    for ddl in (FEED, QUEUES, WEBHOOKS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
