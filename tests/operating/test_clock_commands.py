"""clock, calendar and forecast in the terminal, with and without a database or a service."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.cli import clocks, forecast
from app.sheets import calendar as calendar_sheet
from tests import given
from tests.operating.conftest import Terminal

QUESTION = ("clock", "--limit", "480m", "--basis", "work", "--from", "2026-09-30T17:30")


def test_a_question_is_answered_day_by_day_without_any_database(yiguan: Terminal):
    said = yiguan(*QUESTION)
    assert said.code == 0
    assert "期限 2026-10-08 17:30:00+08:00" in said.lines
    assert "2026-10-01~10-07  国庆节 放假" in said.text
    assert said.lines[-1] == "在 2 天内计 8小时, 跳过 2026-10-01~10-07 国庆节 放假"


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (("--limit", "3工作日"), "2026-10-10T17:30:00+08:00"),
        (("--limit", "1d"), "2026-10-08T17:30:00+08:00"),
        (("--limit", "2h", "--basis", "自然"), "2026-09-30T19:30:00+08:00"),
        (("--limit", "2h", "--basis", "工作"), "2026-10-08T09:30:00+08:00"),
        (("--entry", "SX-06010-1"), "2026-10-08T11:30:00+08:00"),
    ],
)
def test_every_form_of_a_limit_is_understood(yiguan: Terminal, words: tuple[str, ...], due: str):
    said = yiguan("clock", *words, "--from", "2026-09-30T17:30", "--json")
    assert json.loads(said.text)["deadline"] == due


def test_the_version_in_force_counts_where_there_is_one(yiguan: Terminal, database_url: str):
    words = ("clock", "--entry", "SX-06010-1", "--for", given.GRID, "--from", "2026-11-20T09:30")
    said = yiguan(*words, "--json", YIGUAN_DATABASE_URL=database_url)
    told = json.loads(said.text)
    assert (told["deadline"], told["calendar"]["version"]) == ("2026-11-20T15:30:00+08:00", 1)


def test_an_area_or_body_counts_by_its_own_calendar(
    yiguan: Terminal, database_url: str, tmp_path: Path
):
    sheet = tmp_path / "日历.csv"
    calendar_sheet.write(sheet, given.calendar())
    text = sheet.read_text(encoding="utf-8-sig") + "1-5,week,09:00-12:00 13:00-17:00,500101\n"
    sheet.write_text(text, encoding="utf-8")
    words = ("clock", "--limit", "1h", "--from", "2026-11-20T08:00", "--calendar", str(sheet))
    assert "2026-11-20 09:00:00+08:00" in yiguan(*words).text
    own = yiguan(*words, "--for", given.GRID, YIGUAN_DATABASE_URL=database_url)
    assert "期限 2026-11-20 10:00:00+08:00" in own.lines
    assert "日历 500101" in own.lines
    wrong = yiguan(*words, "--for", "nowhere")
    assert (wrong.code, "nowhere" in wrong.text) == (1, True)


def test_before_anything_is_loaded_the_shipped_areas_are_known(yiguan: Terminal):
    said = yiguan(*QUESTION, "--for", "500103", "--json")
    assert json.loads(said.text)["deadline"] == "2026-10-08T17:30:00+08:00"


def test_in_english(yiguan: Terminal):
    said = yiguan(*QUESTION, "--en")
    assert said.lines[:3] == [
        "limit 480工作分钟 = 8 h of working time",
        "from 2026-09-30 17:30:00",
        "due 2026-10-08 17:30:00+08:00",
    ]


SHEET = "start,limit_minutes,basis\n2026-09-30T17:30,480,work\n2026-12-31 17:30,60,工作\n"


def test_a_sheet_is_answered_row_by_row(yiguan: Terminal, tmp_path: Path):
    sheet, answers = tmp_path / "问题.csv", tmp_path / "期限.csv"
    sheet.write_text(SHEET + "2026-10-01T08:00:30Z,60,wall\n", encoding="utf-8")
    said = yiguan("clock", "--file", str(sheet))
    assert said.lines == [
        "start,limit_minutes,basis,deadline,provisional",
        "2026-09-30T17:30,480,work,2026-10-08T17:30:00+08:00,false",
        "2026-12-31 17:30,60,工作,2027-01-01T08:30:00+08:00,true",
        "2026-10-01T08:00:30Z,60,wall,2026-10-01T17:00:30+08:00,false",
    ]
    told = yiguan("clock", "--file", str(sheet), "--output", str(answers))
    assert "3 rows" in told.text
    assert answers.read_text(encoding="utf-8-sig").splitlines() == said.lines


def test_a_bad_row_is_named_with_row_and_column_and_nothing_is_half_done(
    yiguan: Terminal, tmp_path: Path
):
    sheet, answers = tmp_path / "问题.csv", tmp_path / "期限.csv"
    sheet.write_text(
        SHEET + "soon,60,wall\n2026-10-01T08:00,0,wall\n2026-10-01T08:00,6,\n", encoding="utf-8"
    )
    said = yiguan("clock", "--file", str(sheet), "--output", str(answers))
    assert said.code == 1
    for where in ("第4行 start", "第5行 limit_minutes", "第6行 basis"):
        assert where in said.text
    assert not answers.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("clock",),
        ("clock", "--limit", "2h", "--entry", "SX-06010-1"),
        ("clock", "--limit", "尽快"),
        ("clock", "--limit", "2h", "--basis", "sun"),
        ("clock", "--limit", "2h", "--from", "soon"),
        ("clock", "--limit", "2h", "--from", "1999-01-01T08:00"),
        ("clock", "--entry", "SX-0"),
        ("clock", "500101-20261120-00001", "--for", "500103"),
    ],
)
def test_what_cannot_be_counted_is_said_in_one_line(yiguan: Terminal, words: tuple[str, ...]):
    said = yiguan(*words)
    assert said.code == 1
    assert len(said.lines) == 1
    assert " / " in said.text


def answering(monkeypatch: pytest.MonkeyPatch, module: Any, answer: dict[str, Any]) -> list[str]:
    """Have a command's service always answer the same; returns what it is asked."""
    asked: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json=answer)

    def client(*_: object) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answered), base_url="http://yiguan")

    monkeypatch.setattr(module, "client", client)
    return asked


