"""The tables, as SQLAlchemy Core sees them.

migrations/ makes them, check constraints included; a test holds the two together.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import UserDefinedType
from typing_extensions import override

from app.store.unit_indexes import UNIT_INDEXES

METADATA: Final = MetaData()

_WHEN: Final = DateTime(timezone=True)
_CODE: Final = Text(collation="C")
_OPEN: Final = text("desk IS NOT NULL")


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: Any) -> str:
        """Name the type in DDL."""
        return "xid8"


def _line(name: str = "line") -> Column[int]:
    """Return what tells a line of the log, whichever table it stands in."""
    return Column(
        name, BigInteger, nullable=False, server_default=text("nextval('step_id'::regclass)")
    )


def _code(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, _CODE, nullable=optional)


PART: Final = Table(
    "part",
    METADATA,
    _code("name"),
    Column("version", Integer, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("published_at", _WHEN, nullable=False),
    Column("published_by", Text, nullable=False),
    PrimaryKeyConstraint("name", "version", name="part_pkey"),
    UniqueConstraint("name", "checksum", name="part_checksum_key"),
)

RULEBOOK: Final = Table(
    "rulebook",
    METADATA,
    Column("version", Integer, nullable=False, autoincrement=False),
    *(
        Column(part, Integer, nullable=False)
        for part in ("areas", "organisations", "list", "calendar", "policies")
    ),
    Column("published_at", _WHEN, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("in_force_at", _WHEN, nullable=False),
    Column("roster", Integer),
    Column("base", Integer),
    Column("changed", ARRAY(Text), nullable=False),
    Column("note", Text, nullable=False),
    Column("withdrawn_at", _WHEN),
    Column("epoch", Integer, nullable=False),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    _line(),
    PrimaryKeyConstraint("version", name="rulebook_pkey"),
    Index("rulebook_in_force_idx", "in_force_at", "version"),
    Index("rulebook_feed_idx", "epoch", "xid", "line"),
)

DRAFT: Final = Table(
    "draft",
    METADATA,
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("parts", JSONB, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("created_by", Text, nullable=False),
    PrimaryKeyConstraint("number", name="draft_pkey"),
)

ACCOUNT: Final = Table(
    "account",
    METADATA,
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    _code("organisation"),
    Column("roles", ARRAY(Text), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    PrimaryKeyConstraint("id", name="account_pkey"),
    Index("account_organisation_idx", "organisation"),
)

CREDENTIAL: Final = Table(
    "credential",
    METADATA,
    _code("id"),
    Column("account", Uuid, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN),
    Column("revoked_at", _WHEN),
    PrimaryKeyConstraint("id", name="credential_pkey"),
    ForeignKeyConstraint(["account"], ["account.id"], name="credential_account_fkey"),
    Index("credential_account_idx", "account"),
)

EVENT: Final = Table(
    "event",
    METADATA,
    Column("id", Uuid, nullable=False),
    _code("home"),
    _code("source"),
    _code("organisation"),
    Column("account", Uuid, nullable=False),
    Column("occurred_at", _WHEN, nullable=False),
    Column("received_at", _WHEN, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("id", name="event_pkey"),
    Index("event_account_idx", "account", "received_at", "id"),
    Index("event_received_idx", "received_at", "id"),
)

UNIT: Final = Table(
    "unit",
    METADATA,
    Column("id", Uuid, nullable=False),
    _code("home"),
    _code("number"),
    Column("parent", Uuid),
    _code("kind"),
    _code("clause"),
    Column("title", Text, nullable=False),
    _code("state"),
    _code("urgency"),
    Column("pressing", SmallInteger, nullable=False),
    _code("entry", optional=True),
    Column("task", SmallInteger),
    _code("level", optional=True),
    _code("district"),
    _code("street"),
    _code("community"),
    _code("grid"),
    _code("holder"),
    _code("centre"),
    _code("desk", optional=True),
    Column("route", ARRAY(Text), nullable=False),
    Column("is_gap", Boolean, nullable=False),
    Column("rulebook", Integer, nullable=False),
    Column("reporter", Uuid, nullable=False),
    _code("stage", optional=True),
    Column("stage_due_at", _WHEN),
    Column("due_at", _WHEN),
    Column("is_provisional", Boolean, nullable=False),
    Column("overdue_at", _WHEN),
    Column("raised", ARRAY(Text), nullable=False),
    Column("resolved_by", Uuid),
    Column("closed_at", _WHEN),
    Column("created_at", _WHEN, nullable=False),
    Column("updated_at", _WHEN, nullable=False),
    Column("version", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("is_unlisted", Boolean, nullable=False),
    Column("longitude", Double),
    Column("latitude", Double),
    _code("cell", optional=True),
    _code("device", optional=True),
    Column("merged_into", Uuid),
    Column("recurs", Uuid),
    Column("is_self_handled", Boolean, nullable=False),
    _code("satisfaction", optional=True),
    _code("was", optional=True),
    Column("pending", JSONB, nullable=False),
    Column("yellow_at", _WHEN),
    Column("red_at", _WHEN),
    Column("exempted_at", _WHEN),
    _code("light", optional=True),
    Column("claimed_by", Uuid),
    Column("claimed_until", _WHEN),
    Column("claim", Integer, nullable=False),
    PrimaryKeyConstraint("id", "home", name="unit_pkey"),
    UniqueConstraint("number", "home", name="unit_number_key"),
    ForeignKeyConstraint(["parent", "home"], ["unit.id", "unit.home"], name="unit_parent_fkey"),
    *UNIT_INDEXES,
)

FEED_EPOCH: Final = Table(
    "feed_epoch",
    METADATA,
    Column("singleton", Boolean, nullable=False, server_default=text("true")),
    Column("epoch", Integer, nullable=False),
    Column("system_identifier", BigInteger, nullable=False),
    Column("timeline", Integer, nullable=False),
    PrimaryKeyConstraint("singleton", name="feed_epoch_pkey"),
)


STEP: Final = Table(
    "step",
    METADATA,
    _line("id"),
    _code("home"),
    Column("at", _WHEN, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("unit", Uuid, nullable=False),
    Column("seq", Integer, nullable=False),
    _code("action"),
    _code("state"),
    Column("actor", Uuid),
    _code("organisation", optional=True),
    Column("reason", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("before", ARRAY(Text)),
    Column("after", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("id", "home", "at", name="step_pkey"),
    ForeignKeyConstraint(["unit", "home"], ["unit.id", "unit.home"], name="step_unit_fkey"),
    Index("step_unit_idx", "unit", "seq"),
    Index("step_feed_idx", "epoch", "xid", "id"),
    Index("step_notice_idx", "at", "id", postgresql_where=text("action = 'notice'")),
    postgresql_partition_by="RANGE (at)",
)

CLOCK: Final = Table(
    "clock",
    METADATA,
    Column("unit", Uuid, nullable=False),
    _code("name"),
    _code("home"),
    _code("basis"),
    Column("limit", Integer, nullable=False),
    Column("started_at", _WHEN, nullable=False),
    Column("spent", Integer, nullable=False),
    Column("running_since", _WHEN),
    Column("due_at", _WHEN),
    Column("is_provisional", Boolean, nullable=False),
    Column("mark", SmallInteger, nullable=False),
    Column("next_at", _WHEN),
    Column("overdue_at", _WHEN),
    Column("version", Integer, nullable=False),
    Column("granted", Integer, nullable=False),
    Column("grants", SmallInteger, nullable=False),
    Column("calendar", Text(collation="C"), nullable=False, server_default=text("''::text")),
    Column("yellow_at", _WHEN),
    Column("red_at", _WHEN),
    _code("overdue_by", optional=True),
    Column("exempted_at", _WHEN),
    Column("exempted_by", Uuid),
    PrimaryKeyConstraint("unit", "name", "home", name="clock_pkey"),
    ForeignKeyConstraint(["unit", "home"], ["unit.id", "unit.home"], name="clock_unit_fkey"),
    Index(
        "clock_due_idx",
        "home",
        "next_at",
        "unit",
        postgresql_where=text("next_at IS NOT NULL"),
    ),
)

REPLY: Final = Table(
    "reply",
    METADATA,
    Column("account", Uuid, nullable=False),
    _code("key"),
    Column("request", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    PrimaryKeyConstraint("account", "key", name="reply_pkey"),
    ForeignKeyConstraint(["account"], ["account.id"], name="reply_account_fkey"),
    Index("reply_created_idx", "created_at"),
)

ATTACHMENT: Final = Table(
    "attachment",
    METADATA,
    Column("id", Uuid, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    _code("type"),
    Column("name", Text, nullable=False),
    Column("account", Uuid, nullable=False),
    _code("organisation"),
    Column("created_at", _WHEN, nullable=False),
    Column("unit", Uuid),
    _code("home", optional=True),
    Column("event", Uuid),
    _code("phase", optional=True),
    PrimaryKeyConstraint("id", name="attachment_pkey"),
    ForeignKeyConstraint(["account"], ["account.id"], name="attachment_account_fkey"),
    ForeignKeyConstraint(["unit", "home"], ["unit.id", "unit.home"], name="attachment_unit_fkey"),
    Index("attachment_unit_idx", "unit", postgresql_where=text("unit IS NOT NULL")),
)

REQUEST: Final = Table(
    "request",
    METADATA,
    Column("id", Uuid, nullable=False),
    Column("unit", Uuid, nullable=False),
    _code("home"),
    _code("kind"),
    Column("account", Uuid, nullable=False),
    _code("organisation"),
    Column("at", _WHEN, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", _WHEN),
    _code("helper", optional=True),
    Column("limit", Text),
    _code("clock", optional=True),
    Column("agreed", ARRAY(Text), nullable=False),
    _code("state"),
    _code("desk", optional=True),
    Column("decided_by", Uuid),
    Column("decided_at", _WHEN),
    Column("decision", Text, nullable=False),
    PrimaryKeyConstraint("id", name="request_pkey"),
    ForeignKeyConstraint(["unit", "home"], ["unit.id", "unit.home"], name="request_unit_fkey"),
    Index("request_unit_idx", "unit"),
    Index("request_desk_idx", "desk", "at", "id", postgresql_where=_OPEN),
    Index("request_organisation_idx", "organisation", "at", "id"),
    Index("request_at_idx", "at", "id"),
)
