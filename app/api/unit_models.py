"""What units look like over the wire, and what says which of them or what to do with one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.api.claim_models import ClaimOut
from app.api.event_models import EventOut
from app.api.family_models import ErrandOut, ProgressOut
from app.api.models import Clean, Code, Moment, Named, OrganisationOut, Paging, Said, Told, example
from app.api.request_models import RequestOut
from app.domain.action import Action
from app.domain.area import Tier
from app.domain.evidence import Phase
from app.domain.need import Need
from app.domain.responsibility import Kind, Urgency
from app.domain.unit import Clause, ClockName, Grade, Light, State


class EntryOut(Told):
    """The entry that empowers the holder; code and title alone once the list has it no more."""

    code: str
    """条目编码 / entry's code"""
    title: str
    """条目名称 / entry's title"""
    scheme: str = ""
    """分类标准 / classification"""
    class_: str = Field(default="", serialization_alias="class")
    """大类(事项或部件) / class: matter or component"""
    category: str = ""
    """类别编码 / category's code"""
    category_name: str = ""
    """类别名称 / category's name"""
    condition: str = ""
    """立案条件 / filing condition"""
    closing: str = ""
    """结案条件 / closing condition"""


class Numbered(BaseModel):
    """Another unit, by id and number."""

    id: UUID
    number: str
    state: State


class PlaceOut(Told):
    """Where the unit is, as far as it is known."""

    district: Named | None = None
    """区县 / district"""
    street: Named | None = None
    """镇街 / street"""
    community: Named | None = None
    """村社区 / community"""
    grid: Named | None = None
    """网格 / grid"""


class ClockOut(Told):
    """One limit of a unit; seconds are of the clock's own basis."""

    name: ClockName
    """时限名称 / limit"""
    basis: str
    """计时方式 / kind of time"""
    limit_seconds: int
    """限时秒数 / seconds it may take"""
    spent_seconds: int
    """已用秒数 / seconds spent"""
    started_at: datetime
    """起算时间 / when it began"""
    running: bool
    """是否在计时 / whether it runs"""
    due_at: datetime | None
    """到期时间 / when it is due"""
    is_provisional: bool
    """期限暂定(日历尚未公布) / provisional: the calendar ends before it"""
    overdue_at: datetime | None
    """超期时间 / when it was late"""
    exempted_at: datetime | None = None
    """免予统计的时间(申诉成立, 超期事实不变)
    / when its lateness was left out of the statistics; that it was late stays a fact
    """


class UnitOut(Told):
    """A unit as it is now. `version` is its ETag."""

    id: UUID
    """编号 / id"""
    number: str
    """案件号, 便于口述 / number that people say"""
    kind: Kind
    """类型(任务、事件、事项) / kind: task, event or item"""
    clause: Clause
    """类型判定依据 / clause that decided the kind"""
    title: str
    """标题 / title"""
    state: State
    """状态 / state"""
    urgency: Urgency
    """紧急程度 / urgency"""
    stage: ClockName | None
    """当前环节 / stage: which of its limits is to be met now"""
    stage_due_at: datetime | None
    """环节期限 / when the stage is due"""
    due_at: datetime | None
    """处置期限 / when the disposal is due"""
    is_provisional: bool
    """期限暂定(日历尚未公布) / the deadline is provisional: the calendar ends before it"""
    overdue_at: datetime | None
    """首次超期时间 / when it was first late"""
    exempted_at: datetime | None
    """首次超期免予统计的时间(申诉成立) / when its first lateness was left out of the statistics"""
    light: Light | None
    """亮灯, 红灯即超期 / worst light of its running limits: red is late, null: nothing to do"""
    raised: list[str]
    """已提级督促到的中心 / centres it was raised to"""
    entry: EntryOut | None
    """职责条目
    / entry that empowers the holder; its code and title alone once the list has it no more
    """
    level: Tier | None
    """处置层级 / lowest tier that must take it"""
    is_gap: bool
    """职能空白, 由中心承接 / nobody holds the function: a centre has it"""
    is_unlisted: bool
    """无清单依据 / no entry empowers its holder"""
    holder: OrganisationOut
    """承办单位 / organisation that has it now"""
    centre: OrganisationOut
    """所属中心 / centre above the holder"""
    route: list[Named]
    """派遣路径 / centres passed on the way to the holder"""
    place: PlaceOut
    """所在区划 / where it is, as far as it is known"""
    parent: UUID | None
    """上级单元编号 / id of the unit it is a task of"""
    rulebook: int
    """判定所用规则库版本 / version of the rulebook it was judged by"""
    created_at: datetime
    """创建时间 / when it was made"""
    updated_at: datetime
    """最近变动时间 / when its log last grew"""
    closed_at: datetime | None
    """终结时间 / when it came to its end"""
    merged_into: UUID | None
    """并入的单元编号 / id of the unit it was merged into"""
    recurs: UUID | None
    """反复发生: 原已结案单元的编号 / id of the closed unit whose matter has come back"""
    is_self_handled: bool
    """自行处置 / the report came with its resolution"""
    satisfaction: Grade | None
    """回访评价 / what the reporter says of the result"""
    version: int
    """版本, 即 ETag / version: what If-Match names"""
    claim: ClaimOut | None = None
    """领取情况, 仅向办理人员展示; 为空即无人领取
    / who has it in hand, as people at work are shown it; null: nobody
    """


