"""What units look like over the wire, and what says which of them or what to do with one."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from app.api.event_models import EventOut
from app.api.family_models import ErrandOut, ProgressOut
from app.api.models import Clean, Code, Moment, Named, OrganisationOut, Paging, Said, example
from app.api.request_models import RequestOut
from app.domain.action import Action
from app.domain.area import Tier
from app.domain.evidence import Phase
from app.domain.need import Need
from app.domain.responsibility import Kind, Urgency
from app.domain.unit import Clause, ClockName, Grade, Light, State


class EntryOut(BaseModel):
    """The entry that empowers the holder; code and title alone once the list has it no more."""

    code: str
    title: str
    scheme: str = ""
    class_: str = Field(default="", serialization_alias="class")
    category: str = ""
    category_name: str = ""
    condition: str = ""
    closing: str = ""


class Numbered(BaseModel):
    """Another unit, by id and number."""

    id: UUID
    number: str
    state: State


class PlaceOut(BaseModel):
    """Where the unit is, as far as it is known."""

    district: Named | None = None
    street: Named | None = None
    community: Named | None = None
    grid: Named | None = None


class ClockOut(BaseModel):
    """One limit of a unit; seconds are of the clock's own basis."""

    name: ClockName
    basis: str
    limit_seconds: int
    spent_seconds: int
    started_at: datetime
    running: bool
    due_at: datetime | None
    is_provisional: bool
    overdue_at: datetime | None
    exempted_at: datetime | None = None
    """When its lateness was taken out of the statistics (申诉); that it was late stays a fact."""


class UnitOut(BaseModel):
    """A unit as it is now. `version` is its ETag."""

    id: UUID
    number: str
    kind: Kind
    clause: Clause
    title: str
    state: State
    urgency: Urgency
    stage: ClockName | None
    stage_due_at: datetime | None
    due_at: datetime | None
    is_provisional: bool
    overdue_at: datetime | None
    exempted_at: datetime | None
    """When its first lateness was taken out of the statistics (申诉)."""
    light: Light | None
    """The worst light of its running limits: red is late; null when nothing is to be done."""
    raised: list[str]
    entry: EntryOut | None
    level: Tier | None
    is_gap: bool
    is_unlisted: bool
    holder: OrganisationOut
    centre: OrganisationOut
    route: list[Named]
    place: PlaceOut
    parent: UUID | None
    rulebook: int
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    merged_into: UUID | None
    recurs: UUID | None
    """The closed unit whose matter has come back (反复发生)."""
    is_self_handled: bool
    satisfaction: Grade | None
    version: int


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


class StepOut(BaseModel):
    """One line of a unit's log."""

    seq: int
    at: datetime
    action: Action
    state: State
    actor: str | None
    organisation: Named | None
    reason: str
    data: dict[str, Any]


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
    raised: bool = Field(default=False, description="Only units raised to the caller's centre")
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
    did: Action | None = Field(
        default=None, description="only units this was done to, from `did_from` to `did_to`"
    )
    did_from: date | None = None
    did_to: date | None = Field(default=None, description="the last day, included")
    did_by: Code | None = Field(default=None, description="while this organisation had them")
    did_below: bool = Field(default=False, description="… or a body of its area")
    clock: ClockName | None = Field(default=None, description="with did=overdue: which limit")
