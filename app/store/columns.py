"""Many rows in one statement: columns sent as arrays and unnested by PostgreSQL."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a batch; `sql` turns the sent value into the stored one (`{}` is it)."""

    name: str
    type: str
    value: Callable[[Row], object]
    sql: str = "{}"


class Columns(Generic[Row]):
    """The columns of a kind of row, ready for INSERT … SELECT and UPDATE … FROM."""

    def __init__(self, columns: Iterable[Column[Row]]) -> None:
        self._columns = tuple(columns)

    def only(self, *names: str) -> "Columns[Row]":
        """Return the columns of these names."""
        return Columns(column for column in self._columns if column.name in names)

    @property
    def width(self) -> int:
        """How many parameters `source` takes."""
        return len(self._columns)

    @property
    def names(self) -> str:
        """The column list of an INSERT."""
        return ", ".join(f'"{column.name}"' for column in self._columns)

    @property
    def values(self) -> str:
        """The select list that makes the stored values out of `x`."""
        return ", ".join(_stored(column) for column in self._columns)

    @property
    def settings(self) -> str:
        """The SET list of an UPDATE … FROM x."""
        return ", ".join(f'"{column.name}" = {_stored(column)}' for column in self._columns)

    def source(self, first: int = 1) -> str:
        """Return `unnest(…) AS x(…)`, its parameters counted from `first`."""
        arrays = ", ".join(
            f"${place}::{column.type}[]" for place, column in enumerate(self._columns, first)
        )
        return f"unnest({arrays}) AS x({self.names})"

    def arrays(self, rows: Sequence[Row]) -> list[list[Any]]:
        """Return the rows column by column."""
        return [[column.value(row) for row in rows] for column in self._columns]


def _stored(column: Column[Any]) -> str:
    return column.sql.format(f'x."{column.name}"')


def json(value: object) -> str:
    """Write a value for a jsonb column sent as text."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: object) -> str:
    # The driver's own ids are a subclass of UUID, which orjson does not write.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value))