DAY = {"sentence": "2026-11-20 周五 09:30-12:00 14:00-15:30: 4小时"}
RUN = {
    "since": "2026-11-20T01:30:00Z",
    "until": None,
    "began_by": "dispatch",
    "ended_by": None,
    "summary": "在 1 天内计 4小时",
    "days": [DAY],
}
ENDED = {**RUN, "until": "2026-11-20T02:30:00Z", "ended_by": "suspend", "days": []}
CLOCK = {
    "clock": "dispose",
    "name": "处置",
    "basis": "work",
    "limit_seconds": 28800,
    "granted_seconds": 14400,
    "used_seconds": 3600,
    "left_seconds": 25200,
    "running": False,
    "due_at": "2026-11-20T07:30:00Z",
    "is_provisional": True,
    "overdue_at": "2026-11-20T07:30:00Z",
    "marks_passed": 1,
    "next_mark_at": "2026-11-20T07:30:00Z",
    "calendar": {"key": "", "name": "山城市", "version": 3},
    "runs": [ENDED, RUN],
    "happenings": [{"at": "2026-11-20T02:30:00Z", "name": "延期", "reason": "清运车故障"}],
    "amiss_seconds": -60,
}


LATE = (
    "  已用 1小时, 剩余 7小时; 期限 2026-11-20 15:30:00; 其中延期 4小时; 暂定;"
    " 2026-11-20 15:30:00 超期; 已停"
)


def test_a_units_clocks_are_told_run_by_run(yiguan: Terminal, monkeypatch: pytest.MonkeyPatch):
    told = {"number": "500101-20261120-00001", "items": [CLOCK]}
    asked = answering(monkeypatch, clocks, told)
    said = yiguan("clock", "500101-20261120-00001")
    assert asked == ["/v1/units/500101-20261120-00001/clocks"]
    assert said.lines == [
        "500101-20261120-00001",
        "处置: 8小时 (工作时间)",
        LATE,
        "  日历 山城市 第 3 版; 已过标志 1, 下一个 2026-11-20 15:30:00",
        "  2026-11-20 09:30:00 (派遣) → 2026-11-20 10:30:00 (挂账): 在 1 天内计 4小时",
        "  2026-11-20 09:30:00 (派遣) → 至今: 在 1 天内计 4小时",
        "    2026-11-20 周五 09:30-12:00 14:00-15:30: 4小时",
        "  2026-11-20 10:30:00 延期 清运车故障",
        "  与今日的日历相差 1分, 以停止时所记为准",
    ]
    assert json.loads(yiguan("clock", "500101-20261120-00001", "--json").text) == told


def test_a_forecast_is_a_table(yiguan: Terminal, monkeypatch: pytest.MonkeyPatch):
    due = {
        "organisation": {"code": "500101-CG", "name": "东江区城市管理局"},
        "late": 2,
        "due": 3,
        "stages": {"accept": 3},
        "hours": [{"since": "2026-11-20T03:30:00Z", "units": 3, "stages": {"accept": 3}}],
    }
    asked = answering(monkeypatch, forecast, {"items": [due], "next": None})
    said = yiguan("forecast", "--hours", "8", "--for", "500101-ZX")
    assert asked == ["/v1/forecast?hours=8&subtree=true&organisation=500101-ZX&limit=200"]
    assert "签收 3" in said.text
    assert "11-20 11:30 3" in said.text
    assert json.loads(yiguan("forecast", "--json").text) == [due]
    answering(monkeypatch, forecast, {"items": [], "next": None})
    assert "nothing falls due" in yiguan("forecast").text


def test_a_year_is_shown_with_its_holidays(yiguan: Terminal):
    said = yiguan("calendar", "show", "--year", "2026")
    assert "2026-12-31" in said.text
    (october,) = (line for line in said.lines if line.startswith(" 10 "))
    assert october.split() == [
        "10", "18", "144", "10-01~10-07", "国庆节", "10-10", "国庆节调休上班"
    ]  # fmt: skip
    assert "248" in said.lines[-1]
    assert "not published" in yiguan("calendar", "show", "--year", "2028").text


def test_a_calendar_is_exported_changed_kept_and_published(
    yiguan: Terminal, database_url: str, tmp_path: Path
):
    sheet = tmp_path / "日历.csv"
    assert yiguan("calendar", "export", str(sheet), YIGUAN_DATABASE_URL=database_url).code == 0
    present = calendar_sheet.parse(sheet)
    assert present.days_off == given.calendar().days_off
    changed = replace(present, days_off=(*present.days_off, date(2026, 11, 23)))
    calendar_sheet.write(sheet, changed)
    kept = yiguan("calendar", "import", str(sheet), "--draft", YIGUAN_DATABASE_URL=database_url)
    assert "1 天的工作时间不同: 2026-11-23" in kept.text
    assert "2025 年算作已公布, 却没有一天放假" in kept.text
    assert "d1" in kept.text
    done = yiguan("calendar", "publish", "d1", YIGUAN_DATABASE_URL=database_url)
    assert (done.code, "calendar:2" in done.text) == (0, True)
    again = yiguan("calendar", "import", str(sheet), YIGUAN_DATABASE_URL=database_url)
    assert again.code == 0
