"""The sample reports of one city day, and how each goes over the wire."""

import csv
import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
SHIPPED: Final = Path(__file__).with_name("reports.csv")
MORNING: Final = Path(__file__).with_name("morning.csv")
"""Reports of the morning after, left to whoever looks on."""
_GRID_CODE: Final = 15


@dataclass(frozen=True, slots=True)
class Report:
    """One report; `at` is local time on the played day."""

    at: time
    source: str
    place: str
    address: str
    longitude: str
    latitude: str
    datum: str
    code: str
    text: str

    def on(self, day: date) -> datetime:
        """Return the moment it is made on that day."""
        return datetime.combine(day, self.at, ZONE)

    @property
    def is_of_grid_team(self) -> bool:
        """A grid's own team reports it; anything else comes through a centre."""
        return self.source == "grid" and len(self.place) == _GRID_CODE


def read(path: Path = SHIPPED) -> list[Report]:
    """Read reports from CSV, in the order they are made."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [_report(row) for row in csv.DictReader(file)]
    return sorted(rows, key=lambda report: report.at)


def _report(row: Mapping[str, str]) -> Report:
    at = time.fromisoformat(row["at"])
    return Report(at, *(row[one.name] for one in fields(Report) if one.name != "at"))


def body(report: Report, at: datetime, identifier: UUID) -> dict[str, Any]:
    """Return the report as `POST /v1/events` takes it."""
    sent: dict[str, Any] = {
        "id": str(identifier),
        "source": report.source,
        "occurred_at": at.isoformat(),
        "text": report.text,
        "place": _place(report),
    }
    if report.code:
        sent["category"] = _category(report.code)
    return sent


def _place(report: Report) -> Mapping[str, Any]:
    place: dict[str, Any] = {}
    if report.place:
        place["code"] = report.place
    if report.address:
        place["address"] = report.address
    if report.longitude:
        place["point"] = {
            "longitude": float(report.longitude),
            "latitude": float(report.latitude),
            "datum": report.datum or "WGS-84",
        }
    return place


def _category(code: str) -> Mapping[str, str]:
    """Read `06010`, or `BJ-02001` and `SX-06010` as the list writes them."""
    prefix, _, number = code.rpartition("-")
    return {"class": "部件", "code": number} if prefix == "BJ" else {"code": number}


def uuid7(at: datetime, draw: random.Random) -> UUID:
    """Return a UUIDv7 (RFC 9562) of that moment with the draw's random bits."""
    milliseconds = int(at.timestamp() * 1000)
    bits = milliseconds << 80 | 0x7 << 76 | draw.getrandbits(12) << 64
    return UUID(int=bits | 0b10 << 62 | draw.getrandbits(62))
