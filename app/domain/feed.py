"""The feed (变更流): lines of the log in the order they were committed, and whom each concerns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.domain.area import Tier
from app.domain.authority import Scope
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode
from app.domain.topic import Topic
from app.domain.unit import State, Unit


class Position(NamedTuple):
    """Where a line stands in the feed: positions compare as the lines were committed."""

    epoch: int
    """Raised after a restore or a failover, when transaction ids begin anew."""
    xid: int
    line: int


START: Final = Position(0, 0, 0)
"""Before the first line."""


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


NOWHERE: Final = Stance(*[""] * 9)
"""Where a unit stands that is not there yet."""


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


def message_id(epoch: int, line: int) -> str:
    """Return the id of the message that tells of a line; it has no full stop, as signing asks."""
    return f"msg_{epoch}_{line}"


def concerns(scope: Scope, line: Line) -> bool:
    """Tell whether a line is for who sees this scope: its unit stands in it, or did before."""
    if line.unit is None:
        return True
    if scope.tier is Tier.CITY or line.unit.reporter == scope.account:
        return True
    return any(stance and lies_in(scope, stance) for stance in (line.before, line.after))


def lies_in(scope: Scope, stance: Stance) -> bool:
    """Tell whether a unit that stands so lies in the scope; `authority.sees` asks units the same.

    What was written before lines told it stands nowhere, and lies in the city's scope alone.
    """
    if scope.tier is Tier.CITY:
        return True
    if scope.organisation and scope.organisation in {stance.holder, stance.centre}:
        return True
    return scope.tier is not None and getattr(stance, scope.tier) in scope.areas
