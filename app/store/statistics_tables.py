"""The tables of statistics: what was counted, and how far the accountant has come."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.domain.measure import Count
from app.store.tables import METADATA, Xid8

KEYS: Final = ("span", "entry", "channel", "kind", "day", "organisation", "home")
"""In the order that lets all bodies of a day be read together."""


def _tally(name: str) -> Table:
    return Table(
        name,
        METADATA,
        *(
            Column(key, Date() if key == "day" else Text(collation="C"), nullable=False)
            for key in KEYS
        ),
        *(Column(count.value, Integer, nullable=False) for count in Count),
        PrimaryKeyConstraint(*KEYS, name=f"{name}_pkey"),
        Index(f"{name}_day_idx", "span", "day", "organisation", "entry"),
    )


TALLY: Final = _tally("tally")
FRESH: Final = _tally("tally_fresh")
"""Where the rollups are made anew."""

TALLY_AREA: Final = Table(
    "tally_area",
    METADATA,
    Column("organisation", Text(collation="C"), nullable=False),
    Column("area", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("organisation", "area", name="tally_area_pkey"),
)
"""Whose rows those of an area are the sum of."""

ACCOUNTANT: Final = Table(
    "accountant",
    METADATA,
    Column("singleton", Boolean, nullable=False, server_default=text("true")),
    Column("epoch", Integer, nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("counted_until", DateTime(timezone=True)),
    Column("zone", Text),
    Column("paused_until", DateTime(timezone=True)),
    Column("city", Text),
    Column("areas", ARRAY(Text(collation="C")), nullable=False, server_default=text("'{}'")),
    Column("made_until", Date),
    PrimaryKeyConstraint("singleton", name="accountant_pkey"),
)
