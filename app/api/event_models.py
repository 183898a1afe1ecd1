"""What a report looks like over the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from app.api.exhibits import Exhibits
from app.api.models import TEXT, Clean, Code, Moment, Strict, Told
from app.domain.event import Channel, Datum


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


class ResolvedIn(Strict):
    """自行处置: how and when the reporter dealt with it, with the ids of its photographs.

    They are uploads (POST /v1/attachments) of the reporter's own organisation; what its entry
    asks for and is not here yet is added to the event later (`:attach`).
    """

    how: Annotated[Clean, StringConstraints(min_length=1, max_length=TEXT)]
    at: Moment
    before: list[UUID] = Field(default_factory=list, max_length=20)
    after: list[UUID] = Field(default_factory=list, max_length=20)


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
    resolved: ResolvedIn | None = None


class EventOut(Told):
    """An event as it was sent, and when it was received."""

    id: UUID
    """事件编号, 由上报方生成 / id, made by who reported it"""
    source: Channel
    """事件来源 / channel it came by"""
    occurred_at: datetime
    """发生时间 / when it happened"""
    received_at: datetime
    """接收时间 / when it was received"""
    text: str
    """上报内容 / what was reported"""
    body: dict[str, Any]
    """上报原文, 未改动 / the report as it was sent"""
