"""Cursors of the feed as they go over the wire: opaque, and safe in an address."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from app.domain.errors import Invalid
from app.domain.feed import Cursor, Known, Position

VERSION: Final = 1
LONGEST: Final = 8000
"""A snapshot names every transaction under way: some dozens of them as a rule."""
_HIGHEST: Final = 2**63


def written(cursor: Cursor) -> str:
    """Write a cursor."""
    place = cursor.position
    values: list[Any] = [VERSION, *place, round(cursor.at.timestamp() * 1000)]
    if cursor.besides is not None:
        values += [cursor.besides.epoch, cursor.besides.snapshot]
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def read(text: str) -> Cursor:
    """Read a cursor; raises Invalid for anything else."""
    try:
        return _read(text)
    except (ValueError, TypeError, OverflowError) as error:
        raise Invalid(
            zh="cursor 无效: 请原样使用上一次应答给出的游标",
            en="not a cursor of the feed: use one as an answer gave it",
            field="cursor",
        ) from error


def _read(text: str) -> Cursor:
    if len(text) > LONGEST:
        raise ValueError(len(text))
    # A strict decoder: it refuses what the lenient one would skip.
    plain = text.translate(_PLAIN) + "=" * (-len(text) % 4)
    version, epoch, xid, line, at, *rest = orjson.loads(base64.b64decode(plain, validate=True))
    if version != VERSION:
        raise ValueError(version)
    place = Position(*map(_whole, (epoch, xid, line)))
    return Cursor(place, datetime.fromtimestamp(_whole(at) / 1000, UTC), _known(*rest))


def _known(epoch: object = None, snapshot: object = None) -> Known | None:
    if epoch is None and snapshot is None:
        return None
    if not isinstance(snapshot, str):
        raise TypeError(snapshot)
    lowest, highest, running = snapshot.split(":")
    under_way = [int(xid) for xid in running.split(",")] if running else []
    if not 0 < int(lowest) <= int(highest) < _HIGHEST:
        raise ValueError(snapshot)
    if under_way != sorted(set(under_way)) or not all(
        int(lowest) <= xid < int(highest) for xid in under_way
    ):
        raise ValueError(snapshot)
    return Known(_whole(epoch), f"{int(lowest)}:{int(highest)}:{','.join(map(str, under_way))}")


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _HIGHEST:
        raise TypeError(value)
    return value


_PLAIN: Final = str.maketrans("-_+/", "+/  ")
