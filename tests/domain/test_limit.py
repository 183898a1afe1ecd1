"""Limit texts as published lists write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.limit import Basis, Limit, LimitUnit, parse_limit, parse_staged

DAY = 8 * 3600


@pytest.mark.parametrize(
    ("text", "unit", "basis", "seconds"),
    [
        ("4工作时", LimitUnit.WORK_HOUR, Basis.WORK, 4 * 3600),
        ("4小时", LimitUnit.WORK_HOUR, Basis.WORK, 4 * 3600),
        ("2工作日", LimitUnit.WORK_DAY, Basis.WORK, 2 * DAY),
        ("2天", LimitUnit.WORK_DAY, Basis.WORK, 2 * DAY),
        (" 15 分钟 ", LimitUnit.MINUTE, Basis.WALL, 900),
        ("2紧急工作时", LimitUnit.HOUR, Basis.WALL, 2 * 3600),
        ("2紧急时", LimitUnit.HOUR, Basis.WALL, 2 * 3600),
        ("1紧急工作日", LimitUnit.DAY, Basis.WALL, 86400),
        ("1紧急日", LimitUnit.DAY, Basis.WALL, 86400),
        ("4个工作时", LimitUnit.WORK_HOUR, Basis.WORK, 4 * 3600),
        ("1.5工作时", LimitUnit.WORK_MINUTE, Basis.WORK, 5400),
        ("1.5紧急工作时", LimitUnit.MINUTE, Basis.WALL, 5400),
    ],
)
def test_a_text_means(text: str, unit: LimitUnit, basis: Basis, seconds: int):
    limit = parse_limit(text)
    assert (limit.unit, limit.basis, limit.seconds(DAY)) == (unit, basis, seconds)


@given(st.builds(Limit, st.integers(1, 9999), st.sampled_from(LimitUnit)))
def test_a_limit_is_read_back_as_it_is_written(limit: Limit):
    assert parse_limit(str(limit)) == limit


@pytest.mark.parametrize(
    "text",
    ["", "工作日", "0工作日", "-1工作日", "1.5工作日", "10000天", "3", "2 d", "4工作时处罚7工作日"],
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(ValueError, match="时限"):
        parse_limit(text)


def test_a_refusal_says_what_is_allowed():
    with pytest.raises(ValueError, match="紧急工作时"):
        parse_limit("尽快")


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        (
            "停工4个工作时；处罚7个工作日；拆除20个工作日",
            [("停工", "4工作时"), ("处罚", "7工作日"), ("拆除", "20工作日")],
        ),
        (
            "3紧急工作时围挡 → 8紧急工作时修复 → 5工作日恢复路面",
            [("围挡", "3紧急工作时"), ("修复", "8紧急工作时"), ("恢复路面", "5工作日")],
        ),
        ("1紧急工作时制止", [("制止", "1紧急工作时")]),
        ("2紧急工作时", [("", "2紧急工作时")]),
    ],
)
def test_a_staged_text_means(text: str, stages: list[tuple[str, str]]):
    assert [(title, str(limit)) for title, limit in parse_staged(text)] == stages


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("种植季节15工作日", "是条件而不是阶段"),
        ("2工作时；5工作日", "每段须写明做到什么"),
        ("拆除20工作日；停工4工作时", "最后一段须最长"),
        ("尽快处理", "无法识别"),
    ],
)
def test_a_staged_text_is_refused_with_the_reason(text: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_staged(text)
