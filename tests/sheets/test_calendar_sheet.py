from datetime import date, time

import pytest

from app.domain.calendar import Calendar, Hours
from app.sheets import calendar

DAY = (Hours(time(8), time(12)), Hours(time(14), time(18)))
LINES = (
    "date,kind,name",
    ",zone,Asia/Shanghai",
    "2026-01-01,covers,from",
    "2026-12-31,covers,until",
    "1-5,week,08:00-12:00 14:00-18:00",
    "2026-01-01,off,元旦",
)


def test_the_sheet_is_read_as_a_calendar(save):
    found = calendar.parse(save(*LINES, "6,week,09:00-12:00", "2026/1/4,work,元旦调休上班"))
    assert found == Calendar(
        zone="Asia/Shanghai",
        week=dict.fromkeys(range(5), DAY) | {5: (Hours(time(9), time(12)),)},
        days_off=(date(2026, 1, 1),),
        days_worked=(date(2026, 1, 4),),
        covers_from=date(2026, 1, 1),
        covers_until=date(2026, 12, 31),
        names={date(2026, 1, 1): "元旦", date(2026, 1, 4): "元旦调休上班"},
    )


def test_seasons_and_what_areas_and_bodies_do_otherwise_are_read(save):
    found = calendar.parse(
        save(
            "date,kind,name,for",
            *(f"{line}," for line in LINES[1:]),
            "07-01~08-31 1-5,season,08:00-12:00 15:00-19:00,",
            "6-7,week,09:00-12:00,500103-FW",
            "3,week,休,500103-FW",
            "2026-01-01,work,,500103-FW",
            "2026-06-18,off,区庆,500103",
        ),
        {"500103", "500103-FW"},
    )
    (summer,) = found.seasons
    assert (summer.first, summer.last, sorted(summer.week)) == ((7, 1), (8, 31), [0, 1, 2, 3, 4])
    hall = found.narrowed(["500000", "500103", "500103-FW"])
    assert [bool(hall.hours_on(date(2026, 6, day))) for day in range(15, 22)] == [
        True,
        True,
        False,
        False,
        True,
        True,
        True,
    ]
    assert hall.hours_on(date(2026, 1, 1)) == DAY
    assert (hall.key, hall.names[date(2026, 6, 18)]) == ("500103-FW", "区庆")
    assert found.hours_on(date(2026, 7, 1))[1] == Hours(time(15), time(19))
    assert hall.hours_on(date(2026, 7, 2))[1] == Hours(time(14), time(18))


def test_a_calendar_of_its_own_is_only_for_who_is_known(save, faults_of):
    path = save("date,kind,name,for", *(f"{line}," for line in LINES[1:]), "6,week,休,500199")
    assert faults_of(lambda: calendar.parse(path, {"500103"}))[0].startswith(
        "第7行 for: 没有编码为“500199”的区划或单位"
    )


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_writing_and_reading_again_changes_nothing(save, tmp_path, suffix):
    more = ("2026-01-04,work,", "07-01~08-31 1-5,season,08:00-12:00", "12-01~02-29 3,season,休")
    found = calendar.parse(save(*LINES, *more))
    calendar.write(tmp_path / f"again.{suffix}", found)
    assert calendar.parse(tmp_path / f"again.{suffix}") == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (",holiday,x", "kind: “holiday”应为 zone、covers、week、season、off、work"),
        (",zone,Mars/Base", "name: 未知的时区“Mars/Base”"),
        (",zone,../etc", "name: 未知的时区“../etc”"),
        (",zone,Asia/Shanghai", "kind: 时区只能写一行"),
        ("2026-01-01,covers,from", "name: from 只能写一行"),
        ("2026-01-01,covers,to", "name: 应为 from 或 until"),
        ("8,week,08:00-12:00", "date: 应为星期 1-7"),
        ("5-1,week,08:00-12:00", "date: 应为星期 1-7"),
        ("5,week,08:00-12:00", "date: 星期 5 已有一行"),
        ("6,week,8-12", "name: 工作时段“8-12”应如"),
        ("6,week,", "name: 工作时段“”应如"),
        ("6,week,12:00-08:00", "name: 工作时段“12:00-08:00”结束不晚于开始"),
        ("6,week,08:00-12:00 11:00-13:00", "name: 工作时段重叠"),
        ("6,week,08:00-24:00", "name: 工作时段“08:00-24:00”应如"),
        (",off,x", "date: 不能为空"),
        ("1月2日,off,x", "date: “1月2日”应为日期"),
        ("2026-01-01,work,x", "date: 2026-01-01 与第6行重复"),
        ("7-1~8-31,season,08:00-12:00", "date: 应为起止月日与星期"),
        ("07-01~08-32 1-5,season,08:00-12:00", "date: 应为起止月日与星期"),
        ("2027-01-01,off,x", "date: 2027-01-01 不在 2026-01-01 至 2026-12-31 之内"),
    ],
)
def test_a_fault_names_its_row_and_column(save, faults_of, line, fault):
    faults = faults_of(lambda: calendar.parse(save(*LINES, line)))
    assert any(found.startswith(f"第7行 {fault}") for found in faults)


def test_what_every_calendar_needs_is_asked_for(save, faults_of):
    faults = faults_of(lambda: calendar.parse(save("date,kind,name")))
    assert [fault.split(" /")[0] for fault in faults] == [
        "缺少 zone 行",
        "缺少 week 行",
        "缺少 covers from 行",
        "缺少 covers until 行",
    ]


def test_the_days_covered_must_not_run_backwards(save, faults_of):
    lines = [line.replace("2026-12-31", "2025-12-31") for line in LINES]
    assert "早于" in faults_of(lambda: calendar.parse(save(*lines)))[0]
