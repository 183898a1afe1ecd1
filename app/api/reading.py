"""Reading the feed from a cursor on: what the feed and the stream have in common."""

from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Query

from app.api import cursors
from app.api.models import Code, Strict
from app.api.service import Service
from app.domain import sight
from app.domain.authority import Caller, Scope
from app.domain.feed import Cursor, Known, Line, Selection, expired
from app.domain.rulebook import Rulebook
from app.domain.topic import Topic, checked, covers
from app.domain.webhook import Payload
from app.store import feed
from app.store.feed import Batch

TYPES: Final = "事件类型, 以逗号分隔, 如 unit.accepted,clock.* / event types or families of them"
SCOPE: Final = "A body of the caller's subtree; by default what the caller sees, own reports too"

ScopeCode = Annotated[Code | None, Query(description=SCOPE)]


class Choice(Strict):
    """Which lines somebody wants, and how much of them."""

    scope: ScopeCode = None
    types: Annotated[str | None, Query(max_length=2000, description=TYPES)] = None
    payload: Payload = Payload.THIN

    @property
    def topics(self) -> frozenset[Topic] | None:
        """The event types asked for, None for all; raises Invalid."""
        if self.types is None:
            return None
        named = checked(one.strip() for one in self.types.split(","))
        return frozenset(topic for topic in Topic if covers(named, topic))


def scope_of(code: str | None, caller: Caller, rulebook: Rulebook) -> Scope:
    """Return the sight asked for, as the city now is; raises NotFound."""
    if code is None:
        return sight.of_caller(caller, rulebook)
    return sight.of_organisation(sight.within(code, caller, rulebook, field="scope"), rulebook)


@dataclass
class Reader:
    """Somebody who reads on from a cursor."""

    service: Service
    scope: Scope
    topics: frozenset[Topic] | None
    cursor: Cursor
    is_last: bool = False
    """Nothing more is there."""

    @property
    def of(self) -> Selection:
        """Which lines they want."""
        return Selection(self.scope, self.topics)

    async def read(self, limit: int) -> tuple[Line, ...]:
        """Return what comes next; the cursor then stands behind it. Raises Expired."""
        cursor = self.cursor
        async with self.service.database.reading() as tx:
            batch = await feed.read(
                tx, cursor.position, limit=limit, besides=cursor.besides, of=self.of
            )
        _check(cursor, batch)
        self.is_last = batch.is_last
        at = self.service.now() if batch.is_last else batch.at or cursor.at
        self.cursor = cursor.onward(batch.end, batch.horizon, at=at, is_last=batch.is_last)
        return batch.lines


def behind(line: Line, besides: Known | None) -> Cursor:
    """Return the cursor behind a line, for who knows besides what they began with."""
    if besides is not None and besides.lies_behind(line.position):
        besides = None
    return Cursor(line.position, line.at, besides)


def _check(cursor: Cursor, batch: Batch) -> None:
    """Raise Expired where the log is not the one that the cursor was made from."""
    besides = cursor.besides
    if not batch.is_held or (besides is not None and besides.epoch != batch.horizon.epoch):
        raise expired(
            zh="游标所在的记录已不在日志中(数据库曾恢复到更早的备份)",
            en="the log no longer holds the line the cursor stands at (an older dump was restored)",
        )


async def start(service: Service, text: str | None) -> Cursor:
    """Return where to read from: now, if no cursor is given. Raises Invalid, Expired."""
    now = service.now()
    if not text:
        async with service.database.reading() as tx:
            return Cursor(await feed.latest(tx), now)
    cursor = cursors.read(text)
    cursor.check(now, service.retention)
    if cursor.at > now:
        # Of the future: no answer of ours, unless a clock went back.
        cursor = replace(cursor, at=now)
    return cursor
