"""Tallies: what rollups say of a period, by whatever it is to be told apart by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from app.domain.event import Channel
from app.domain.measure import STOCK_IN, STOCK_OUT, Count, Counts
from app.domain.period import FIRST, Period, Pieces, Span
from app.domain.responsibility import Kind
from app.store.accounting import ALL
from app.store.database import Tx


class By(StrEnum):
    """What rows are told apart by."""

    ORGANISATION = "organisation"
    DAY = "day"
    MONTH = "month"
    CHANNEL = "channel"
    KIND = "kind"
    CATEGORY = "category"
    CHANNEL_AND_LEVEL = "channel_and_level"
    """A channel, and what bodies are grouped to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of whom and of what; None asks for everything.

    `groups` are the bodies, or whole areas, each with the one it counts for; `entries` those of
    a category, by which areas are not summed up.
    """

    groups: Mapping[str, str] | None = None
    channel: str | None = None
    kind: str | None = None
    entries: Sequence[str] | None = None


_SUMS: Final = ", ".join(f"sum(t.{count})::bigint AS {count}" for count in Count)
_FLOW: Final = "+".join(f"t.{count}" for count in STOCK_IN) + "".join(
    f" - t.{count}" for count in STOCK_OUT
)
_STOCK: Final = f"sum({_FLOW})::bigint AS stock"
_TOLD: Final[Mapping[By, str]] = {
    By.ORGANISATION: 'g."group"',
    By.DAY: "t.day",
    By.MONTH: "date_trunc('month', t.day::timestamp)::date",
    By.CHANNEL: "t.channel",
    By.KIND: "t.kind",
    By.CATEGORY: "t.entry",
    By.CHANNEL_AND_LEVEL: """t.channel || ' ' || g."group\"""",
}
_EVERY: Final[Mapping[str, str]] = {
    "channel": "IN ('" + "', '".join(Channel) + "')",
    "kind": "IN ('" + "', '".join(Kind) + "')",
}
"""Named one by one, so that an index finds each."""
_MANY: Final = 300
_GROUPED: Final = frozenset({By.ORGANISATION, By.CHANNEL_AND_LEVEL})

Told = str | date | None
"""What a row is of; None is everything together."""


async def counts(
    tx: Tx, wanted: Wanted, periods: Mapping[str, Period], by: By | None = None
) -> dict[str, dict[Told, Counts]]:
    """Return what is counted in periods, each by its name, row by row.

    Rows without anything are left out.
    """
    finest = {By.DAY: Span.DAY, By.MONTH: Span.MONTH}.get(by) if by else None
    pieces = {name: period.pieces(finest=finest) for name, period in periods.items()}
    sql, values = _Query(wanted, by).told(pieces, _SUMS)
    found: dict[str, dict[Told, Counts]] = {name: {} for name in periods}
    for row in await tx.fetch(sql, *values):
        counted = {count: row[count] for count in Count if row[count]}
        if counted:
            found[row["name"]][row["told"]] = counted
    return found


async def stocks(
    tx: Tx, wanted: Wanted, moments: Mapping[str, date], by: By | None = None
) -> dict[str, dict[Told, int]]:
    """Return what was open when days began, each by its name, row by row."""
    pieces = {name: Period(FIRST, day).pieces() for name, day in moments.items()}
    sql, values = _Query(wanted, by).told(pieces, _STOCK)
    found: dict[str, dict[Told, int]] = {name: {} for name in moments}
    for row in await tx.fetch(sql, *values):
        if row["stock"]:
            found[row["name"]][row["told"]] = row["stock"]
    return found


class _Query:
    """A statement put together of no more rows than tell what is wanted."""

    def __init__(self, wanted: Wanted, by: By | None) -> None:
        self._by, self._values = by, list[object]()
        by_entry = by is By.CATEGORY or wanted.entries is not None
        is_split = bool(
            by in {By.CHANNEL, By.KIND, By.CHANNEL_AND_LEVEL}
            or wanted.channel
            or wanted.kind
            # Of an entry only the city has a row with nothing told apart.
            or (by_entry and wanted.groups is not None)
        )
        self._join, self._conditions = "", [self._entry(wanted, by_entry=by_entry)]
        self._conditions.append(self._body(wanted))
        for column, value in (("channel", wanted.channel), ("kind", wanted.kind)):
            rest = _EVERY[column] if is_split else f"= '{ALL}'"
            told = f"= {self._sent(value, 'text')}" if value else rest
            self._conditions.append(f"t.{column} {told}")

    def _sent(self, value: object, kind: str) -> str:
        self._values.append(value)
        return f"${len(self._values)}::{kind}"

    def _entry(self, wanted: Wanted, *, by_entry: bool) -> str:
        if wanted.entries is not None:
            return f"t.entry = ANY({self._sent(list(wanted.entries), 'text[]')})"
        return f"t.entry {'<>' if by_entry else '='} '{ALL}'"

    def _body(self, wanted: Wanted) -> str:
        if wanted.groups is None:
            return f"t.organisation = '{ALL}'"
        codes = self._sent(list(wanted.groups), "text[]")
        if self._by in _GROUPED:
            groups = self._sent(list(wanted.groups.values()), "text[]")
            self._join = (
                f'JOIN unnest({codes}, {groups}) AS g (code, "group") ON g.code = t.organisation'
            )
        if len(wanted.groups) > _MANY and self._join:
            # Read together, by the days' index: the join leaves those that are meant.
            return f"t.organisation <> '{ALL}'"
        return f"t.organisation = ANY({codes})"

    def told(self, pieces: Mapping[str, Pieces], sums: str) -> tuple[str, list[object]]:
        """Return the statement and what it takes."""
        conditions = " AND ".join(self._conditions)
        parts = [
            f"SELECT '{name}' AS name, * FROM tally t WHERE t.span = '{span}'"
            f" AND t.day = ANY({self._sent(days, 'date[]')}) AND {conditions}"
            for name, spans in pieces.items()
            for span, days in spans.items()
        ]
        told = _TOLD[self._by] if self._by else "NULL::text"
        sql = f"""
        SELECT t.name, {told} AS told, {sums} FROM ({" UNION ALL ".join(parts)}) t {self._join}
        GROUP BY 1, 2 ORDER BY 1, 2
        """
        return sql, self._values
