"""The worked examples of docs/clocks.md are what the calendar says."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app import data
from app.domain.limit import parse_limit
from app.domain.rulebook import Part
from app.sheets import calendar as sheet

PAGE = Path(__file__).parents[2] / "docs/clocks.md"
CALENDAR = sheet.parse(data.shipped(Part.CALENDAR))
ZONE = ZoneInfo(CALENDAR.zone)
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d"
EXAMPLES = re.findall(
    rf"^\| ({MOMENT}) \| (\S+) \| ({MOMENT}) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_there_are_examples():
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize(("start", "limit", "ends", "why"), EXAMPLES)
def test_a_worked_example_holds(start: str, limit: str, ends: str, why: str):
    amount = parse_limit(limit)
    due = CALENDAR.add(at(start), CALENDAR.seconds(amount), amount.basis)
    assert (due.at, due.provisional) == (at(ends), "provisional" in why)
