"""A city's own sheet read by its column mapping: what is understood, the way out of the rest."""

import csv

import pytest
import xlsxwriter

from app.domain.area import Tier
from app.domain.errors import NotFound
from app.domain.limit import Limit, LimitUnit
from app.domain.responsibility import Category, Evidence, Urgency
from app.sheets import findings as finding_sheet
from app.sheets import importing, mapping
from app.sheets.crosswalk import Crosswalk, Pair, Relation
from app.sheets.findings import Severity

FUNCTIONS = {"water", "sanitation", "roads", "enforcement"}
NEW = Category("GB", "部件", "01001")
CROSSWALK = Crosswalk(
    [Pair(Category("旧版", "部件", "0101"), "上水井盖", NEW, "供水井盖", Relation.SAME)]
)
HEADER = "大类,小类代码,小类名称,序号,立案条件,结案条件,时限,处置单位,督办单位"
GONE = "公用设施,0101,上水井盖,1,缺失、移位,恢复,2紧急工作时,自来水公司、各产权单位,城管局"
LOUD = "公用设施,0101,上水井盖,2,弹跳产生声响,更换,2天,自来水公司、环卫中心,城管局"
DIRTY = "环境,0110,暴露垃圾,1,垃圾暴露,清理,4小时,所属街办、执法队,区政府"
COLUMNS = """\
  entry: "X-{小类代码:4}-{序号}"
  scheme: 旧版
  class: {from: "{大类}", values: {公用设施: 部件, 环境: 事件}}
  code: "{小类代码:4}"
  category: "{小类名称}"
  path: "{大类}"
  condition: "{立案条件}"
  closing: "{结案条件}"
  level: district
  limit: {from: "{时限}", replace: {半日: 4小时}}
  urgency: {from: "{时限}", contains: {紧急: urgent}, default: normal}
  evidence: {from: "{结案条件}", matches: {"恢复|更换": before_after}, default: after}
"""
UNITS = """\
  lead: "{处置单位}"
  supervisor: "{督办单位}"
  split: ["、", 和]
  alone: enforcement
  names:
    owner: [各产权单位]
    street: [所属街办]
    government: [区政府]
    water: [自来水公司]
    sanitation: [环卫中心]
    roads: [城管局, 市政和道路处]
    enforcement: [执法队]
"""
WHOLE = f"columns:\n{COLUMNS}units:\n{UNITS}"


@pytest.fixture
def imported(save):
    def read(*rows, header=HEADER, text=WHOLE, encoding="utf-8"):
        sheet = save(header, *rows, name="ours.csv", encoding=encoding)
        ours = mapping.load(save(text, name="ours.mapping.yaml"), functions=FUNCTIONS)
        return importing.read(sheet, ours, crosswalk=CROSSWALK, functions=FUNCTIONS)

    return read


def with_(row, **changes):
    cells = dict(zip(HEADER.split(","), row.split(","), strict=True)) | changes
    return ",".join(cells.values())


def errors(found):
    return [one for one in found.findings if one.severity is Severity.ERROR]


def test_a_row_becomes_an_entry_column_by_column(imported):
    (entry,) = imported(GONE).entries
    assert (entry.code, entry.category) == ("X-0101-1", Category("旧版", "部件", "0101"))
    assert (entry.category_name, entry.path) == ("上水井盖", ("公用设施",))
    assert (entry.condition, entry.closing) == ("缺失、移位", "恢复")
    assert (entry.level, entry.urgency, entry.kind) == (Tier.DISTRICT, Urgency.URGENT, None)
    assert (entry.limit, entry.evidence) == (Limit(2, LimitUnit.HOUR), Evidence.BEFORE_AFTER)
    assert (entry.lead, entry.support, entry.supervisor) == ("water", (), "roads")


def test_the_crosswalk_gives_the_same_matter_in_the_other_scheme(imported):
    assert [entry.also for entry in imported(GONE, DIRTY).entries] == [(NEW,), ()]