class ActionOut(BaseModel):
    """What the caller may do to a unit now, and what that needs."""

    action: Action
    name: str
    needs: list[Need]
    phases: list[Phase] = []
    """What the attachments that it needs must show: of resolve, what the entry asks for still."""


class UnitDetail(UnitOut):
    """A unit with its report, its clocks, its tasks and what may be done to it."""

    event: EventOut | None
    """What was reported; of a task, what its root stands for."""
    clocks: list[ClockOut]
    tasks: list[UnitOut]
    """The unit's tasks, the first 200 of them."""
    progress: ProgressOut | None
    """How far its tasks are, all of them; null for a unit without any."""
    errand: ErrandOut | None
    """Of a task that a person ordered: what was asked for."""
    merged: list[Numbered]
    """Similar reports that were merged into this unit."""
    recurred: list[Numbered]
    """Units that came back with the same matter after this one was closed."""
    pending: list[RequestOut]
    """Requests about it that are not decided yet."""
    actions: list[ActionOut]


class AcceptedOut(BaseModel):
    """The answer to a report: its root unit, who has it, by when, and why."""

    event: UUID
    unit: UnitOut
    tasks: list[UnitOut]
    reasons: dict[str, Any]
    merged_into: UUID | None = None
    """The open unit of the same matter that the report's own was merged into (并案)."""


class EventDetail(BaseModel):
    """An event with its root unit."""

    event: EventOut
    unit: UnitOut


class StepOut(Told):
    """One line of a unit's log."""

    seq: int
    """流水序号, 自 1 起 / which line of the unit's log, from 1"""
    at: datetime
    """时间 / when"""
    action: Action
    """操作 / action"""
    state: State
    """操作后的状态 / state it led to"""
    actor: str | None
    """经办人, 系统所为则为空 / who did it; null: the service"""
    organisation: Named | None
    """经办单位 / organisation"""
    reason: str
    """理由或说明 / what was said"""
    data: dict[str, Any]
    """明细, 因操作而异 / details, which differ by action"""


class UnitPage(BaseModel):
    """A page of units; `next` is the cursor of what comes after it, null when nothing does.

    A last page that happens to be full is followed by an empty one.
    """

    items: list[UnitOut]
    next: str | None = None


class StepPage(BaseModel):
    """A page of a unit's log."""

    items: list[StepOut]
    next: str | None = None


class EventPage(BaseModel):
    """A page of events with their units."""

    items: list[EventDetail]
    next: str | None = None


class FileIn(Said):
    """Under which entry to file, and where it is if that was not known."""

    model_config = example(entry="SX-06010-1", area="500103001001", reason="来电核实过")

    entry: Code
    area: Code | None = None


class DispatchIn(Said):
    """To whom; nobody named: whoever the list names."""

    model_config = example(holder="500103-CGJ", reason="市政设施归城市管理局")

    holder: Code | None = None


class RuleIn(Said):
    """Whom a ruling names, and by when if no entry of the list says so."""

    model_config = example(holder="500103-CGJ", limit="3工作日", reason="经会商, 指定由其承办")

    holder: Code
    limit: Annotated[Clean, StringConstraints(max_length=40)] | None = None


class UnitQuery(Paging):
    """What a list of units is narrowed to."""

    state: State | None = None
    kind: Kind | None = None
    district: Code | None = None
    street: Code | None = None
    holder: Code | None = None
    overdue: bool | None = None
    light: Light | None = Field(default=None, description="亮灯: red is late")
    unlisted: bool | None = Field(default=None, description="无清单依据: without an entry")
    open: bool | None = Field(
        default=None, description="在办: neither closed nor declined, cancelled or merged"
    )
    raised: bool = Field(default=False, description="Only units raised to the caller's centre")
    raised_to: Code | None = Field(
        default=None, description="提级至: only open units raised to this centre"
    )
    updated_since: Moment | None = None
    self_handled: bool | None = Field(
        default=None, description="自行处置: its report came with its resolution"
    )
    satisfaction: Grade | None = Field(
        default=None, description="回访评价: what the reporter says of the result"
    )
    recurring: bool | None = Field(
        default=None, description="反复发生: the matter of a closed unit has come back"
    )
    merged_into: UUID | None = Field(
        default=None, description="并案: only what was merged into this unit"
    )
