"""What goes over the wire: the contract's shapes, checked at the edge."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from app.api.exhibits import Exhibits
from app.domain.action import Action
from app.domain.area import Tier
from app.domain.authority import Role
from app.domain.event import Channel, Datum
from app.domain.organisation import OrganisationKind
from app.domain.responsibility import Kind, Urgency
from app.domain.unit import Clause, ClockName, State

TEXT: Final = 4000
PAGE: Final = 50
MOST: Final = 200


_MOMENT: Final = re.compile(r"\s*\d{4}-\d\d-\d\d([Tt ]|$)")


def _written_out(value: object) -> object:
    """Refuse bare numbers: they are no RFC 3339 time and tell no offset."""
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.match(value)):
        return value
    message = "应为 RFC 3339 时间 / must be an RFC 3339 time"
    raise ValueError(message)


def _storable(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        message = "时间超出范围 / the time is out of range"
        raise ValueError(message) from None


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_storable)]
"""A time with its offset, as RFC 3339 writes it."""


def _clean(value: str) -> str:
    """Refuse what PostgreSQL cannot store; lone surrogates do not survive the JSON parser."""
    if "\x00" in value:
        message = "含有空字符(NUL) / contains a NUL character"
        raise ValueError(message)
    return value


Clean = Annotated[str, AfterValidator(_clean)]
Code = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\s,{}\x00-\x1f]+$")]
Words = Annotated[Clean, StringConstraints(max_length=TEXT)]


class Strict(BaseModel):
    """Input: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CategoryIn(Strict):
    """A category: scheme, class and code together, for a code alone means nothing."""

    scheme: Annotated[Clean, StringConstraints(min_length=1, max_length=64)] = "GB/T 47678.5-2026"
    class_: Code = Field(default="事项", alias="class")
    code: Code


class PointIn(Strict):
    """A point in degrees with its datum."""

    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    datum: Datum = Datum.WGS84


class PlaceIn(Strict):
    """Where it is: an area or grid code, a point, an address, or several of them."""

    code: Code | None = None
    point: PointIn | None = None
    address: Annotated[Clean, StringConstraints(max_length=300)] = ""


class ReporterIn(Strict):
    """Who told of it, as far as they said."""

    name: Annotated[Clean, StringConstraints(max_length=60)] = ""
    phone: Annotated[Clean, StringConstraints(max_length=30)] = ""


def event_id(value: UUID) -> UUID:
    """Refuse the ids that are kept for tasks."""
    if value.version == 8:
        message = "第 8 版 UUID 留给任务编号 / version 8 is kept for the ids of tasks"
        raise ValueError(message)
    return value


class EventIn(Strict):
    """A report. `id` is made by the reporter's own device and is the key for sending again."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f",
                    "source": "grid",
                    "occurred_at": "2026-11-20T09:30:00+08:00",
                    "text": "人和街小学门口井盖不见了, 娃儿放学危险得很",
                    "place": {"address": "渝中区大溪沟街道人和街"},
                }
            ]
        },
    )

    id: Annotated[UUID, AfterValidator(event_id)]
    source: Channel
    occurred_at: Moment
    text: Annotated[Clean, StringConstraints(min_length=1, max_length=TEXT)]
    category: CategoryIn | None = None
    place: PlaceIn = PlaceIn()
    reporter: ReporterIn = ReporterIn()
    attributes: dict[Code, Annotated[Clean, StringConstraints(max_length=500)]] = Field(
        default_factory=dict, max_length=50
    )
    attachments: Exhibits = Field(default_factory=list)


class Named(BaseModel):
    """A code with what it is called."""

    code: str
    name: str


class DutyOut(BaseModel):
    """Somebody on duty."""

    person: str
    phone: str


class OrganisationOut(Named):
    """An organisation as units show it; `on_duty` where it has a roster and one unit is shown."""

    kind: OrganisationKind | None = None
    tier: Tier | None = None
    phone: str = ""
    on_duty: list[DutyOut] = []


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
    version: int


class EventOut(BaseModel):
    """An event as it was sent, and when it was received."""

    id: UUID
    source: Channel
    occurred_at: datetime
    received_at: datetime
    text: str
    body: dict[str, Any]


class UnitDetail(UnitOut):
    """A unit with its report, its clocks, its tasks and what may be done to it."""

    event: EventOut | None
    """What was reported; of a task, what its root stands for."""
    clocks: list[ClockOut]
    tasks: list[UnitOut]
    actions: list[Action]


class AcceptedOut(BaseModel):
    """The answer to a report: its root unit, who has it, by when, and why."""

    event: UUID
    unit: UnitOut
    tasks: list[UnitOut]
    reasons: dict[str, Any]


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


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [values]})


class Said(Strict):
    """What an actor says about an action."""

    model_config = _example(reason="已清运完毕, 现场干净")

    reason: Words = ""


class FileIn(Said):
    """Under which entry to file, and where it is if that was not known."""

    model_config = _example(entry="SX-06010-1", area="500103001001", reason="来电核实过")

    entry: Code
    area: Code | None = None


class DispatchIn(Said):
    """To whom; nobody named: whoever the list names."""

    model_config = _example(holder="500103-CGJ", reason="市政设施归城市管理局")

    holder: Code | None = None


class RuleIn(Said):
    """Whom a ruling names, and by when if no entry of the list says so."""

    model_config = _example(holder="500103-CGJ", limit="3工作日", reason="经会商, 指定由其承办")

    holder: Code
    limit: Annotated[Clean, StringConstraints(max_length=40)] | None = None


class Paging(Strict):
    """Which page of a list."""

    cursor: str | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=PAGE, ge=1, le=MOST, description="How many items a page holds")


class UnitQuery(Paging):
    """What a list of units is narrowed to."""

    state: State | None = None
    kind: Kind | None = None
    district: Code | None = None
    street: Code | None = None
    holder: Code | None = None
    overdue: bool | None = None
    unlisted: bool | None = Field(default=None, description="无清单依据: without an entry")
    raised: bool = Field(default=False, description="Only units raised to the caller's centre")
    updated_since: Moment | None = None


class KeyIn(Strict):
    """A key to make for a person or machine of an organisation."""

    model_config = _example(name="张敏", organisation="500103-ZX", roles=["clerk"])

    name: Annotated[Clean, StringConstraints(min_length=1, max_length=60)]
    organisation: Code
    roles: list[Role] = Field(min_length=1)
    expires_at: Moment | None = None


class KeyOut(BaseModel):
    """A new key; `key` is shown this once, and left out when the answer is given again."""

    id: str
    key: str | None = None
    name: str
    organisation: str
    roles: list[Role]
