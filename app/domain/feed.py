"""The feed (变更流): lines of the log in the order they were committed, and whom each concerns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from app.domain.area import Tier
from app.domain.authority import Scope, takes_in
from app.domain.errors import Expired
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode
from app.domain.topic import Topic
from app.domain.unit import State, Unit, UnitId


class Position(NamedTuple):
    """Where a line stands in the feed: positions compare as the lines were committed."""

    epoch: int
    """Raised after a restore or a failover, when transaction ids begin anew."""
    xid: int
    line: int


START: Final = Position(0, 0, 0)
"""Before the first line."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the counts of a snapshot hold already: what was visible in it."""

    epoch: int
    snapshot: str
    """PostgreSQL's own word for it (pg_snapshot): xmin:xmax:those that were under way."""

    def holds(self, position: Position) -> bool:
        """Tell whether the line at a position was visible."""
        lowest, highest, running = self.snapshot.split(":")
        if position.epoch != self.epoch or position.xid >= int(highest):
            return False
        return position.xid < int(lowest) or str(position.xid) not in running.split(",")

    def lies_behind(self, position: Position) -> bool:
        """Tell whether all of its transactions come before a position."""
        return position >= (self.epoch, int(self.snapshot.split(":")[1]), 0)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where somebody has read, and what they know besides."""

    position: Position
    at: datetime
    """When the line there happened; of who has read all there is, when that was."""
    besides: Known | None = None
    """Lines behind the position that are known all the same."""

    def check(self, now: datetime, retention: timedelta) -> None:
        """Raise Expired for who has been away for too long."""
        if self.at < now - retention:
            raise expired(
                zh=f"游标停在 {self.at:%Y-%m-%d %H:%M}Z, 早于保留期({retention.days} 天)",
                en=f"the cursor stands at {self.at:%Y-%m-%d %H:%M}Z,"
                f" longer ago than the feed goes back ({retention.days} days)",
            )

    def onward(self, end: Position, horizon: Position, *, at: datetime, is_last: bool) -> "Cursor":
        """Return where a reader stands who has read on from here up to `end`.

        What is known besides is dropped as soon as all of it lies behind.
        """
        besides, reached = self.besides, horizon if is_last else end
        if besides is not None and besides.lies_behind(reached):
            besides = None
        return Cursor(end, at, besides)


def expired(*, zh: str, en: str) -> Expired:
    """Return the refusal of a cursor from which nobody can read on, with the way to begin anew."""
    return Expired(
        zh=f"{zh}; 请用 GET /v1/snapshot 重新取得全量与新游标",
        en=f"{en}; begin anew with GET /v1/snapshot, which gives a cursor",
        field="cursor",
        allowed=("/v1/snapshot",),
    )


class Stance(NamedTuple):
    """How a unit stands: what a snapshot counts, and whom it concerns; empty: not there."""

    holder: str
    state: str
    kind: str
    light: str
    """The light as the log has told it, which turns with the line of its mark; empty: none."""
    centre: str
    district: str
    street: str
    community: str
    grid: str


def stance_of(unit: Unit) -> Stance:
    """Return how a unit stands with the change that was last made to it."""
    place = unit.place
    return Stance(
        unit.holder,
        unit.state,
        unit.kind,
        unit.light(unit.updated_at) or "",
        unit.centre,
        place.district,
        place.street,
        place.community,
        place.grid,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the feed, of a unit's log or of a publication.

    `unit` and `reporter` are the unit's as they were when the line was read: maybe later than
    the line, as `unit.version` and `unit.steps` tell. `before` is None where the line changes
    nothing of how the unit stands: the first line of a change tells all of it.
    """

    position: Position
    at: datetime
    topic: Topic
    unit: Unit | None = None
    """None for what is not about a unit."""
    seq: int = 0
    before: Stance | None = None
    after: Stance | None = None
    state: State | None = None
    """The state that this very line led to; lines of one change may pass through several."""
    actor: AccountId | None = None
    actor_name: str | None = None
    organisation: OrganisationCode | None = None
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The message's id, the same in the feed, in the stream and as `webhook-id`."""
        return message_id(self.position.epoch, self.position.line)

    @property
    def trace(self) -> "Trace":
        """What of it tells where it goes."""
        id_, home = (self.unit.id, self.unit.home) if self.unit else (None, None)
        return Trace(self.position, self.at, self.topic, id_, home, self.before, self.after)


class Trace(NamedTuple):
    """What of a line tells where it goes; that it is for the unit's reporter, it does not tell."""

    position: Position
    at: datetime
    topic: Topic
    unit: UnitId | None
    """None for what is not about a unit."""
    home: str | None
    before: Stance | None
    after: Stance | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines a reader wants."""

    scope: Scope | None = None
    """None: of everywhere."""
    topics: frozenset[Topic] | None = None
    """None: of all event types."""

    def wants(self, line: Line) -> bool:
        """Tell whether the reader wants a line."""
        if self.topics is not None and line.topic not in self.topics:
            return False
        return self.scope is None or concerns(self.scope, line)


def message_id(epoch: int, line: int) -> str:
    """Return the id of the message that tells of a line; it has no full stop, as signing asks."""
    return f"msg_{epoch}_{line}"


def named_line(message: str) -> tuple[int, int] | None:
    """Return the epoch and the line that a message's id names; None: it is none."""
    found = _MESSAGE.fullmatch(message)
    return (int(found[1]), int(found[2])) if found else None


_MESSAGE: Final = re.compile(r"msg_(\d{1,9})_(\d{1,18})", re.ASCII)


def concerns(scope: Scope, line: Line) -> bool:
    """Tell whether a line is for who sees this scope: its unit stands in it, or did before."""
    is_own = line.unit is not None and line.unit.reporter == scope.account
    return is_own or touches(scope, line)


def touches(scope: Scope, line: Line | Trace) -> bool:
    """Tell whether a line's unit stands in a scope or did before; what is of no unit is for all."""
    if line.unit is None or scope.tier is Tier.CITY:
        return True
    return any(stance and lies_in(scope, stance) for stance in (line.before, line.after))


def codes_of(scope: Scope) -> frozenset[str] | None:
    """Return the codes that a stance within the scope has one of; None: any stance lies in it.

    What its account reported besides is not told by any code.
    """
    if scope.tier is Tier.CITY:
        return None
    codes = {scope.organisation} if scope.organisation else set[str]()
    return frozenset(codes | set(scope.areas) if scope.tier else codes)


def lies_in(scope: Scope, stance: Stance) -> bool:
    """Tell whether a unit that stands so lies in the scope; `authority.sees` asks units the same.

    What was written before lines told it stands nowhere, and lies in the city's scope alone.
    """
    return takes_in(scope, stance.holder, stance.centre, stance)
