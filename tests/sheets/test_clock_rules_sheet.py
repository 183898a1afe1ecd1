"""Rules of limits as an office writes them."""

import pytest

from app.domain.clock_rule import ClockRule
from app.domain.errors import BadSheet
from app.domain.limit import parse_limit
from app.domain.responsibility import Urgency
from app.domain.unit import ClockName
from app.sheets import policies

AREAS, ENTRIES, BODIES = {"500103"}, {"SX-06010-1"}, {"500103-GF"}
RULES = """
[policy."500103"]
loop = { normal = "10工作日" }

[[policy."500103".clocks]]
entry = "SX-06*"
urgencies = ["normal"]
organisations = ["500103-GF"]
accept = "1工作时"
dispose = "3工作日"

[[policy."500103".clocks]]
verify = "2紧急工作时"
"""


@pytest.fixture
def parse(save):
    return lambda text: policies.parse(save(text, name="p.toml"), AREAS, ENTRIES, BODIES)


def test_rules_are_read_in_their_order_and_written_again(parse, tmp_path):
    found = parse(RULES)
    assert found["500103"].loop == {Urgency.NORMAL: parse_limit("10工作日")}
    assert found["500103"].clocks == (
        ClockRule(
            {
                ClockName.ACCEPT: parse_limit("1工作时"),
                ClockName.DISPOSE: parse_limit("3工作日"),
            },
            entry="SX-06*",
            urgencies=(Urgency.NORMAL,),
            organisations=("500103-GF",),
        ),
        ClockRule({ClockName.VERIFY: parse_limit("2紧急工作时")}),
    )
    path = tmp_path / "again.toml"
    policies.write(path, found)
    assert policies.parse(path, AREAS, ENTRIES, BODIES) == found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('entry = "SX-99*"\naccept = "1工作时"', "clocks[1].entry: 清单中没有条目符合"),
        ('organisations = ["x"]\naccept = "1工作时"', "clocks[1].organisations: 没有单位 x"),
        ('urgencies = ["soon"]\naccept = "1工作时"', "clocks[1].urgencies: 应为"),
        ('entry = "SX-06*"', "clocks[1].dispose: 须至少给出"),
        ('sign = "1工作时"', "clocks[1].sign: 未知的键"),
    ],
)
def test_a_fault_names_its_key(parse, line, fault):
    with pytest.raises(BadSheet) as refused:
        parse(f'[policy."500103"]\n[[policy."500103".clocks]]\n{line}')
    assert any(fault in str(one) for one in refused.value.faults)
