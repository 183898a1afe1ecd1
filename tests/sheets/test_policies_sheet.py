import pytest

from app.domain.limit import Limit, LimitUnit
from app.domain.policy import Marks, Policy, Rule
from app.domain.responsibility import Urgency
from app.sheets import policies

AREAS = {"500000", "500103"}
ENTRIES = {"BJ-1", "SX-1"}
DOCUMENT = """
[policy."500000"]
accept = { normal = "4小时" }
marks = { warn = 70, raises = [100, 200] }
confidence = 1
closes_on_verify = false

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

[policy."500103"]
"""


@pytest.fixture
def parse(save):
    return lambda text: policies.parse(save(text, name="p.toml"), AREAS, ENTRIES)


def test_what_is_written_counts_and_the_rest_is_default(parse):
    found = parse(DOCUMENT)
    city = found["500000"]
    assert city.accept == {
        Urgency.NORMAL: Limit(4, LimitUnit.WORK_HOUR),
        Urgency.URGENT: Limit(30, LimitUnit.MINUTE),
        Urgency.MAJOR: Limit(30, LimitUnit.MINUTE),
    }
    assert city.marks == Marks(70, (100, 200))
    assert city.pressing_marks == Policy().pressing_marks
    assert city.confidence == 1
    assert not city.closes_on_verify
    assert city.rules[0] == Rule(
        "来自 12345", "SX-1", "hotline", ("井盖", '"窨井"\\'), {"channel": "12345"}
    )
    assert found["500103"] == Policy()


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
        ('[policy."500000"]\nmarks = { warn = 120 }', "policy.500000.marks: 百分比须逐个增大"),
        ('[policy."500000"]\nmarks = { warn = 0 }', "policy.500000.marks.warn: 应为 1-1000 的整数"),
        ('[policy."500000"]\nmarks = { raises = [150] }', "policy.500000.marks: raises 须以 100"),
        ('[policy."500000"]\nmarks = { raises = 100 }', "policy.500000.marks.raises: 应为列表"),
        ('[policy."500000"]\nmarks = { raises = [] }', "policy.500000.marks: raises 须以 100"),
        ('[policy."500000"]\nmarks = { raise = [] }', "policy.500000.marks.raise: 未知的键"),
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