def test_the_first_unit_leads_the_others_support_and_owners_are_left_out(imported):
    found = imported(GONE, LOUD)
    assert [entry.support for entry in found.entries] == [(), ("sanitation",)]
    assert [(one.severity, one.row, one.zh) for one in found.findings] == [
        (Severity.INFO, 2, "主办 water; “各产权单位”不列入"),
        (Severity.INFO, 3, "主办 water; 协办 sanitation"),
    ]


def test_a_street_named_first_makes_the_entry_the_streets(imported):
    (entry,) = imported(DIRTY).entries
    assert (entry.level, entry.lead) == (Tier.STREET, "enforcement")


def test_where_nobody_but_a_street_is_named_the_mapping_says_who_leads(imported):
    (entry,) = imported(with_(DIRTY, 处置单位="所属街办、各产权单位")).entries
    assert (entry.level, entry.lead) == (Tier.STREET, "enforcement")


def test_a_known_name_is_never_split(imported):
    (entry,) = imported(with_(LOUD, 处置单位="市政和道路处和环卫中心")).entries
    assert (entry.lead, entry.support) == ("roads", ("sanitation",))


def test_a_body_that_must_act_itself_is_joint_and_no_support(imported):
    joint = '  joint: {from: "{小类名称}", values: {上水井盖: sanitation}, default: ""}\n'
    (entry,) = imported(LOUD, text=f"columns:\n{COLUMNS}{joint}units:\n{UNITS}").entries
    assert (entry.joint, entry.support) == (("sanitation",), ())


def test_titles_are_made_of_the_category_and_what_tells_its_conditions_apart(imported):
    dry, wet = (
        with_(GONE, 立案条件="盖子缺失，路面干燥"),
        with_(LOUD, 立案条件="盖子缺失，路面积水"),
    )
    assert [entry.title for entry in imported(dry, wet).entries] == [
        "上水井盖：盖子缺失",
        "上水井盖：盖子缺失路面积水",
    ]


def test_titles_that_would_be_cut_to_the_same_are_numbered(imported):
    long = "井盖周边路面一百五十厘米范围内出现深陷或者凸起"
    rows = [with_(GONE, 序号=str(n), 立案条件=f"{long}第{n}种") for n in (1, 2)]
    titles = [entry.title for entry in imported(*rows).entries]
    assert len(set(titles)) == 2
    assert max(map(len, titles)) <= 60


def test_zeros_that_excel_dropped_are_filled_up(imported):
    (entry,) = imported(with_(GONE, 小类代码="101")).entries
    assert entry.category.code == "0101"


def test_terms_are_columns_of_the_mappings_own(imported):
    terms = 'terms:\n  letter: {from: "{大类}", values: {公用设施: B}}\n'
    columns = COLUMNS.replace("X-{小类代码:4}", "X-{letter}-{小类代码}")
    (entry,) = imported(GONE, text=f"{terms}columns:\n{columns}units:\n{UNITS}").entries
    assert entry.code == "X-B-0101-1"


def test_a_text_may_be_rewritten_before_it_is_read(imported):
    (entry,) = imported(with_(GONE, 时限="半日")).entries
    assert entry.limit == Limit(4, LimitUnit.WORK_HOUR)


def test_titles_may_stand_above_the_header_and_headings_may_be_broken(imported):
    found = imported(
        HEADER.replace("立案条件", '"立案\n条件"'),
        GONE,
        header="某市立案标准,,,,,,,,",
        text=f"header: 2\n{WHOLE}",
    )
    assert len(found.entries) == 1


