"""What the people around one unit will do: drawn once, from the run's seed and the unit's id."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

RETURNS: Final = (
    "经现场核实, 不属于本单位管辖范围, 请另行派遣",
    "点位在小区红线以内, 应由物业管理部门先行处理",
    "现场需专业队伍和设备, 本单位无处置能力",
)
REWORKS: Final = (
    "照片显示垃圾仍有残留, 请清理彻底后再反馈",
    "缺少处置后照片, 无法核实",
    "回访反映人表示问题没有解决",
)
DECLINES: Final = (
    "与已立案件重复, 不予立案",
    "所述事项已由施工单位围挡并公示工期, 不予立案",
    "现场核查未发现所述问题",
)
FEEDBACKS: Final = (
    "已到场处理完毕, 恢复原状",
    "已整改到位, 现场无遗留",
    "处置完成, 已告知反映人",
)

SLEEPERS: Final = {"triage": 0.06, "accept": 0.08, "dispose": 0.04}
"""How often nobody acts in a stage until a limit has passed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each stage takes, in played time, and what goes otherwise than it should.

    `sleeps` names the limit that nobody heeds until `raises` centres have been told.
    A reason that is empty is a thing that does not happen.
    """

    triage: timedelta
    dispatch: timedelta
    accept: timedelta
    start: timedelta
    work: timedelta
    verify: timedelta
    sleeps: str
    raises: int
    return_reason: str
    rework_reason: str
    decline_reason: str
    takes_second: bool
    waits_overnight: bool
    """The work, unless it presses, is left for another day."""
    feedback: str

    @classmethod
    def of(cls, seed: int, unit: str) -> "Plan":
        """Draw the plan of a unit."""
        draw = random.Random(f"{seed}/{unit}")  # noqa: S311 - a play, not a secret

        def minutes(low: float, high: float) -> timedelta:
            return timedelta(minutes=draw.uniform(low, high))

        def sometimes(chance: float, words: tuple[str, ...]) -> str:
            return draw.choice(words) if draw.random() < chance else ""

        return cls(
            triage=minutes(2, 10),
            dispatch=minutes(1, 8),
            accept=minutes(2, 20),
            start=minutes(5, 20),
            work=minutes(15, 110),
            verify=minutes(5, 45),
            sleeps=_slept(draw),
            raises=draw.choices((1, 2, 3), (5, 3, 2))[0],
            return_reason=sometimes(0.07, RETURNS),
            rework_reason=sometimes(0.06, REWORKS),
            decline_reason=sometimes(0.15, DECLINES),
            takes_second=draw.random() < 0.2,
            waits_overnight=draw.random() < 0.08,
            feedback=draw.choice(FEEDBACKS),
        )


def _slept(draw: random.Random) -> str:
    point = draw.random()
    for stage, share in SLEEPERS.items():
        if point < share:
            return stage
        point -= share
    return ""
