"""The roster sheet: shifts in the city's own time."""

from datetime import UTC, datetime

import pytest

from app.domain.roster import Shift
from app.sheets import roster

HEADER = "organisation,person,phone,from,to"
ZONE = "Asia/Shanghai"


@pytest.fixture
def parse(save):
    return lambda *lines: roster.parse(save(HEADER, *lines), {"51-ZX", "511-MS"}, ZONE)


def test_a_time_without_an_offset_is_the_citys_own(parse):
    assert parse("51-ZX,李强,023-1,2026-11-20 18:00,2026-11-21 08:00") == (
        Shift(
            "51-ZX",
            "李强",
            "023-1",
            datetime(2026, 11, 20, 10, tzinfo=UTC),
            datetime(2026, 11, 21, 0, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize(
    "written", ["2026-11-20 18:00", "2026/11/20 18:00:00", "2026-11-20T10:00:00+00:00"]
)
def test_a_moment_may_be_written_in_several_ways(parse, written):
    (shift,) = parse(f"51-ZX,李强,,{written},2026-11-21 08:00")
    assert shift.starts_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_two_people_may_be_on_duty_together(parse):
    assert len(parse(*(f"51-ZX,{name},,2026-11-20 18:00,2026-11-21 08:00" for name in "甲乙"))) == 2


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_writing_and_reading_again_changes_nothing(parse, tmp_path, suffix):
    found = parse(
        "51-ZX,李强,023-1,2026-11-20 18:00,2026-11-21 08:00",
        "511-MS,张敏,,2026-11-20 08:00:30,2026-11-20 18:00",
    )
    again = tmp_path / f"again.{suffix}"
    roster.write(again, found, ZONE)
    assert roster.parse(again, {"51-ZX", "511-MS"}, ZONE) == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("59-X,李强,,2026-11-20 18:00,2026-11-21 08:00", "organisation: 没有单位 59-X"),
        (",李强,,2026-11-20 18:00,2026-11-21 08:00", "organisation: 不能为空"),
        ("51-ZX,,,2026-11-20 18:00,2026-11-21 08:00", "person: 不能为空"),
        ("51-ZX,李强,,,2026-11-21 08:00", "from: 不能为空"),
        ("51-ZX,李强,,明天,2026-11-21 08:00", "from: “明天”应为时间"),
        ("51-ZX,李强,,2026-11-20 18:00,2026-11-20 25:00", "to: “2026-11-20 25:00”应为时间"),
        ("51-ZX,李强,,2026-11-20 18:00,2026-11-20 18:00", "to: 应晚于 from"),
        (f"51-ZX,{'强' * 61},,2026-11-20 18:00,2026-11-21 08:00", "person: 不超过 60 字"),
    ],
)
def test_a_fault_names_its_row_and_column(parse, faults_of, line, fault):
    found = faults_of(lambda: parse("51-ZX,甲,,2026-11-20 18:00,2026-11-21 08:00", line))
    assert any(one.startswith(f"第3行 {fault}") for one in found)
