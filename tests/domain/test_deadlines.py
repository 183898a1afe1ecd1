"""Deadlines worked out by hand, each with its arithmetic in words, before the code was written."""

import csv
from datetime import datetime
from pathlib import Path

import pytest

from app import data
from app.domain.limit import Basis, parse_staged
from app.domain.rulebook import Part
from app.sheets import calendar as sheet

TABLE = Path(__file__).with_name("deadlines.csv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
BASES = {"working": Basis.WORK, "wall": Basis.WALL}
CALENDAR = sheet.parse(data.shipped(Part.CALENDAR))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['start']} + {row['limit']}" for row in ROWS])
def test_a_limit_ends_when_the_table_says(row: dict[str, str]):
    start, basis = datetime.fromisoformat(row["start"]), BASES[row["basis"]]
    due = CALENDAR.add(start, int(row["seconds"]), basis)
    assert (due.at, due.provisional) == (
        datetime.fromisoformat(row["deadline"]),
        row["provisional"] == "yes",
    ), row["arithmetic"]
    assert CALENDAR.elapsed(start, due.at, basis) == int(row["seconds"])


def test_every_limit_of_the_published_standards_is_in_the_table(shared_data: Path):
    path = shared_data / "filing_standards.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        texts = [row["limit_text"] for row in csv.DictReader(file)]
    known = {row["limit"]: (int(row["seconds"]), BASES[row["basis"]]) for row in ROWS}
    assert len(texts) == 528
    for text in set(texts):
        # One of them says what is to be reached by then: 制止.
        ((_, limit),) = parse_staged(text)
        assert (CALENDAR.seconds(limit), limit.basis) == known[text]
