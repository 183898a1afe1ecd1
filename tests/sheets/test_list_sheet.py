import csv
import io

import pytest

from app.domain.area import Tier
from app.domain.limit import Limit, LimitUnit
from app.domain.responsibility import Category, EntryBasis, Evidence, Kind, PlanTask, Urgency
from app.sheets import responsibility
from app.sheets.responsibility import COLUMNS

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
        writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
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
        ({"kind": "event"}, "plan: event 的预案至少 2 项任务, 现有 0 项"),
        ({"kind": "event", "plan": "water@2工作时@换盖"}, "plan: event 的预案至少 2 项任务"),
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
        ({"limit": "很快"}, "limit: 时限“很快”应如"),
        ({"limit": "0工作时"}, "limit: 时限“0工作时”应如"),
        ({"limit": ""}, "limit: 时限“”应如"),
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
