"""Limits (时限) as lists write them: an amount of working time or of wall-clock time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Basis(StrEnum):
    """Which time a limit is spent in."""

    WORK = "work"
    """工作时间"""
    WALL = "wall"
    """自然时间(紧急)"""


class LimitUnit(StrEnum):
    """The unit a limit is written in."""

    WORK_HOUR = "work_hour"
    """工作时"""
    WORK_DAY = "work_day"
    """工作日"""
    MINUTE = "minute"
    """分钟"""
    HOUR = "hour"
    """紧急工作时"""
    DAY = "day"
    """紧急工作日"""


_WORDS: Final[Mapping[str, LimitUnit]] = {
    "工作时": LimitUnit.WORK_HOUR,
    "小时": LimitUnit.WORK_HOUR,
    "工作日": LimitUnit.WORK_DAY,
    "天": LimitUnit.WORK_DAY,
    "分钟": LimitUnit.MINUTE,
    "紧急工作时": LimitUnit.HOUR,
    "紧急时": LimitUnit.HOUR,
    "紧急工作日": LimitUnit.DAY,
    "紧急日": LimitUnit.DAY,
}
_SHAPE: Final = re.compile(r"\s*(\d{1,4})\s*(\D+?)\s*")
_SECONDS: Final[Mapping[LimitUnit, int]] = {
    LimitUnit.MINUTE: 60,
    LimitUnit.HOUR: 3600,
    LimitUnit.DAY: 86400,
    LimitUnit.WORK_HOUR: 3600,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time, such as 4 working hours (4工作时) or 2 urgent hours (2紧急工作时).

    Urgent limits run through nights, weekends and holidays; a working day is the
    calendar's standard day of hours, not 24 of them.
    """

    value: int
    unit: LimitUnit

    @property
    def basis(self) -> Basis:
        """Working or wall-clock time."""
        working = self.unit in {LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY}
        return Basis.WORK if working else Basis.WALL

    def seconds(self, standard_day: int) -> int:
        """Return the amount in seconds; `standard_day` is the working day's seconds."""
        if self.unit is LimitUnit.WORK_DAY:
            return self.value * standard_day
        return self.value * _SECONDS[self.unit]

    def __str__(self) -> str:
        """Write the limit the way `parse_limit` reads it."""
        return f"{self.value}{_NAMES[self.unit]}"


_NAMES: Final[Mapping[LimitUnit, str]] = {
    LimitUnit.WORK_HOUR: "工作时",
    LimitUnit.WORK_DAY: "工作日",
    LimitUnit.MINUTE: "分钟",
    LimitUnit.HOUR: "紧急工作时",
    LimitUnit.DAY: "紧急工作日",
}


def parse_limit(text: str) -> Limit:
    """Read a limit text; a bare 小时 or 天 is working time, as published standards mean it.

    Raises ValueError with what was expected.
    """
    match = _SHAPE.fullmatch(text)
    unit = _WORDS.get(match[2]) if match else None
    if match is None or unit is None or int(match[1]) == 0:
        allowed = "、".join(_NAMES.values())
        message = f"时限“{text}”无法识别, 应为数字加 {allowed} / not a limit"
        raise ValueError(message)
    return Limit(int(match[1]), unit)
