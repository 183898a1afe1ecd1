"""What codes are called, in Chinese and in English."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.action import Action
from app.domain.area import Tier
from app.domain.limit import Basis
from app.domain.responsibility import Kind, Urgency
from app.domain.rulebook import Part
from app.domain.unit import Clause, ClockName, State

Words = Mapping[Any, tuple[str, str]]

CLAUSE: Final[Words] = {
    Clause.SPLIT: ("由事件拆分", "split from an event"),
    Clause.ISSUED: ("由上级交办", "issued from above"),
    Clause.PLANNED: ("有处置预案", "it has a plan"),
    Clause.URGENT: ("紧急或重大", "it is urgent or major"),
    Clause.JOINT: ("两个以上单位须共同处置", "two or more organisations must act"),
    Clause.SINGLE: ("一个单位的一项单一职责", "one duty of one holder"),
    Clause.LISTED: ("职责清单明确指定", "the list says so"),
    Clause.UNDECIDED: ("尚未研判", "not decided yet"),
}
KIND: Final[Words] = {
    Kind.TASK: ("任务", "task"),
    Kind.EVENT: ("事件", "event"),
    Kind.ITEM: ("事项", "item"),
}
TIER: Final[Words] = {
    Tier.CITY: ("市级", "city"),
    Tier.DISTRICT: ("区县级", "district"),
    Tier.STREET: ("镇街级", "street"),
    Tier.COMMUNITY: ("村社区级", "community"),
    Tier.GRID: ("网格级", "grid"),
}
CLOCK: Final[Words] = {
    ClockName.TRIAGE: ("研判", "triage"),
    ClockName.DISPATCH: ("派遣", "dispatch"),
    ClockName.ACCEPT: ("签收", "acceptance"),
    ClockName.DISPOSE: ("处置", "disposal"),
    ClockName.VERIFY: ("核查", "verification"),
}
BASIS: Final[Words] = {
    Basis.WORK: ("工作时间", "of working time"),
    Basis.WALL: ("自然时间, 节假日不停", "of wall-clock time, nights and holidays included"),
}
STATE: Final[Words] = {
    State.TRIAGE: ("待研判", "in triage"),
    State.FILED: ("待派遣", "filed"),
    State.DISPATCHED: ("待签收", "dispatched"),
    State.ACCEPTED: ("已签收", "accepted"),
    State.IN_PROGRESS: ("处置中", "in progress"),
    State.COORDINATING: ("统筹中", "coordinating"),
    State.RESOLVED: ("待核查", "resolved"),
    State.VERIFIED: ("待结案", "verified"),
    State.CLOSED: ("已结案", "closed"),
    State.DECLINED: ("不予立案", "declined"),
    State.CANCELLED: ("已作废", "cancelled"),
}
ACTION: Final[Words] = {
    Action.RECEIVE: ("收件", "receive"),
    Action.FILE: ("立案", "file"),
    Action.DECLINE: ("不予立案", "decline"),
    Action.DISPATCH: ("派遣", "dispatch"),
    Action.PASS_DOWN: ("交办", "pass_down"),
    Action.RULE: ("指定承办", "rule"),
    Action.COORDINATE: ("统筹", "coordinate"),
    Action.ACCEPT: ("签收", "accept"),
    Action.START: ("开始处置", "start"),
    Action.RETURN: ("退回", "return"),
    Action.RESOLVE: ("办结", "resolve"),
    Action.VERIFY: ("核查通过", "verify"),
    Action.REWORK: ("返工", "rework"),
    Action.CLOSE: ("结案", "close"),
    Action.CANCEL: ("作废", "cancel"),
    Action.NOTE: ("备注", "note"),
    Action.ATTACH: ("附件", "attach"),
    Action.WARN: ("临期提醒", "warn"),
    Action.OVERDUE: ("超期", "overdue"),
    Action.RAISE: ("提级督促", "raise"),
    Action.MOVE: ("区划调整", "move"),
    Action.NOTIFY: ("通知", "notify"),
    Action.REJUDGE: ("重新研判", "rejudge"),
}
PART: Final[Words] = {
    Part.AREAS: ("区划", "areas"),
    Part.ORGANISATIONS: ("单位", "organisations"),
    Part.LIST: ("职责清单", "list"),
    Part.CALENDAR: ("工作日历", "calendar"),
    Part.POLICIES: ("规则", "policies"),
    Part.ROSTER: ("值班表", "roster"),
}
URGENCY: Final[Words] = {
    Urgency.NORMAL: ("一般", "normal"),
    Urgency.URGENT: ("紧急", "urgent"),
    Urgency.MAJOR: ("重大", "major"),
}
