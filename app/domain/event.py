"""An event (上报事件): what someone says happened, where and when. Never edited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from app.domain.area import AreaCode
from app.domain.evidence import Exhibit
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Category

EventId = NewType("EventId", UUID)
AccountId = NewType("AccountId", UUID)


class Channel(StrEnum):
    """Where reports come from (事件来源)."""

    GRID = "grid"
    """网格员巡查"""
    HOTLINE = "hotline"
    """12345热线"""
    CITIZEN = "citizen"
    """群众随手拍"""
    SENSOR = "sensor"
    """物联感知"""
    VIDEO = "video"
    """视频巡查"""
    DEPARTMENT = "department"
    """部门移交"""
    UPPER = "upper"
    """上级交办"""
    MEDIA = "media"
    """媒体网络"""


class Datum(StrEnum):
    """The reference system of a point."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"
    CGCS2000 = "CGCS2000"


@dataclass(frozen=True, slots=True)
class Point:
    """A point in degrees; `datum` is kept as the reporter gave it."""

    longitude: float
    latitude: float
    datum: Datum


@dataclass(frozen=True, slots=True)
class Where:
    """The reporter's own words for the place: a code, a point or an address."""

    code: AreaCode | None = None
    point: Point | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """How and when the reporter dealt with it, with the ids of the photographs."""

    how: str
    at: datetime
    before: tuple[UUID, ...] = ()
    after: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One report as accepted; `digest` is the SHA-256 of its fields as sent."""

    id: EventId
    source: Channel
    occurred_at: datetime
    received_at: datetime
    text: str
    where: Where
    category: Category | None
    organisation: OrganisationCode
    account: AccountId
    digest: bytes
    body: bytes
    """The fields as sent, canonical JSON."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    exhibits: tuple[Exhibit, ...] = ()
    resolved: Resolved | None = None
