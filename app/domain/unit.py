"""A unit (业务单元): the piece of work that is routed, timed and closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NewType
from uuid import UUID

from app.domain.area import Place, Tier
from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode
from app.domain.request import Pending
from app.domain.responsibility import EntryCode, Kind, Urgency
from app.domain.spot import Spot

UnitId = NewType("UnitId", UUID)


class State(StrEnum):
    """Where a unit is on its way to the closed loop."""

    TRIAGE = "triage"
    """待研判"""
    FILED = "filed"
    """已立案待派遣"""
    DISPATCHED = "dispatched"
    """待签收"""
    ACCEPTED = "accepted"
    """已签收"""
    IN_PROGRESS = "in_progress"
    """处置中"""
    COORDINATING = "coordinating"
    """统筹中"""
    RESOLVED = "resolved"
    """待核查"""
    VERIFIED = "verified"
    """待结案"""
    CLOSED = "closed"
    """已结案"""
    DECLINED = "declined"
    """不予立案"""
    CANCELLED = "cancelled"
    """已作废"""
    MERGED = "merged"
    """已并案"""
    SUSPENDED = "suspended"
    """挂账"""

    @property
    def is_final(self) -> bool:
        """Nothing more is to be done."""
        return self in {State.CLOSED, State.DECLINED, State.CANCELLED, State.MERGED}


class Clause(StrEnum):
    """Which clause of the first-match rule decided the kind."""

    SPLIT = "split"
    """由事件拆分"""
    ISSUED = "issued"
    """上级交办"""
    PLANNED = "planned"
    """有处置预案"""
    URGENT = "urgent"
    """紧急或重大"""
    JOINT = "joint"
    """两个以上单位处置"""
    SINGLE = "single"
    """单一职责"""
    LISTED = "listed"
    """清单指定"""
    UNDECIDED = "undecided"
    """尚未研判"""


class ClockName(StrEnum):
    """The limits a unit can run under."""

    TRIAGE = "triage"
    """研判"""
    DISPATCH = "dispatch"
    """派遣"""
    ACCEPT = "accept"
    """签收"""
    DISPOSE = "dispose"
    """处置"""
    VERIFY = "verify"
    """核查"""
    SUPERVISE = "supervise"
    """督办"""
    SUSPEND = "suspend"
    """挂账"""
    CONTACT = "contact"
    """吹哨后联系"""
    ARRIVE = "arrive"
    """吹哨后报到"""
    LOOP = "loop"
    """全流程(立案至结案)"""


class Light(StrEnum):
    """How near a unit is to being late (亮灯)."""

    GREEN = "green"
    """绿灯"""
    YELLOW = "yellow"
    """黄灯"""
    RED = "red"
    """红灯"""


class Grade(StrEnum):
    """What the reporter says of the result (回访评价)."""

    SATISFIED = "satisfied"
    """满意"""
    MOSTLY = "mostly"
    """基本满意"""
    UNSATISFIED = "unsatisfied"
    """不满意"""


def light_at(now: datetime, yellow_at: datetime | None, red_at: datetime | None) -> Light:
    """Return the light that limits show of which the first turn at these moments."""
    if red_at is not None and red_at <= now:
        return Light.RED
    is_yellow = yellow_at is not None and yellow_at <= now
    return Light.YELLOW if is_yellow else Light.GREEN


@dataclass(frozen=True, slots=True)
class Unit:
    """The whole state of one unit.

    `holder` answers for the work; `centre` is the centre above the holder; `desk` is the
    one of the two whose turn it is, empty when nobody's. `version` rises by what a caller
    must have seen, `steps` by every line of the log.
    """

    id: UnitId
    home: str
    kind: Kind
    clause: Clause
    title: str
    state: State
    urgency: Urgency
    place: Place
    holder: OrganisationCode
    centre: OrganisationCode
    desk: OrganisationCode | None
    route: tuple[OrganisationCode, ...]
    rulebook: int
    reporter: AccountId
    created_at: datetime
    updated_at: datetime
    number: str = ""
    parent: UnitId | None = None
    entry: EntryCode | None = None
    task: int | None = None
    """Which task of the entry's plan this is, from 0; None for a unit that is not one."""
    level: Tier | None = None
    is_gap: bool = False
    is_unlisted: bool = False
    """无清单依据: no entry empowers its holder; it waits for a ruling or has had one."""
    stage: ClockName | None = None
    stage_due_at: datetime | None = None
    due_at: datetime | None = None
    is_provisional: bool = False
    overdue_at: datetime | None = None
    raised: tuple[OrganisationCode, ...] = ()
    resolved_by: AccountId | None = None
    closed_at: datetime | None = None
    version: int = 1
    steps: int = 0
    reasons: Mapping[str, Any] = field(default_factory=dict)
    spot: Spot | None = None
    """Where the reporter's point is."""
    cell: str | None = None
    """What similar units are looked for by; see `landmark.cell_of`."""
    device: str | None = None
    merged_into: UnitId | None = None
    recurs: UnitId | None = None
    """The closed unit whose matter has come back (反复发生)."""
    is_self_handled: bool = False
    """自行处置: the report came with its resolution."""
    satisfaction: Grade | None = None
    was: State | None = None
    """The state a suspended unit goes back to."""
    pending: tuple[Pending, ...] = ()
    """The requests about it that nobody has decided yet."""
    yellow_at: datetime | None = None
    red_at: datetime | None = None
    """When the light of any of its running limits turns, as its policy's marks say."""
    exempted_at: datetime | None = None
    """When its first lateness (`overdue_at`) was taken out of the statistics."""
    claimed_by: AccountId | None = None
    """Whose hands it is in (领取): somebody of the desk's, until `claimed_until`."""
    claimed_until: datetime | None = None
    claim: int = 0
    """How often it was claimed: what a claimer shows is theirs (fencing token)."""

    def light(self, now: datetime) -> Light | None:
        """Return the worst light of its running limits; None when nothing is to be done."""
        return None if self.stage is None else light_at(now, self.yellow_at, self.red_at)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a unit's log (流转记录); `seq` counts from 1 within the unit."""

    unit: UnitId
    home: str
    seq: int
    at: datetime
    action: str
    state: State
    actor: AccountId | None
    organisation: OrganisationCode | None
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def own_step(
    unit: Unit,
    action: str,
    at: datetime,
    data: Mapping[str, Any],
    *,
    told: OrganisationCode | None = None,
) -> Step:
    """Return the line that the service itself leaves in the log of a unit already counted up.

    `told` is whom it is for, the unit's holder if nobody else.
    """
    return Step(
        unit=unit.id,
        home=unit.home,
        seq=unit.steps,
        at=at,
        action=action,
        state=unit.state,
        actor=None,
        organisation=told or unit.holder,
        data=data,
    )


def task_id(parent: UnitId, index: int) -> UnitId:
    """Return the id of a parent's task: the same each time, and next to its parent in the index.

    It is a UUID of version 8, which no event may use: the two can never be the same.
    """
    head = bytearray(parent.bytes[:8])
    head[6] = head[6] & 0x0F | 0x80
    tail = bytearray(sha256(parent.bytes + index.to_bytes(4, "big")).digest()[:8])
    tail[0] = tail[0] & 0x3F | 0x80
    return UnitId(UUID(bytes=bytes(head + tail)))
