"""The tables of webhooks: endpoints, what is still to be delivered, and every attempt."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.store.tables import METADATA, Xid8

_WHEN: Final = DateTime(timezone=True)
_CODE: Final = Text(collation="C")

WEBHOOK: Final = Table(
    "webhook",
    METADATA,
    Column("id", Uuid, nullable=False),
    Column("organisation", _CODE, nullable=False),
    Column("account", Uuid, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("types", ARRAY(Text), nullable=False),
    Column("scope", _CODE, nullable=False),
    Column("payload", _CODE, nullable=False),
    Column("envelope", _CODE, nullable=False),
    Column("batch", SmallInteger, nullable=False),
    Column("signing", _CODE, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_until", _WHEN),
    Column("public_key", Text),
    Column("headers", LargeBinary, nullable=False),
    Column("rate", Integer),
    Column("in_flight", SmallInteger, nullable=False),
    Column("schedule", ARRAY(Integer), nullable=False),
    Column("timeout", SmallInteger, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("updated_at", _WHEN, nullable=False),
    Column("version", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("disabled_at", _WHEN),
    Column("disabled_by", _CODE),
    Column("disabled_why", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", _WHEN),
    Column("succeeded_at", _WHEN),
    Column("open_until", _WHEN),
    Column("openings", SmallInteger, nullable=False),
    Column("lease", Uuid),
    Column("lease_until", _WHEN),
    PrimaryKeyConstraint("id", name="webhook_pkey"),
    ForeignKeyConstraint(["account"], ["account.id"], name="webhook_account_fkey"),
    Index("webhook_organisation_idx", "organisation", "created_at", "id"),
)

DELIVERY: Final = Table(
    "delivery",
    METADATA,
    Column("webhook", Uuid, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("unit", Uuid),
    Column("home", _CODE),
    Column("at", _WHEN, nullable=False),
    Column("due_at", _WHEN, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("is_deferred", Boolean, nullable=False),
    Column("dead_at", _WHEN),
    PrimaryKeyConstraint("webhook", "epoch", "xid", "line", name="delivery_pkey"),
    ForeignKeyConstraint(
        ["webhook"], ["webhook.id"], name="delivery_webhook_fkey", ondelete="CASCADE"
    ),
    Index(
        "delivery_due_idx",
        "webhook",
        "due_at",
        postgresql_where=text("is_deferred AND dead_at IS NULL"),
    ),
    Index(
        "delivery_unit_idx",
        "webhook",
        "unit",
        postgresql_where=text("is_deferred AND dead_at IS NULL"),
    ),
    Index(
        "delivery_dead_idx",
        "webhook",
        "dead_at",
        "line",
        postgresql_where=text("dead_at IS NOT NULL"),
    ),
)

ATTEMPT: Final = Table(
    "attempt",
    METADATA,
    Column(
        "id", BigInteger, nullable=False, server_default=text("nextval('attempt_id'::regclass)")
    ),
    Column("webhook", Uuid, nullable=False),
    Column("at", _WHEN, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("lines", ARRAY(BigInteger), nullable=False),
    Column("message", _CODE, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("outcome", _CODE, nullable=False),
    Column("status", SmallInteger),
    Column("milliseconds", Integer, nullable=False),
    Column("request", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("is_manual", Boolean, nullable=False),
    PrimaryKeyConstraint("id", name="attempt_pkey"),
    ForeignKeyConstraint(
        ["webhook"], ["webhook.id"], name="attempt_webhook_fkey", ondelete="CASCADE"
    ),
    Index("attempt_webhook_idx", "webhook", "at", "id"),
    Index("attempt_at_idx", "at"),
)

RELAY: Final = Table(
    "relay",
    METADATA,
    Column("singleton", Boolean, nullable=False, server_default=text("true")),
    Column("epoch", Integer, nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("line", BigInteger, nullable=False),
    PrimaryKeyConstraint("singleton", name="relay_pkey"),
)
