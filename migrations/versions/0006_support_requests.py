"""Support is asked for by a request like any other: waiting ones move out of their units."""

from alembic import op

revision = "0006"
down_revision = "0005"

COLUMNS = """
ALTER TABLE request
    ADD COLUMN helper text COLLATE "C",
    ADD COLUMN "limit" text,
    DROP CONSTRAINT request_kind_check,
    ADD CONSTRAINT request_kind_check
        CHECK (kind IN ('extension', 'suspension', 'return', 'cancel', 'support')),
    ADD CONSTRAINT request_helper_check CHECK ((kind = 'support') = (helper IS NOT NULL)),
    ADD CONSTRAINT request_limit_check CHECK ("limit" IS NULL OR kind IN ('extension', 'support'));
CREATE INDEX request_at_idx ON request (at, id);
"""

# Who asked stands in the line the asking left. What a former holder asked for is void already.
WAITING = """
INSERT INTO request (id, unit, home, kind, account, organisation, at, reason, helper, agreed,
                     state, desk, decision)
SELECT gen_random_uuid(), u.id, u.home, 'support', s.actor, u.holder, s.at, asked ->> 'reason',
       asked ->> 'holder', '{}', 'pending', asked ->> 'desk', ''
FROM unit u
CROSS JOIN jsonb_array_elements(u.reasons -> 'support') asked
JOIN step s ON s.unit = u.id AND s.home = u.home AND s.action = 'support'
           AND s.actor IS NOT NULL AND s.data ->> 'number' = asked ->> 'number'
WHERE u.reasons ? 'support' AND u.state IN ('dispatched', 'accepted', 'in_progress')
  AND asked ->> 'by' = u.holder;
UPDATE unit u SET pending = (
    SELECT jsonb_agg(jsonb_build_object('id', r.id, 'kind', r.kind, 'route', u.route,
                                        'account', r.account, 'organisation', r.organisation,
                                        'desk', r.desk) ORDER BY r.at, r.id)
    FROM request r WHERE r.unit = u.id AND r.home = u.home AND r.state = 'pending')
WHERE EXISTS (
    SELECT FROM request r WHERE r.unit = u.id AND r.home = u.home AND r.state = 'pending');
UPDATE unit SET reasons = reasons - 'support' - 'support_asked' WHERE reasons ? 'support_asked';
"""

# The words of the log are those of the lifecycle; a helper's task began with the granting.
WORDS = """
UPDATE step SET action = CASE WHEN seq = 1 THEN 'support' ELSE 'grant' END
WHERE action = 'grant_support';
UPDATE step SET action = 'refuse' WHERE action = 'refuse_support';
"""


def upgrade() -> None:
    """Make one mechanism of both."""
    for ddl in (COLUMNS, WAITING, WORDS):
        for statement in ddl.strip().removesuffix(";").split(";\n"):
            op.execute(statement)
