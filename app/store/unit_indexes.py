"""The indexes of `unit`: what units are looked for by, and the orders they are listed in."""

from typing import Final

from sqlalchemy import Index, text

_OPEN: Final = text("desk IS NOT NULL")
_CLAIMED: Final = text("claimed_until IS NOT NULL")
_PRESSING: Final = (text("pressing DESC"), "stage_due_at", "id")
"""The order of a queue."""

UNIT_INDEXES: Final = (
    Index(
        "unit_queue_idx",
        "desk",
        "state",
        text("(claimed_until IS NOT NULL)"),
        *_PRESSING,
        postgresql_include=["claimed_until"],
        postgresql_where=_OPEN,
    ),
    *(
        Index(f"unit_{name}_queue_idx", *area, "state", *_PRESSING, postgresql_where=_OPEN)
        for name, *area in (("street", "street"), ("district", "district"), ("city",))
    ),
    Index("unit_claimed_idx", "desk", "claimed_until", postgresql_where=_CLAIMED),
    Index("unit_held_idx", "district", *_PRESSING, postgresql_where=_CLAIMED),
    Index(
        "unit_pending_idx",
        "district",
        *_PRESSING,
        postgresql_where=text("pending <> '[]' AND desk IS NOT NULL"),
    ),
    Index(
        "unit_supervised_idx",
        text("(reasons #>> '{supervision,centre}')"),
        postgresql_where=text("desk IS NOT NULL AND reasons ? 'supervision'"),
    ),
    Index("unit_district_idx", "district", "updated_at", "id"),
    Index("unit_street_idx", "street", "updated_at", "id"),
    Index(
        "unit_moved_idx",
        "home",
        "updated_at",
        "id",
        postgresql_where=text("home <> district"),
    ),
    Index("unit_holder_idx", "holder", "updated_at", "id"),
    Index("unit_updated_idx", "updated_at", "id"),
    Index("unit_parent_idx", "parent", "home", postgresql_where=text("parent IS NOT NULL")),
    *(
        Index(
            f"unit_{key}_idx",
            key,
            "entry",
            "created_at",
            postgresql_where=text(f"{key} IS NOT NULL AND merged_into IS NULL"),
        )
        for key in ("cell", "device")
    ),
    Index("unit_merged_idx", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    Index("unit_recurs_idx", "recurs", postgresql_where=text("recurs IS NOT NULL")),
    Index("unit_overdue_idx", "overdue_at", "id", postgresql_where=text("overdue_at IS NOT NULL")),
    Index(
        "unit_raised_idx",
        "raised",
        postgresql_using="gin",
        postgresql_where=text("raised <> '{}'"),
    ),
)
