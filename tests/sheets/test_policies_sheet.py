from dataclasses import fields
from datetime import date, time

import pytest

from app import data
from app.domain.area import Tier
from app.domain.errors import BadSheet
from app.domain.limit import Limit, LimitUnit
from app.domain.policy import LocalPolicy, Policy, Rule, Whistle
from app.domain.responsibility import Urgency
from app.domain.rulebook import Part
from app.sheets import policies

AREAS = {"500000", "500103"}
ENTRIES = {"BJ-1", "SX-1"}
BODIES = {"500103-GF"}
DOCUMENT = """
[policy."500000"]
accept = { normal = "4小时" }
confidence = 1
closes_on_verify = false
stepwise = { normal = true, urgent = false }
emergencies = ["major", "urgent"]
returns = 3
urge = "30分钟"
reopen_days = 15
reopens = 1

[[policy."500000".rules]]
name = "来自 12345"
entry = "SX-1"
source = "hotline"
contains = ["井盖", '"窨井"\\']
attributes = { "channel" = "12345" }

[[policy."500000".rules]]
name = "路灯"
entry = "BJ-1"
contains = ["路灯"]

[[policy."500000".rules]]
name = "夜间路灯"
entry = "BJ-1"
areas = ["500103"]
hours = "22:00-06:00"
weekdays = [7, 6]
valid_from = 2026-07-01
valid_to = "2026-10-01"
holder = "500103-GF"

[policy."500103"]
"""


@pytest.fixture
def parse(save):
    return lambda text: policies.parse(save(text, name="p.toml"), AREAS, ENTRIES, BODIES)


def test_a_section_says_what_is_written_in_it_and_nothing_else(parse):
    found = parse(DOCUMENT)
    city = found["500000"]
    assert city.accept == {Urgency.NORMAL: Limit(4, LimitUnit.WORK_HOUR)}
    assert city.confidence == 1
    assert city.closes_on_verify is False
    assert city.stepwise == {Urgency.NORMAL: True, Urgency.URGENT: False}
    assert city.emergencies == (Urgency.URGENT, Urgency.MAJOR)
    assert (city.returns, city.reopen_days, city.reopens) == (3, 15, 1)
    assert city.urge == Limit(30, LimitUnit.MINUTE)
    assert city.rules[0] == Rule(
        "来自 12345", "SX-1", "hotline", ("井盖", '"窨井"\\'), {"channel": "12345"}
    )
    assert (city.marks, city.verify) == (None, None)
    assert found["500103"] == LocalPolicy()


def test_a_rule_may_ask_for_a_place_and_a_time_and_name_a_holder(parse):
    rule = parse(DOCUMENT)["500000"].rules[2]
    assert rule == Rule(
        "夜间路灯",
        "BJ-1",
        areas=("500103",),
        hours=(time(22), time(6)),
        weekdays=(6, 7),
        valid_from=date(2026, 7, 1),
        valid_to=date(2026, 10, 1),
        holder="500103-GF",
    )


def test_writing_and_reading_again_changes_nothing(parse, tmp_path):
    found = parse(DOCUMENT)
    policies.write(tmp_path / "again.toml", found)
    assert policies.parse(tmp_path / "again.toml", AREAS, ENTRIES) == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("polices = 1", "polices: 未知的键, 应为 policy"),
        ("policy = 1", "policy: 应为表"),
        ('[policy."59"]', "policy.59: 没有区划 59"),
        ('policy."500000" = 1', "policy.500000: 应为表"),
        ('[policy."500000"]\nacept = 1', "policy.500000.acept: 未知的键"),
        ('[policy."500000"]\naccept = "2工作时"', "policy.500000.accept: 应为表"),
        (
            '[policy."500000"]\naccept = { slow = "1天" }',
            "policy.500000.accept.slow: 未知的键, 应为 major、normal、urgent",
        ),
        ('[policy."500000"]\naccept = { normal = "快" }', "policy.500000.accept.normal: 时限“快”"),
        ('[policy."500000"]\naccept = { normal = 2 }', "policy.500000.accept.normal: 时限“2”"),
        ('[policy."500000"]\nstepwise = true', "policy.500000.stepwise: 应为表"),
        (
            '[policy."500000"]\nstepwise = { normal = 1 }',
            "policy.500000.stepwise.normal: 应为 true 或 false",
        ),
        (
            '[policy."500000"]\nstepwise = { slow = true }',
            "policy.500000.stepwise.slow: 未知的键, 应为 major、normal、urgent",
        ),
        ('[policy."500000"]\nemergencies = "major"', "policy.500000.emergencies: 应为列表"),
        (
            '[policy."500000"]\nemergencies = ["grave"]',
            "policy.500000.emergencies: 应为 normal、urgent、major 的列表",
        ),
        ('[policy."500000"]\nconfidence = 2', "policy.500000.confidence: 应为 0 到 1 的数"),
        ('[policy."500000"]\nconfidence = true', "policy.500000.confidence: 应为 0 到 1 的数"),
        ('[policy."500000"]\nclose = 1', "policy.500000.close: 未知的键"),
        ('[policy."500000"]\ncloses_on_verify = 1', "policy.500000.closes_on_verify: 应为 true"),
        ('[policy."500000"]\nrules = ["x"]', "policy.500000.rules: 应写成"),
        ('[[policy."500000".rules]]', "policy.500000.rules[1].name: 不能为空"),
        (
            '[[policy."500000".rules]]\nname = "x"\nentry = "BJ-9"\nsource = "s"',
            "policy.500000.rules[1].entry: 清单中没有条目 BJ-9",
        ),
        (
            '[[policy."500000".rules]]\nname = "x"\nentry = "BJ-1"',
            "policy.500000.rules[1].contains: 规则须至少有",
        ),
        (
            '[[policy."500000".rules]]\nname = "x"\nentry = "BJ-1"\ncontains = [1]',
            "policy.500000.rules[1].contains: 应为非空文本",
        ),
        (
            '[[policy."500000".rules]]\nname = "x"\nentry = "BJ-1"\nattributes = { a = 1 }',
            "policy.500000.rules[1].attributes.a: 应为非空文本",
        ),
        (
            '[[policy."500000".rules]]\nname = "x"\nentry = "BJ-1"\nsource = "s"\nwhen = 1',
            "policy.500000.rules[1].when: 未知的键",
        ),
        ("policy = [", "不是 TOML"),
        *(
            (
                f'[[policy."500000".rules]]\nname = "x"\nentry = "BJ-1"\nsource = "s"\n{line}',
                f"policy.500000.rules[1].{fault}",
            )
            for line, fault in (
                ('areas = ["59"]', "areas: 没有区划 59"),
                ('areas = "500103"', "areas: 应为列表"),
                ('hours = "22-6"', "hours: “22-6”应如 22:00-06:00"),
                ('hours = "24:00-06:00"', "hours: “24:00-06:00”应如"),
                ('hours = "08:00-08:00"', "hours: 起止不能相同"),
                ("weekdays = [0]", "weekdays: 应为 1-7 的列表"),
                ('weekdays = ["1"]', "weekdays: 应为 1-7 的列表"),
                ('valid_from = "七月"', "valid_from: 应为日期"),
                ("valid_from = 2026-07-01\nvalid_to = 2026-07-01", "valid_to: 应晚于"),
                ('holder = "59-X"', "holder: 没有单位 59-X"),
            )
        ),
    ],
)
def test_a_fault_names_its_key(parse, faults_of, text, fault):
    assert any(found.startswith(fault) for found in faults_of(lambda: parse(text)))


