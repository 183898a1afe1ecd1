"""What the fields of actions are called on their forms, in Chinese and in English."""

from collections.abc import Mapping
from typing import Final

from app.domain.action import Action
from app.domain.policy import WhistleKind

Both = tuple[str, str]

_FIELDS: Final[Mapping[str, Both]] = {
    "reason": ("说明", "Remarks"),
    "holder": ("承办单位", "Holder"),
    "entry": ("职责条目", "Entry of the list"),
    "area": ("所在区划", "Area"),
    "limit": ("时限", "Limit"),
    "until": ("截止时刻", "Until"),
    "into": ("并入的案件", "Unit to merge into"),
    "tasks": ("任务", "Tasks"),
    "departments": ("呼叫部门", "Departments called"),
    "attachments": ("佐证材料", "Attachments"),
    "grade": ("评价", "Grade"),
    "clock": ("超期的时限", "Limit that was late"),
    "kind": ("申请事项", "What is asked for"),
    "title": ("任务名称", "Task"),
    "function": ("职能", "Function"),
    "turn": ("第几轮", "Turn"),
    "lease": ("领取多久(秒)", "For how long, in seconds"),
}
_REASON: Final[Both] = ("理由", "Reason")
_OF_ACTIONS: Final[Mapping[tuple[Action, str], Both]] = {
    (Action.PASS_DOWN, "holder"): ("下级中心", "Centre below"),
    (Action.SUPPORT, "holder"): ("协办单位", "Who is to help"),
    (Action.WHISTLE, "kind"): ("哨声类别", "Kind of whistle"),
    (Action.SUPERVISE, "limit"): ("督办时限", "Deadline set"),
    (Action.NOTE, "reason"): ("备注内容", "Note"),
    (Action.RESOLVE, "reason"): ("处置情况", "What was done"),
    (Action.SELF_HANDLE, "reason"): ("处置情况", "What was done"),
}
OTHER: Final[Mapping[str, Both]] = {
    WhistleKind.WORK: ("工作推进哨", "work whistle"),
    WhistleKind.HARD: ("攻坚克难哨", "hard-case whistle"),
}
"""Codes that the dictionary does not have."""


def label(action: Action, key: str, *, is_required: bool) -> Both:
    """Return what a field of an action is called; one nobody has named goes by its own name."""
    own = _OF_ACTIONS.get((action, key))
    if own is not None:
        return own
    if key == "reason" and is_required:
        return _REASON
    return _FIELDS.get(key, (key, key.replace("_", " ").capitalize()))
