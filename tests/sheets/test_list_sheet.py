import csv
import io
from datetime import date

import pytest

from app.domain.area import Tier
from app.domain.limit import Limit, LimitUnit
from app.domain.responsibility import Category, Duty, EntryBasis, Evidence, Kind, PlanTask, Urgency
from app.sheets import responsibility
from app.sheets.responsibility import COLUMNS, OPTIONAL

FUNCTIONS = {"water", "police", "roads"}
ENTRY = {
    "entry": "BJ-1",
    "scheme": "GB",
    "class": "部件",
    "code": "01001",
    "category": "供水井盖",
    "title": "供水井盖缺失",
    "condition": "井盖缺失、移位",
    "closing": "已恢复",
    "kind": "item",
    "level": "district",
    "lead": "water",
    "support": "roads|police",
    "urgency": "urgent",
    "limit": "2紧急工作时",
    "evidence": "before_after",
    "keywords": "井盖|窨井",
    "exclusions": "污水",
    "examples": "盖子不见了|踩进去了",
    "plan": "",
    "basis": "published",
    "source": "运城 上水井盖 1",
}
OTHER = ENTRY | {"entry": "BJ-2", "title": "供水井盖破损", "condition": "破损超过25平方厘米"}
PLAN = "police@1紧急工作时@围挡警戒|water@2紧急工作时@更换井盖"


@pytest.fixture
def sheet(save):
    def write(*entries):
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, (*COLUMNS, *OPTIONAL), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(entries)
        return save(buffer.getvalue())

    return write


def parse(path):
    return responsibility.parse(path, functions=FUNCTIONS)


def test_an_entry_is_read_cell_by_cell(sheet):
    (entry,) = parse(sheet(ENTRY))
    assert entry.category == Category("GB", "部件", "01001")
    assert (entry.kind, entry.level, entry.urgency) == (Kind.ITEM, Tier.DISTRICT, Urgency.URGENT)
    assert entry.limit == Limit(2, LimitUnit.HOUR)
    assert entry.support == ("roads", "police")
    assert entry.evidence is Evidence.BEFORE_AFTER
    assert entry.examples == ("盖子不见了", "踩进去了")
    assert entry.basis is EntryBasis.PUBLISHED


def test_an_event_brings_its_plan_in_order(sheet):
    (entry,) = parse(sheet(ENTRY | {"kind": "event", "plan": PLAN}))
    assert entry.plan == (
        PlanTask("police", Limit(1, LimitUnit.HOUR), "围挡警戒"),
        PlanTask("water", Limit(2, LimitUnit.HOUR), "更换井盖"),
    )


FULL = ENTRY | {
    "kind": "",
    "support": "",
    "limit": "停工4个工作时；处罚7个工作日；拆除20个工作日",
    "path": "公用设施",
    "also": "旧版;部件;0101|省版;部件;A1",
    "duty": "cooperating",
    "joint": "police",
    "supervisor": "roads",
    "synonyms": "上水井盖",
    "law": "《城市供水条例》第三十条",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
}


def test_an_entry_in_full_is_read_cell_by_cell(sheet):
    (entry,) = parse(sheet(FULL))
    assert (entry.kind, entry.duty) == (None, Duty.COOPERATING)
    assert entry.also == (Category("旧版", "部件", "0101"), Category("省版", "部件", "A1"))
    assert [stage.title for stage in entry.stages] == ["停工", "处罚", "拆除"]
    assert entry.limit == entry.stages[-1].limit == Limit(20, LimitUnit.WORK_DAY)
    assert [order.function for order in entry.orders] == ["water", "police"]
    assert (entry.valid_from, entry.valid_to) == (date(2026, 1, 1), date(2027, 1, 1))


