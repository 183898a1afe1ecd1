"""Replies kept for requests sent again, and attachments."""

from alembic import op

revision = "0004"
down_revision = "0003"

REPLIES = """
CREATE TABLE reply (
    account uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    request text NOT NULL,
    digest bytea NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT reply_pkey PRIMARY KEY (account, key),
    CONSTRAINT reply_account_fkey FOREIGN KEY (account) REFERENCES account (id),
    CONSTRAINT reply_status_check CHECK (status BETWEEN 200 AND 299)
);
CREATE INDEX reply_created_idx ON reply (created_at);
"""

ATTACHMENTS = """
CREATE TABLE attachment (
    id uuid NOT NULL,
    sha256 bytea NOT NULL,
    size integer NOT NULL,
    type text COLLATE "C" NOT NULL,
    name text NOT NULL,
    account uuid NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    unit uuid,
    home text COLLATE "C",
    event uuid,
    phase text COLLATE "C",
    CONSTRAINT attachment_pkey PRIMARY KEY (id),
    CONSTRAINT attachment_account_fkey FOREIGN KEY (account) REFERENCES account (id),
    CONSTRAINT attachment_unit_fkey FOREIGN KEY (unit, home) REFERENCES unit (id, home),
    CONSTRAINT attachment_sha256_check CHECK (length(sha256) = 32),
    CONSTRAINT attachment_size_check CHECK (size > 0),
    CONSTRAINT attachment_type_check CHECK (type IN (
        'image/jpeg', 'image/png', 'image/webp', 'image/heic', 'application/pdf')),
    CONSTRAINT attachment_phase_check CHECK (phase IN ('before', 'after', 'other')),
    CONSTRAINT attachment_whole_check CHECK (num_nonnulls(unit, home, phase) IN (0, 3)),
    CONSTRAINT attachment_event_check CHECK (event = unit)
);
CREATE INDEX attachment_unit_idx ON attachment (unit) WHERE unit IS NOT NULL;
"""


def upgrade() -> None:
    """Make room for what a lost answer needs, and for evidence."""
    for ddl in (REPLIES, ATTACHMENTS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