def test_a_merged_category_is_carried_down(tmp_path, save):
    sheet = tmp_path / "ours.xlsx"
    with xlsxwriter.Workbook(str(sheet)) as book:
        page = book.add_worksheet()
        page.merge_range(0, 0, 0, 8, "某市立案标准")
        page.write_row(1, 0, HEADER.split(","))
        page.write_row(2, 0, GONE.split(","))
        page.write_row(3, 0, LOUD.split(","))
        for column in range(3):
            page.merge_range(2, column, 3, column, GONE.split(",")[column])
    text = f"header: 2\nfill: [大类, 小类代码, 小类名称]\n{WHOLE}"
    ours = mapping.load(save(text, name="m.yaml"), functions=FUNCTIONS)
    found = importing.read(sheet, ours, crosswalk=CROSSWALK, functions=FUNCTIONS)
    assert [entry.code for entry in found.entries] == ["X-0101-1", "X-0101-2"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_sheet_may_be_saved_by_a_chinese_excel(imported, encoding):
    assert len(imported(GONE, encoding=encoding).entries) == 1


def test_a_sheet_in_no_encoding_we_read_is_refused_by_name(imported, faults_of):
    assert "UTF-16" in faults_of(lambda: imported(GONE, encoding="utf-16"))[0]


def test_a_column_the_sheet_lacks_is_refused_with_those_it_has(imported, faults_of):
    (fault,) = faults_of(lambda: imported(GONE, header=HEADER.replace("时限", "期限")))
    assert fault.startswith("第1行 时限: 缺少此列, 现有 大类、小类代码")


def test_a_column_that_occurs_twice_is_refused(imported, faults_of):
    twice = f"{HEADER},时限"
    assert faults_of(lambda: imported(GONE, header=twice)) == [
        "第1行 时限: 列名重复 / row 1, 时限: the column occurs twice"
    ]


@pytest.mark.parametrize(
    ("changes", "column", "what", "suggestion"),
    [
        (
            {"时限": "种植季节15工作日"},
            "limit (时限)",
            "“种植季节15工作日”不能作时限",
            "“种植季节”是条件而不是阶段, 请按条件拆成两个条目",
        ),
        ({"时限": "尽快"}, "limit (时限)", "“尽快”不能作时限", "无法识别; 应为数字加"),
        ({"时限": ""}, "limit (时限)", "无法识别", "名写进 fill"),
        ({"处置单位": "自来水有限公司"}, "lead (处置单位)", "“自来水有限公司”未知", "“自来水公司”"),
        (
            {"处置单位": "甲"},
            "lead (处置单位)",
            "处置单位“甲”未知",
            "units.names 的某个职能下加“甲”",
        ),
        ({"大类": "公共设施"}, "class (大类)", "“公共设施”不在对应表中", "是否为“公用设施”?"),
        ({"结案条件": ""}, "closing (结案条件)", "不能为空", "columns.closing 写 default"),
        ({"立案条件": "缺" * 501}, "condition (立案条件)", "不超过 500 字", "改写表中此格"),
        ({"立案条件": "缺失移位"}, "condition (立案条件)", "与第2行重复", "合并两行"),
        ({"序号": "1"}, "entry (小类代码、序号)", "与第2行重复", "每行不同"),
        ({"小类名称": "自来水井盖"}, "category (小类名称)", "同一代码在第2行名为", "改写表中此格"),
    ],
)
def test_what_is_not_understood_is_left_out_with_its_row_and_the_way_out(
    imported, changes, column, what, suggestion
):
    found = imported(GONE, with_(LOUD, **changes), DIRTY)
    (one,) = errors(found)
    assert (one.row, one.column) == (3, column)
    assert what in one.zh
    assert suggestion in one.hint_zh
    assert one.en
    assert one.hint_en
    assert [entry.code for entry in found.entries] == ["X-0101-1", "X-0110-1"]


def test_an_unknown_unit_beside_a_known_one_is_a_warning(imported):
    found = imported(with_(LOUD, 处置单位="自来水公司、环卫中兴", 督办单位="城管剧"))
    assert [(one.severity, one.row) for one in found.findings] == [(Severity.WARNING, 2)] * 2
    assert "是否为“环卫中心”" in found.findings[0].hint_zh
    assert "是否为“城管局”" in found.findings[1].hint_zh
    assert found.entries[0].support == ()


def test_a_function_nobody_holds_is_said_with_the_nearest(imported):
    columns = COLUMNS + "  lead: sanitaton\n"
    (one,) = errors(imported(GONE, text=f"columns:\n{columns}"))
    assert one.zh == "未知的职能 sanitaton"
    assert "sanitation" in one.hint_zh


def test_a_row_of_which_nothing_is_left_does_not_stop_the_file(imported):
    found = imported(",,,,,,,,", '"坏,,,,,,,,', GONE)
    assert found.entries == ()
    assert errors(found)[0].column == "CSV"


def test_findings_are_written_as_a_sheet_the_gravest_first(imported, tmp_path):
    found = imported(GONE, with_(LOUD, 时限="尽快"))
    finding_sheet.write(tmp_path / "findings.csv", found.findings)
    with (tmp_path / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["severity"], row["row"]) for row in rows] == [
        ("error", "3"),
        ("info", "2"),
        ("info", "3"),
    ]


