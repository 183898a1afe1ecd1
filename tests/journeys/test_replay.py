"""Files of events posted to a running service, and a city derived from such a file."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from app.cli import replay
from app.cli.replayed import Fate, Outcome, show
from app.cli.root import console
from app.domain.area import Areas
from app.domain.authority import Role
from app.domain.errors import BadSheet
from app.sheets import areas as area_sheet
from app.sheets import organisations as organisation_sheet
from app.sheets import responsibility as list_sheet
from benchmarks import pingshan_city, pingshan_counts
from benchmarks.pingshan_rows import Duty, Reach, Row, duty_of, one_spelling
from tests.given import EAST, GRID, HARBOUR, QUAY, SCHEME, City

HEADER = "id,occurred_at,source,text,scheme,class,code,place,address,expected"
AT = "2026-11-20T09:00:00+08:00"
RUBBISH = f",{AT},grid,楼下一堆垃圾好臭,,,,{GRID},,{GRID}-WG"
TREE = f",{AT},hotline,行道树枯枝要掉了,{SCHEME},事项,04002,{QUAY},,{HARBOUR}-ZX"
NOWHERE = f",{AT},grid,垃圾,,,,999999,,"


@pytest.fixture
def written(tmp_path: Path):
    def write(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "events.csv"
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8-sig")
        return path

    return write


async def replayed(city: City, file: Path) -> list[Outcome]:
    key = await city.key(f"{EAST}-ZX", Role.INTEGRATOR)
    city.client.headers["Authorization"] = f"Bearer {key}"
    return await replay.post_all(city.client, replay.read(file), 4)


def service(*statuses: int | Exception) -> httpx.AsyncClient:
    """A service that answers with these, one after the other."""
    answers = iter(statuses)

    def answer(_: httpx.Request) -> httpx.Response:
        status = next(answers)
        if isinstance(status, Exception):
            raise status
        holder = {"code": "X", "tier": "street"}
        unit = {"holder": holder, "state": "dispatched"}
        return httpx.Response(status, json={"unit": unit, "title": "不行", "detail": "就是不行"})

    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://yiguan")


async def test_rows_become_events_and_say_who_got_them(city: City, written: Any):
    outcomes = await replayed(city, written(RUBBISH, TREE))
    assert [outcome.fate for outcome in outcomes] == [Fate.WRITTEN, Fate.WRITTEN]
    assert [outcome.holder for outcome in outcomes] == [f"{GRID}-WG", f"{HARBOUR}-MS"]
    assert [outcome.tier for outcome in outcomes] == ["grid", "street"]


async def test_a_second_replay_adds_nothing(city: City, written: Any):
    file = written(RUBBISH, RUBBISH, TREE)
    await replayed(city, file)
    again = await replayed(city, file)
    assert [outcome.fate for outcome in again] == [Fate.KNOWN] * 3
    centre = await city.person("500000-ZX", Role.CLERK)
    assert len((await centre.get("/v1/units"))["items"]) == 3


async def test_a_mended_row_is_taken_without_doubling_the_others(city: City, written: Any):
    refused = await replayed(city, written(RUBBISH, NOWHERE))
    assert [outcome.fate for outcome in refused] == [Fate.WRITTEN, Fate.REFUSED]
    mended = await replayed(city, written(RUBBISH, NOWHERE.replace("999999", GRID)))
    assert [outcome.fate for outcome in mended] == [Fate.KNOWN, Fate.WRITTEN]


async def test_a_refusal_names_its_reason_and_row(city: City, written: Any):
    outcomes = await replayed(city, written(RUBBISH, "", NOWHERE))
    with console.capture() as said:
        show(outcomes)
    assert [outcome.number for outcome in outcomes] == [2, 4]
    assert "422" in outcomes[1].reason
    assert "999999" in outcomes[1].reason
    assert "拒绝原因" in said.get()


async def test_a_wrong_key_ends_the_replay_at_once(city: City, written: Any):
    city.client.headers["Authorization"] = "Bearer yg_no_such"
    with pytest.raises(ValueError, match="401"):
        await replay.post_all(city.client, replay.read(written(RUBBISH)), 4)


async def test_a_busy_service_is_asked_again(written: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replay, "_PAUSE", 0)
    lost = httpx.ReadTimeout("late")
    async with service(503, lost, 201) as http:
        (outcome,) = await replay.post_all(http, replay.read(written(RUBBISH)), 1)
    assert outcome.fate is Fate.WRITTEN


async def test_nobody_listening_is_said_in_one_line(written: Any):
    async with service(httpx.ConnectError("refused")) as http:
        with pytest.raises(ConnectionError, match="no service there"):
            await replay.post_all(http, replay.read(written(RUBBISH)), 1)


@pytest.mark.parametrize(
    ("header", "column"),
    [(HEADER.replace("source,", ""), "source"), (HEADER + ",colour", "colour")],
)
def test_columns_that_do_not_fit_are_named(written: Any, header: str, column: str):
    with pytest.raises(BadSheet) as refusal:
        replay.read(written(RUBBISH, header=header))
    assert any(column in fault for fault in refusal.value.faults)


def test_a_given_id_is_kept_and_others_are_made_of_the_row(written: Any):
    own = "01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f"
    reports = replay.read(written(own + RUBBISH, RUBBISH, RUBBISH))
    ids = [report.body["id"] for report in reports]
    assert ids[0] == own
    assert len(set(ids)) == 3
    assert [report.body["id"] for report in replay.read(written(own + RUBBISH, RUBBISH))] == ids[:2]


@pytest.mark.parametrize(("fate", "code"), [(Fate.WRITTEN, 0), (Fate.REFUSED, 1)])
def test_the_command_fails_if_anything_was_refused(
    written: Any, monkeypatch: pytest.MonkeyPatch, fate: Fate, code: int
):
    async def answered(*_: object) -> list[Outcome]:
        return [Outcome(2, fate, reason="422", holder="X", tier="street")]

    monkeypatch.setattr(replay, "_replay", answered)
    alone = typer.Typer()
    replay.add_to(alone)
    result = CliRunner().invoke(alone, [str(written(RUBBISH)), "--key", "yg_x_y"])
    assert result.exit_code == code, result.output


def test_shares_count_the_first_holder_and_the_candidates():
    seen = ({"entry": "1", "holder": "A"}, {"entry": "2", "holder": "B"})
    with console.capture() as said:
        show(
            [
                Outcome(2, Fate.WRITTEN, expected="A", holder="A", tier="street", candidates=seen),
                Outcome(3, Fate.WRITTEN, expected="B", holder="A", tier="street", candidates=seen),
                Outcome(4, Fate.WRITTEN, holder="A", tier="street", candidates=seen),
            ]
        )
    lines = said.get().splitlines()
    assert "50.0%" in next(line for line in lines if "首派正确" in line)
    assert "100.0%" in next(line for line in lines if "前三含正确" in line)


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("城市管理办公室（马峦街道办事处）", "马峦街道城管办"),
        ("马峦办事处综合执法队", "马峦街道综合执法队"),
        ("坪山街道综合执法队（坪山街道办事处）", "坪山街道综合执法队"),
        ("石井社区工作站（石井街道办事处）", "石井社区"),
        ("土地整备中心（碧岭办）", "碧岭街道土地整备中心"),
        ("坑梓自来水公司（坑梓辖区）", "坑梓自来水公司（坑梓辖区）"),
        ("区指挥中心处置", "区指挥中心"),
        ("教育局", "教育局"),
    ],
)
def test_spellings_of_a_unit_become_one(name: str, spelling: str):
    assert one_spelling(name) == spelling
    assert one_spelling(spelling) == spelling


def row(community: str, unit: str, street: str = "龙田街道", kind: str = "暴露垃圾") -> Row:
    return Row("2018-02-08", street, community, "市容环卫", "垃圾", kind, "12345", "投诉", unit)


@pytest.mark.parametrize(
    ("unit", "duty"),
    [
        ("老坑社区", Duty(Reach.COMMUNITY, "社区工作站")),
        ("南布社区", None),
        ("市政服务中心（龙田街道办事处）", Duty(Reach.STREET, "市政服务中心")),
        ("市政服务中心（坑梓街道办事处）", None),
        ("教育局", Duty(Reach.DISTRICT, "教育局")),
        ("-", None),
    ],
)
def test_a_unit_has_a_duty_where_the_place_leads_to_it(unit: str, duty: Duty | None):
    assert duty_of(row("老坑社区", unit)) == duty


def test_the_sheets_of_a_derived_city_are_accepted(tmp_path: Path):
    rows = [
        row("老坑社区", "老坑社区"),
        row("南布社区", "市政服务中心（龙田街道办事处）"),
        row("秀新社区", "坑梓街道分中心处置", "坑梓街道"),
        row("-", "教育局", "-"),
    ]
    city = pingshan_city.derive(rows)
    city.write(tmp_path)
    areas = area_sheet.parse(tmp_path / "areas.csv")
    bodies = organisation_sheet.parse(tmp_path / "organisations.csv", Areas(areas))
    functions = {function for body in bodies for function in body.functions}
    entries = list_sheet.parse(tmp_path / "list.csv", functions=functions)
    assert areas == city.areas
    assert entries == city.entries
    assert {city.holder_of(one) for one in rows} <= {body.code for body in bodies}


def test_an_unknown_community_falls_back_to_its_street():
    city = pingshan_city.derive([row("老坑社区", "老坑社区")])
    assert city.place_of(row("新社区", "-")) == city.place_of(row("-", "-"))
    assert city.place_of(row("x", "-", "y")) == pingshan_city.DISTRICT


def test_the_lookup_backs_off_to_coarser_counts():
    train = [row("老坑社区", "甲"), row("南布社区", "乙"), row("南布社区", "乙")]
    counts = pingshan_counts.Counts(train, lambda one: one.unit)
    assert counts.likeliest(row("老坑社区", ""), 2) == ["甲", "乙"]
    assert counts.likeliest(row("新社区", ""), 1) == ["乙"]