def test_a_rule_name_twice_is_a_fault(parse, faults_of):
    rule = '[[policy."500000".rules]]\nname = "x"\nentry = "BJ-1"\nsource = "s"\n'
    assert "规则名“x”重复" in faults_of(lambda: parse(rule * 2))[0]


def test_only_utf8_is_toml(save, faults_of):
    path = save("# 规则", name="p.toml", encoding="gb18030")
    assert "UTF-8" in faults_of(lambda: policies.parse(path, AREAS, ENTRIES))[0]


def test_brackets_without_end_are_no_toml(parse, faults_of):
    assert "嵌套过深" in faults_of(lambda: parse("a = " + "[" * 50_000))[0]


ASKING = """
[policy."500000"]
suspend = { normal = "90紧急工作日" }
suspensions = 2
extensions = 1
extension_levels = { normal = [1, 2] }
return_levels = { urgent = [0] }
"""


def test_requests_have_levels_by_urgency_and_count(parse, tmp_path):
    found = parse(ASKING)
    city = found["500000"]
    assert city.suspend == {Urgency.NORMAL: Limit(90, LimitUnit.DAY)}
    assert (city.suspensions, city.extensions) == (2, 1)
    assert city.extension_levels == {Urgency.NORMAL: (1, 2)}
    path = tmp_path / "again.toml"
    policies.write(path, found)
    assert policies.parse(path, AREAS, ENTRIES, BODIES) == found


@pytest.mark.parametrize(
    "line",
    [
        "extension_levels = { normal = [] }",
        "extension_levels = { normal = [4] }",
        "extension_levels = { normal = 1 }",
        "extension_levels = { urgentest = [1] }",
        "extension_levels = { normal = [true] }",
        "extensions = -1",
    ],
)
def test_levels_that_mean_nothing_are_faults(parse, line):
    with pytest.raises(BadSheet):
        parse('[policy."500000"]\n' + line)


WHISTLE = """
[policy."500103"]
whistle = { tiers = ["street", "community"], contact = "12紧急工作时", hard = "7工作日" }
"""


def test_who_may_blow_a_whistle_and_what_it_asks_for_is_read_and_written(parse, tmp_path):
    found = parse(WHISTLE)
    assert found["500103"].whistle == Whistle(
        tiers=(Tier.STREET, Tier.COMMUNITY),
        contact=Limit(12, LimitUnit.HOUR),
        hard=Limit(7, LimitUnit.WORK_DAY),
    )
    path = tmp_path / "again.toml"
    policies.write(path, found)
    assert policies.parse(path, AREAS, ENTRIES, BODIES) == found


@pytest.mark.parametrize(
    "value", ['{ tiers = ["village"] }', '{ sign = "soon" }', '{ tier = ["street"] }', "true"]
)
def test_whistles_that_mean_nothing_are_faults(parse, value):
    with pytest.raises(BadSheet):
        parse(f'[policy."500103"]\nwhistle = {value}')


def test_the_shipped_file_writes_out_every_default():
    found = policies.parse(data.shipped(Part.POLICIES), AREAS, ENTRIES, BODIES)["500000"]
    said = {one.name: getattr(found, one.name) for one in fields(found)}
    default = Policy()
    assert said == {name: getattr(default, name) for name in said} | {"rules": ()}