def test_what_clashes_with_the_list_beside_it_is_left_out(imported):
    present = imported(GONE).entries
    found = importing.beside(present, imported(GONE, DIRTY))
    assert [entry.code for entry in found.entries] == ["X-0110-1"]
    assert {one.column for one in errors(found)} == {"entry", "title", "condition"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("columns:\n  entry: [", "第3行 YAML: 不是完好的 YAML"),
        ("columns:\n\tentry: x", "第2行 YAML: 不是完好的 YAML"),
        ("", "文件是空的"),
        ("- entry", "第1行 : 应为“键: 值”的表"),
        ("colums: {}", "第1行 colums: 没有此项, 是否为 columns"),
        (f"{WHOLE}header: two", "header: 应为 1-50 的整数"),
        (WHOLE.replace("closing:", "closng:"), "第9行 columns.closng: 没有此项, 是否为 closing"),
        (WHOLE.replace("  level: district\n", ""), "columns: columns 中缺少 level"),
        (f"columns:\n{COLUMNS}", "columns: columns 中缺少 lead"),
        (WHOLE.replace("  entry:", "  code: x\n  entry:"), "columns.code: 同一键写了两次"),
        (WHOLE.replace("恢复|更换", "恢复("), "不是正则表达式"),
        (WHOLE.replace('{from: "{大类}", ', "{"), "columns.class: 缺少 from"),
        (WHOLE.replace("    water:", "    watre:"), "units.names.watre: 没有此项, 是否为 water"),
        (WHOLE.replace("[执法队]", "[环卫中心]"), "“环卫中心”写了两次"),
        (WHOLE.replace("alone: enforcement", "alone: police"), "units.alone: 未知的职能 police"),
        (WHOLE.replace('  lead: "{处置单位}"\n', ""), "units: 缺少 lead"),
        (WHOLE.replace("scheme: 旧版", "scheme: [旧版]"), "columns.scheme: 应为一个值"),
    ],
)
def test_a_broken_mapping_is_refused_with_its_line(save, faults_of, text, fault):
    path = save(text, name="ours.mapping.yaml")
    faults = faults_of(lambda: mapping.load(path, functions=FUNCTIONS))
    assert any(fault in found for found in faults), faults


def test_the_mapping_beside_a_sheet_is_found_before_a_shipped_one(save):
    sheet = save(HEADER, name="filing_standards.csv")
    assert mapping.beside(sheet).name == "filing_standards.yaml"
    own = save(WHOLE, name="filing_standards.mapping.yaml")
    assert mapping.beside(sheet) == own


def test_a_sheet_without_a_mapping_is_told_where_to_put_one(save):
    with pytest.raises(NotFound, match=r"ours\.mapping\.yaml"):
        mapping.beside(save(HEADER, name="ours.csv"))
