"""A unit's log as people read it: codes become names, and what is for machines is left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.api.unit_models import StepOut
from app.domain.family import Bond
from app.domain.organisation import OrganisationCode
from app.domain.policy import WhistleKind
from app.domain.request import RequestKind
from app.domain.responsibility import EntryCode, Kind, Urgency
from app.domain.similar import Likeness
from app.domain.unit import Clause, ClockName, Grade, State
from app.web.act_words import OTHER, Both
from app.web.visitor import Visitor

SHOWN: Final = 50
"""Lines shown at first."""
_LABELS: Final[Mapping[str, Both]] = {
    "entry": ("条目", "Entry"),
    "holder": ("承办", "Holder"),
    "from": ("原为", "Before"),
    "to": ("报至", "Goes to"),
    "told": ("告知", "Told"),
    "meant": ("拟派", "Meant for"),
    "limit": ("时限", "Limit"),
    "until": ("至", "Until"),
    "asked_at": ("申请于", "Asked at"),
    "clock": ("时限", "Limit"),
    "due_at": ("期限", "Due"),
    "at": ("时刻", "At"),
    "late": ("超期", "Late"),
    "returns": ("退回次数", "Returned, times"),
    "times": ("次数", "Times"),
    "number": ("案件", "Unit"),
    "with": ("随案件", "With"),
    "last": ("最后任务", "Last task"),
    "tasks": ("任务", "Tasks"),
    "departments": ("部门", "Departments"),
    "organisations": ("单位", "Organisations"),
    "attachments": ("佐证材料", "Attachments"),
    "kind": ("类别", "Kind"),
    "clause": ("判定依据", "Clause"),
    "urgency": ("紧急程度", "Urgency"),
    "state": ("状态", "State"),
    "grade": ("评价", "Grade"),
    "satisfaction": ("评价", "Grade"),
    "bond": ("由来", "As"),
    "by": ("依据", "By"),
    "metres": ("相距(米)", "Metres apart"),
    "title": ("任务", "Task"),
    "plan": ("方案", "Plan"),
}
_CODES: Final = (ClockName, RequestKind, WhistleKind, Kind, Clause, Urgency, State, Grade, Bond)
_OTHER: Final[Mapping[str, Both]] = {
    **OTHER,
    Likeness.DEVICE: ("同一设备", "the same device"),
    Likeness.POINT: ("点位相近", "the same spot"),
    Likeness.ADDRESS: ("同一地址", "the same address"),
    Likeness.GRID: ("同一网格", "the same grid"),
}
_COUNTED: Final = frozenset({"attachments"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log, with its details in words."""

    step: StepOut
    details: Sequence[tuple[str, str]]


def lines(steps: Sequence[StepOut], me: Visitor) -> list[Line]:
    """Return a log in the reader's words."""
    return [Line(step, tuple(_details(step.data, me))) for step in steps]


def _details(data: Mapping[str, Any], me: Visitor) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if key not in _LABELS or value in (None, "", []):
            continue
        said = str(len(value)) if key in _COUNTED else _said(value, me)
        if said:
            yield me.reader.say(*_LABELS[key]), said


def _said(value: Any, me: Visitor) -> str:
    """Return a value in words; what has none is not said."""
    match value:
        case bool():
            return me.reader.say("是" if value else "否", "yes" if value else "no")
        case int() | float():
            return str(value)
        case str():
            return _text(value, me)
        case list():
            return me.reader.say("、", ", ").join(filter(None, (_said(one, me) for one in value)))
        case dict():
            return str(value.get("title") or "")
        case _:
            return ""


def _text(value: str, me: Visitor) -> str:
    for known in (_body, _entry, _code, _moment):
        found = known(value, me)
        if found:
            return found
    return value


def _body(value: str, me: Visitor) -> str:
    body = me.rulebook.organisations.get(OrganisationCode(value))
    return body.name if body else ""


def _entry(value: str, me: Visitor) -> str:
    entry = me.rulebook.list.get(EntryCode(value))
    return f"{entry.title} ({value})" if entry else ""


def _code(value: str, me: Visitor) -> str:
    if value in _OTHER:
        return me.reader.say(*_OTHER[value])
    sort = next((one for one in _CODES if value in tuple(one)), None)
    return me.reader.word(sort(value)) if sort else ""


def _moment(value: str, me: Visitor) -> str:
    if not value[:4].isdigit() or "T" not in value:
        return ""
    try:
        return me.reader.moment(datetime.fromisoformat(value))
    except ValueError:
        return ""