def test_a_sheet_may_leave_the_optional_columns_out(save):
    line = ",".join(f'"{value}"' for value in ENTRY.values())
    (entry,) = parse(save(",".join(COLUMNS) + "\n" + line + "\n"))
    assert (entry.joint, entry.duty, entry.path) == ((), None, ())


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_entry_in_full_is_written_and_read_again(sheet, tmp_path, suffix):
    plan = "police@1天@围挡|water@2天@更换@2"
    found = parse(sheet(FULL, OTHER | {"kind": "event", "plan": plan}))
    again = tmp_path / f"again.{suffix}"
    responsibility.write(again, found)
    assert parse(again) == found


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_writing_and_reading_again_changes_nothing(sheet, tmp_path, suffix):
    found = parse(sheet(ENTRY, OTHER | {"kind": "event", "plan": PLAN, "limit": "3天"}))
    again = tmp_path / f"again.{suffix}"
    responsibility.write(again, found)
    assert parse(again) == found


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"entry": "BJ-1"}, "entry: 与第2行重复"),
        ({"entry": "BJ 2"}, "entry: 编码“BJ 2”不能含空白"),
        ({"entry": ""}, "entry: 不能为空"),
        ({"scheme": ""}, "scheme: 不能为空"),
        ({"class": ""}, "class: 不能为空"),
        ({"code": ""}, "code: 不能为空"),
        ({"category": "污水井盖"}, "category: 同一代码在第2行名为“供水井盖”"),
        ({"title": ""}, "title: 不能为空"),
        ({"title": "供水井盖缺失"}, "title: 与第2行重复"),
        ({"title": "供" * 61}, "title: 不超过 60 字"),
        ({"condition": "井盖缺失,移位。"}, "condition: 与第2行重复"),
        ({"condition": "缺" * 501}, "condition: 不超过 500 字"),
        ({"closing": ""}, "closing: 不能为空"),
        ({"kind": "matter"}, "kind: “matter”应为 item、event 之一"),
        ({"kind": "task"}, "kind: “task”应为 item、event 之一"),
        ({"kind": "event", "plan": "water@1天@换@零"}, "plan: 次序“零”应为 1-9"),
        ({"duty": "helping"}, "duty: “helping”应为 basic、cooperating、withdrawn"),
        ({"kind": "", "joint": "gas"}, "joint: 未知的职能 gas"),
        ({"joint": "police"}, "joint: item 只有一个单位处置"),
        ({"also": "旧版;0101"}, "also: “旧版;0101”应为 scheme;class;code"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to: 应晚于 valid_from"),
        ({"plan": PLAN}, "plan: item 没有预案"),
        ({"kind": "event", "plan": "water@2工作时|police@1天@围"}, "plan: 任务“water@2工作时”应为"),
        ({"kind": "event", "plan": "water@@换盖|police@1天@围"}, "plan: 任务“water@@换盖”应为"),
        ({"kind": "event", "plan": "gas@1天@关|water@1天@换"}, "plan: 未知的职能 gas"),
        ({"kind": "event", "plan": "police@1月@关|water@1天@换"}, "plan: 时限“1月”应如 2工作时"),
        ({"kind": "event", "plan": f"police@1天@{'关' * 61}|water@1天@换"}, "plan: 任务名称不超过"),
        ({"level": "town"}, "level: “town”应为 city、district"),
        ({"lead": "gas"}, "lead: 未知的职能 gas"),
        ({"lead": ""}, "lead: 不能为空"),
        ({"support": "gas"}, "support: 未知的职能 gas"),
        ({"support": "water"}, "support: water 已是主办"),
        ({"support": "roads|roads"}, "support: 同一项写了两次"),
        ({"urgency": "high"}, "urgency: “high”应为 normal、urgent、major"),
        ({"limit": "很快"}, "limit: 时限“很快”无法识别"),
        ({"limit": "0工作时"}, "limit: 时限“0工作时”不能为零"),
        ({"limit": ""}, "limit: 时限“”无法识别"),
        ({"limit": "种植季节15工作日"}, "limit: 时限“种植季节15工作日”“种植季节”是条件而不是阶段"),
        ({"limit": "0.5天"}, "limit: 时限“0.5天”没有半个天"),
        ({"limit": "1.5天"}, "limit: 时限“1.5天”没有半个天"),
        ({"limit": "5天;2工作时"}, "limit: 时限“5天;2工作时”有几段时限时"),
        ({"limit": "拆除5天;停工2工作时"}, "limit: 时限“拆除5天;停工2工作时”各段都从立案起算"),
        ({"evidence": "photo"}, "evidence: “photo”应为 none、after、before_after"),
        ({"basis": "invented"}, "basis: “invented”应为 published、adapted、drafted"),
        ({"keywords": "井盖||窨井"}, "keywords: “|”之间不能为空"),
    ],
)
def test_a_fault_names_its_row_and_column(sheet, faults_of, change, fault):
    faults = faults_of(lambda: parse(sheet(ENTRY, OTHER | change)))
    assert any(found.startswith(f"第3行 {fault}") for found in faults)
    assert len(faults) == 1


def test_two_categories_may_state_the_same_condition(sheet):
    twin = ENTRY | {"entry": "BJ-9", "code": "01002", "category": "污水井盖"}
    assert len(parse(sheet(ENTRY, twin))) == 2


def test_an_empty_list_is_refused(sheet, faults_of):
    assert "没有职责条目" in faults_of(lambda: parse(sheet()))[0]
