"""Statistics: what the log adds up to, by organisation, day, channel, kind and entry."""

from alembic import op

revision = "0009"
down_revision = "0008"

# An organisation, entry, channel or kind of "*" is all of them together, an organisation of "^…"
# all bodies of that area; see store/accounting.py.
TALLY = """
CREATE TABLE {name} (
    span text COLLATE "C" NOT NULL,
    entry text COLLATE "C" NOT NULL,
    day date NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    home text COLLATE "C" NOT NULL,
    reported integer NOT NULL,
    reported_void integer NOT NULL,
    recurring integer NOT NULL,
    filed integer NOT NULL,
    filed_on_time integer NOT NULL,
    filed_void integer NOT NULL,
    tasks integer NOT NULL,
    declined integer NOT NULL,
    cancelled integer NOT NULL,
    merged integer NOT NULL,
    assigned integer NOT NULL,
    returned integer NOT NULL,
    suspended integer NOT NULL,
    extended integer NOT NULL,
    self_handled integer NOT NULL,
    resolved integer NOT NULL,
    reworks integer NOT NULL,
    closed integer NOT NULL,
    came_back integer NOT NULL,
    reopened integer NOT NULL,
    redone integer NOT NULL,
    dispatch_on_time integer NOT NULL,
    dispatch_late integer NOT NULL,
    accept_on_time integer NOT NULL,
    accept_late integer NOT NULL,
    dispose_on_time integer NOT NULL,
    dispose_late integer NOT NULL,
    dispose_done_late integer NOT NULL,
    verify_on_time integer NOT NULL,
    verify_late integer NOT NULL,
    exempted integer NOT NULL,
    to_close integer NOT NULL,
    to_close_done integer NOT NULL,
    to_close_on_time integer NOT NULL,
    to_close_reworked integer NOT NULL,
    satisfied integer NOT NULL,
    mostly integer NOT NULL,
    unsatisfied integer NOT NULL,
    opened integer NOT NULL,
    ended integer NOT NULL,
    taken integer NOT NULL,
    handed integer NOT NULL,
    CONSTRAINT {name}_pkey PRIMARY KEY (span, entry, channel, kind, day, organisation, home),
    CONSTRAINT {name}_span_check CHECK (span IN ('day', 'month', 'year'))
);
CREATE INDEX {name}_day_idx ON {name} (span, day, organisation, entry);
"""

ACCOUNTANT = """
CREATE TABLE accountant (
    singleton boolean NOT NULL DEFAULT true,
    epoch integer NOT NULL,
    xid xid8 NOT NULL,
    line bigint NOT NULL,
    counted_until timestamptz,
    zone text,
    paused_until timestamptz,
    city text,
    areas text[] COLLATE "C" NOT NULL DEFAULT '{}',
    made_until date,
    CONSTRAINT accountant_pkey PRIMARY KEY (singleton),
    CONSTRAINT accountant_singleton_check CHECK (singleton)
);
INSERT INTO accountant (epoch, xid, line) VALUES (0, '0', 0);
"""

# Which bodies' rows a whole area's are the sum of.
AREAS = """
CREATE TABLE tally_area (
    organisation text COLLATE "C" NOT NULL,
    area text COLLATE "C" NOT NULL,
    CONSTRAINT tally_area_pkey PRIMARY KEY (organisation, area)
);
"""


def upgrade() -> None:
    """Make room for what is counted."""
    # One is filled while the other is read, when all is counted anew.
    tables = (TALLY.format(name=name) for name in ("tally", "tally_fresh"))
    for ddl in (*tables, ACCOUNTANT, AREAS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
