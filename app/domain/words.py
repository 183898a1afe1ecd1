"""What codes are called, in Chinese and in English."""

from collections.abc import Mapping
from typing import Any, Final

from app.domain.action import Action
from app.domain.area import Tier
from app.domain.event import Channel
from app.domain.limit import Basis
from app.domain.need import Need
from app.domain.request import RequestKind, RequestState
from app.domain.responsibility import Kind, Urgency
from app.domain.rulebook import Part
from app.domain.unit import Clause, ClockName, Grade, State

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
CHANNEL: Final[Words] = {
    Channel.GRID: ("网格员巡查", "grid worker"),
    Channel.HOTLINE: ("12345热线", "hotline"),
    Channel.CITIZEN: ("群众随手拍", "citizen"),
    Channel.SENSOR: ("物联感知", "sensor"),
    Channel.VIDEO: ("视频巡查", "video"),
    Channel.DEPARTMENT: ("部门移交", "department"),
    Channel.UPPER: ("上级交办", "issued from above"),
    Channel.MEDIA: ("媒体网络", "media"),
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
    ClockName.SUPERVISE: ("督办", "supervision"),
    ClockName.SUSPEND: ("挂账", "suspension"),
    ClockName.CONTACT: ("联系", "first contact"),
    ClockName.ARRIVE: ("报到", "turning up"),
    ClockName.LOOP: ("全流程", "the whole loop"),
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
    State.MERGED: ("已并案", "merged"),
    State.SUSPENDED: ("挂账", "suspended"),
}
ACTION: Final[Words] = {
    Action.RECEIVE: ("收件", "receive"),
    Action.FILE: ("立案", "file"),
    Action.DECLINE: ("不予立案", "decline"),
    Action.DISPATCH: ("派遣", "dispatch"),
    Action.PASS_DOWN: ("交办", "pass_down"),
    Action.RULE: ("指定承办", "rule"),
    Action.COORDINATE: ("统筹", "coordinate"),
    Action.CLAIM: ("领取", "claim"),
    Action.RELEASE: ("放回", "release"),
    Action.ACCEPT: ("签收", "accept"),
    Action.START: ("开始处置", "start"),
    Action.RETURN: ("退回", "return"),
    Action.RESOLVE: ("办结", "resolve"),
    Action.VERIFY: ("核查通过", "verify"),
    Action.REWORK: ("返工", "rework"),
    Action.CLOSE: ("结案", "close"),
    Action.CANCEL: ("作废", "cancel"),
    Action.SUSPEND: ("挂账", "suspend"),
    Action.RESUME: ("恢复", "resume"),
    Action.EXTEND: ("延期", "extend"),
    Action.REQUEST: ("申请", "request"),
    Action.GRANT: ("批准申请", "grant"),
    Action.REFUSE: ("驳回申请", "refuse"),
    Action.WITHDRAW: ("撤回申请", "withdraw"),
    Action.APPEAL: ("申诉", "appeal"),
    Action.EXEMPT: ("免予统计", "exempt"),
    Action.MERGE: ("并案", "merge"),
    Action.UNMERGE: ("取消并案", "unmerge"),
    Action.SELF_HANDLE: ("自行处置", "self_handle"),
    Action.RATE: ("回访评价", "rate"),
    Action.REDO: ("重办", "redo"),
    Action.SPLIT: ("拆分任务", "split"),
    Action.SUPPORT: ("协办申请", "support"),
    Action.WHISTLE: ("吹哨", "whistle"),
    Action.CONTACT: ("联系", "contact"),
    Action.ARRIVE: ("报到", "arrive"),
    Action.ISSUE: ("交办任务", "issue"),
    Action.REMIND: ("催报", "remind"),
    Action.TRANSFER: ("转办", "transfer"),
    Action.ESCALATE: ("上报", "escalate"),
    Action.RECLASSIFY: ("改派类别", "reclassify"),
    Action.URGE: ("催办", "urge"),
    Action.SUPERVISE: ("督办", "supervise"),
    Action.REOPEN: ("重开", "reopen"),
    Action.NOTE: ("备注", "note"),
    Action.ATTACH: ("附件", "attach"),
    Action.WARN: ("时限提醒", "warn"),
    Action.OVERDUE: ("超期", "overdue"),
    Action.RAISE: ("提级督促", "raise"),
    Action.NOTICE: ("通报", "notice"),
    Action.MOVE: ("区划调整", "move"),
    Action.RETIME: ("重算时限", "retime"),
    Action.NOTIFY: ("通知", "notify"),
    Action.REJUDGE: ("重新研判", "rejudge"),
}
NEED: Final[Words] = {
    Need.REASON: ("理由", "a reason"),
    Need.HOLDER: ("承办单位", "a holder"),
    Need.ENTRY: ("职责条目", "an entry"),
    Need.LIMIT: ("时限", "a limit"),
    Need.UNTIL: ("截止时刻", "a moment until when"),
    Need.UNIT: ("另一业务单元", "another unit"),
    Need.TASKS: ("任务", "tasks"),
    Need.DEPARTMENTS: ("部门", "departments"),
    Need.ATTACHMENTS: ("佐证材料", "attachments"),
    Need.GRADE: ("评价", "a grade"),
    Need.CLOCK: ("时限名称", "the name of a limit"),
    Need.KIND: ("申请事项", "the kind of request"),
}
GRADE: Final[Words] = {
    Grade.SATISFIED: ("满意", "satisfied"),
    Grade.MOSTLY: ("基本满意", "mostly satisfied"),
    Grade.UNSATISFIED: ("不满意", "unsatisfied"),
}
REQUEST: Final[Words] = {
    RequestKind.EXTENSION: ("延期", "extension"),
    RequestKind.SUSPENSION: ("挂账", "suspension"),
    RequestKind.RETURN: ("退回", "return"),
    RequestKind.CANCEL: ("作废", "cancel"),
    RequestKind.SUPPORT: ("协办", "support"),
    RequestKind.APPEAL: ("申诉", "appeal"),
}
REQUEST_STATE: Final[Words] = {
    RequestState.PENDING: ("待批", "pending"),
    RequestState.GRANTED: ("已批准", "granted"),
    RequestState.REFUSED: ("已驳回", "refused"),
    RequestState.WITHDRAWN: ("已撤回", "withdrawn"),
    RequestState.VOID: ("已失效", "void"),
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
