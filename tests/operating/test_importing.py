"""`yiguan list import` and `list export`: a city's own sheet becomes a draft, a list a sheet."""

import csv
from pathlib import Path

import pytest

from app import data
from app.domain.responsibility import Category, Entry
from app.sheets import responsibility
from tests import given
from tests.operating.conftest import Terminal

FUNCTIONS = data.functions()
MAPPING = """\
header: 2
columns:
  entry: "OLD-{代码}-{序号}"
  scheme: 旧版
  class: 事件
  code: "{代码}"
  category: "{名称}"
  condition: "{立案条件}"
  closing: 清理干净
  level: street
  limit: "{时限}"
units:
  lead: "{单位}"
  names: {sanitation: [环卫所], landscaping: [园林所], owner: [产权单位]}
"""
SHEET = """\
某区立案标准,,,,,
代码,名称,序号,立案条件,时限,单位
0110,暴露垃圾,1,垃圾暴露超过一小时,4小时,环卫所、产权单位
0110,暴露垃圾,2,垃圾压占绿地,种植季节15工作日,园林所、环卫所
0122,非法伐树,1,擅自砍伐行道树,1天,园林站
0122,非法伐树,2,擅自移植行道树,1天,园林所
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    (tmp_path / "ours.mapping.yaml").write_text(MAPPING, encoding="utf-8")
    path = tmp_path / "ours.csv"
    path.write_text(SHEET, encoding="gb18030")
    return path


def parsed(path: Path) -> tuple[Entry, ...]:
    return responsibility.parse(path, functions=FUNCTIONS)


def codes(path: Path) -> list[str]:
    return [entry.code for entry in parsed(path)]


def test_what_is_understood_becomes_a_draft_and_the_rest_is_said(
    yiguan: Terminal, sheet: Path, tmp_path: Path, database_url: str
):
    said = yiguan("list", "import", str(sheet), YIGUAN_DATABASE_URL=database_url)
    assert said.code == 0
    assert "4 行, 导入 2 条" in said.text
    assert "草稿 d1 / draft d1: 旧版 2" in said.text
    assert "item 2 (100.0%)" in said.text
    exported = tmp_path / "draft.xlsx"
    assert yiguan("list", "export", "--version", "d1", str(exported)).code == 0
    assert codes(exported) == ["OLD-0110-1", "OLD-0122-2"]


def test_every_finding_is_written_with_its_row_and_the_way_out(
    yiguan: Terminal, sheet: Path, tmp_path: Path, database_url: str
):
    found = tmp_path / "findings.csv"
    words = ("list", "import", str(sheet), "--no-draft", "--findings", str(found))
    assert yiguan(*words, YIGUAN_DATABASE_URL=database_url).code == 0
    with found.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["severity"], row["row"], row["suggestion"]) for row in csv.DictReader(file)]
    (limit, unit, *_) = rows
    assert limit[:2] == ("error", "4")
    assert "请按条件拆成两个条目" in limit[2]
    assert unit[:2] == ("error", "5")
    assert "是否为“园林所”" in unit[2]


def test_without_a_draft_no_database_is_needed(yiguan: Terminal, sheet: Path, tmp_path: Path):
    out = tmp_path / "list.csv"
    said = yiguan("list", "import", str(sheet), "--no-draft", "--out", str(out))
    assert said.code == 0
    assert codes(out) == ["OLD-0110-1", "OLD-0122-2"]


def test_side_by_side_the_draft_has_both_lists_and_the_list_in_force_stays(
    yiguan: Terminal, sheet: Path, tmp_path: Path, database_url: str
):
    walk = tmp_path / "crosswalk.csv"
    walk.write_text(
        "scheme,class,code,name,to_scheme,to_class,to_code,to_name,relation\n"
        f"旧版,事件,0110,暴露垃圾,{given.SCHEME},事项,06010,暴露垃圾,same\n",
        encoding="utf-8",
    )
    before, after, both = (tmp_path / f"{name}.csv" for name in ("before", "after", "both"))
    yiguan("list", "export", str(before), YIGUAN_DATABASE_URL=database_url)
    words = ("list", "import", str(sheet), "--beside", "--crosswalk", str(walk), "--note", "试")
    assert "草稿 d1" in yiguan(*words).text
    yiguan("list", "export", str(after))
    yiguan("list", "export", "--version", "d1", str(both))
    assert after.read_bytes() == before.read_bytes()
    assert codes(both) == [*codes(before), "OLD-0110-1", "OLD-0122-2"]
    old = parsed(both)[-2]
    assert old.also == (Category(given.SCHEME, "事项", "06010"),)


def test_a_list_written_and_loaded_again_is_nothing_new(
    yiguan: Terminal, tmp_path: Path, database_url: str
):
    exported = tmp_path / "list.xlsx"
    yiguan("list", "export", str(exported), YIGUAN_DATABASE_URL=database_url)
    assert parsed(exported) == given.entries()
    assert "nothing new: rulebook 1 stays" in yiguan("load", "list", str(exported)).text


def test_a_sheet_of_which_nothing_is_understood_makes_no_draft(
    yiguan: Terminal, sheet: Path, database_url: str
):
    sheet.write_text(SHEET.replace("所", "站"), encoding="utf-8")
    said = yiguan("list", "import", str(sheet), YIGUAN_DATABASE_URL=database_url)
    assert said.code == 1
    assert "not a single row could be imported" in said.text
    assert "d1" in yiguan("list", "export", "--version", "d1", "x.csv").text


def test_a_sheet_without_a_mapping_is_told_where_to_put_one(yiguan: Terminal, sheet: Path):
    sheet.with_name("ours.mapping.yaml").unlink()
    said = yiguan("list", "import", str(sheet), "--no-draft")
    assert said.code == 1
    assert "ours.mapping.yaml" in said.text


def test_a_broken_mapping_is_refused_with_its_line(yiguan: Terminal, sheet: Path):
    own = sheet.with_name("ours.mapping.yaml")
    own.write_text(MAPPING.replace("  limit:", "  limits:"), encoding="utf-8")
    said = yiguan("list", "import", str(sheet), "--no-draft")
    assert said.code == 1
    assert "第11行 columns.limits: 没有此项, 是否为 limit" in said.text
