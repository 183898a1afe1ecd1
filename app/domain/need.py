"""Needs (须填): what a caller must say for an action to be done."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any


class Need(StrEnum):
    """What an action asks for; a step's data keeps it under this very word."""

    REASON = "reason"
    """理由"""
    HOLDER = "holder"
    """承办单位"""
    ENTRY = "entry"
    """职责条目"""
    LIMIT = "limit"
    """时限"""
    UNTIL = "until"
    """截止时刻"""
    UNIT = "unit"
    """另一业务单元"""
    TASKS = "tasks"
    """任务"""
    DEPARTMENTS = "departments"
    """部门"""
    ATTACHMENTS = "attachments"
    """佐证材料"""
    GRADE = "grade"
    """评价"""
    CLOCK = "clock"
    """时限名称"""
    KIND = "kind"
    """申请事项"""


def given(reason: str, data: Mapping[str, Any]) -> Collection[Need]:
    """Return what was said: the reason, if it is more than blanks, and what the data names."""
    found = {need for need in Need if data.get(need)}
    return found | {Need.REASON} if reason.strip() else found
