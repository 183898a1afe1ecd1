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
    WORK_MINUTE = "work_minute"
    """工作分钟"""
    MINUTE = "minute"
    """分钟"""
    HOUR = "hour"
    """紧急工作时"""
    DAY = "day"
    """紧急工作日"""


_WORDS: Final[Mapping[str, LimitUnit]] = {
    "工作分钟": LimitUnit.WORK_MINUTE,
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
_UNITS: Final = "|".join(sorted(_WORDS, key=len, reverse=True))
_SHAPE: Final = re.compile(rf"(\D*)(\d{{1,4}}(?:\.5)?)\s*个?\s*({_UNITS})内?(.*)")
_SPLIT: Final = re.compile(r"[;；,，→、|]")
_CONDITION: Final = re.compile(r"季|节|期间|汛|雨|雪|夏|冬|视|如|若|特殊|情况")
_HALVES: Final[Mapping[LimitUnit, LimitUnit]] = {
    LimitUnit.WORK_HOUR: LimitUnit.WORK_MINUTE,
    LimitUnit.HOUR: LimitUnit.MINUTE,
}
_SECONDS: Final[Mapping[LimitUnit, int]] = {
    LimitUnit.WORK_MINUTE: 60,
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
        working = self.unit in {LimitUnit.WORK_MINUTE, LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY}
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
    LimitUnit.WORK_MINUTE: "工作分钟",
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
    title, limit = _read(text.strip(), text)
    if title:
        raise _refusal(text, f"“{title}”不是时限的一部分")
    return limit


def parse_staged(text: str) -> tuple[tuple[str, Limit], ...]:
    """Read a limit text with its stages, such as 停工4个工作时；处罚7个工作日.

    Each stage has a title; a plain limit is one stage without. All count from the same start,
    so the last is the whole limit. Raises ValueError with the reason for what cannot be read.
    """
    stages = tuple(_read(part.strip(), text) for part in _SPLIT.split(text))
    for title, _ in stages:
        if _CONDITION.search(title):
            raise _refusal(text, f"“{title}”是条件而不是阶段, 请按条件拆成两个条目")
    if len(stages) > 1 and not all(title for title, _ in stages):
        raise _refusal(text, "有几段时限时, 每段须写明做到什么")
    spans = [limit.seconds(_NOMINAL_DAY) for _, limit in stages]
    if spans[-1] < max(spans):
        raise _refusal(text, "各段都从立案起算, 最后一段须最长")
    return stages


_NOMINAL_DAY: Final = 8 * 3600
"""For telling which of two limits is longer before any calendar is known."""


def _read(part: str, whole: str) -> tuple[str, Limit]:
    match = _SHAPE.fullmatch(part)
    if match is None or (match[1] and match[4]):
        raise _refusal(whole, "无法识别")
    amount, unit = float(match[2]), _WORDS[match[3]]
    if not amount.is_integer():
        if unit not in _HALVES:
            raise _refusal(whole, f"没有半个{match[3]}, 请改写为工作时")
        amount, unit = amount * 60, _HALVES[unit]
    if amount == 0:
        raise _refusal(whole, "不能为零")
    return (match[1] or match[4]).strip(), Limit(int(amount), unit)


def _refusal(text: str, why: str) -> ValueError:
    allowed = "、".join(_NAMES.values())
    return ValueError(f"时限“{text}”{why}; 应为数字加 {allowed} / not a limit")
