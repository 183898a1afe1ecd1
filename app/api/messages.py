"""Messages: one shape for the feed, the stream and webhooks, made of the lines of the log."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from app.api import render
from app.api.models import Named, Told
from app.api.unit_models import UnitOut
from app.domain.action import Action
from app.domain.area import Tier
from app.domain.authority import Scope, sees
from app.domain.feed import Line, Stance, lies_in
from app.domain.responsibility import Kind
from app.domain.rulebook import Rulebook
from app.domain.topic import ACTION_OF, Topic
from app.domain.unit import Light, State, Unit

OPEN: Final = frozenset(State) - {state for state in State if state.is_final}
"""The states that count in a snapshot."""


class GroupOut(Told):
    """Where a unit counts in a snapshot: by its holder's code, state, kind and light."""

    organisation: str
    """承办单位编码 / holder's code"""
    state: State
    """状态 / state"""
    kind: Kind
    """类型 / kind"""
    light: Light | None
    """亮灯 / light"""


class CountChangeOut(Told):
    """Who holds counts takes one off `from` and puts one on `to`; null counts nowhere.

    A group is null where the unit is not in the reader's scope, is closed, or is not there yet.
    """

    from_: GroupOut | None = Field(alias="from")
    """从哪一组减一 / group that one is taken off"""
    to: GroupOut | None
    """向哪一组加一 / group that one is put on"""


class ThinUnit(Told):
    """Which unit it is; its `version` and all else are as they are when the line is read."""

    id: UUID
    """编号 / id"""
    number: str
    """案件号, 便于口述 / number that people say"""
    version: int
    """读取时的版本 / version as it was when the line was read"""
    parent: UUID | None
    """上级单元编号 / id of the unit it is a task of"""


class UnitData(Told):
    """What was done to a unit, by whom, and what that changes in the counts of a snapshot."""

    action: Action
    """操作 / action"""
    seq: int
    """流水序号, 自 1 起 / which line of the unit's log, from 1"""
    state: State
    """本条记录所到的状态 / state that this very line led to"""
    organisation: Named | None
    """经办单位 / organisation that did it"""
    actor: str | None
    """经办人, 系统所为则为空 / who did it; null: the service"""
    unit: UnitOut | ThinUnit
    """业务单元: 精简或完整(payload=full) / unit: thin, or whole with payload=full and in sight"""
    change: CountChangeOut | None
    """统计变化, 无变化为空 / what it changes in the counts of a snapshot; null: nothing"""
    reason: str | None = None
    """理由或说明(仅完整) / what was said (full only)"""
    details: dict[str, Any] | None = None
    """明细, 因操作而异(仅完整) / details, which differ by action (full only)"""


class RulebookData(Told):
    """A rulebook that was published, and when it comes into force."""

    version: int
    """规则库版本 / version"""
    changed: list[str]
    """变更的部分 / parts that were changed"""
    in_force_at: datetime
    """生效时间 / from when on it is in force"""
    by: str
    """发布人 / who published it"""
    note: str
    """说明 / what it is about"""


class MessageOut(Told):
    """One line of the log as its readers get it; the body of a webhook leaves `id` out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "msg_1_123",
                    "type": "unit.accepted",
                    "timestamp": "2026-11-20T01:31:00Z",
                    "data": {
                        "action": "accept",
                        "seq": 3,
                        "state": "accepted",
                        "organisation": {"code": "500103-CGJ", "name": "渝中区城市管理局"},
                        "actor": "陈工",
                        "unit": {
                            "id": "0192f3a0-5b1e-7c3a-9d52-3f0a6d1c2b4e",
                            "number": "500103-20261120-00042",
                            "version": 2,
                            "parent": None,
                        },
                        "change": {
                            "from": {
                                "organisation": "500103-CGJ",
                                "state": "dispatched",
                                "kind": "item",
                                "light": "green",
                            },
                            "to": {
                                "organisation": "500103-CGJ",
                                "state": "accepted",
                                "kind": "item",
                                "light": "green",
                            },
                        },
                    },
                }
            ]
        }
    )

    id: str
    """消息编号, 各通道一致, 即 webhook-id / id, the same in feed, stream and webhooks"""
    type: Topic
    """事件类型 / event type"""
    timestamp: datetime
    """发生时间 / when it happened"""
    data: UnitData | RulebookData
    """内容 / what happened"""


def message(line: Line, rulebook: Rulebook, scope: Scope, *, full: bool) -> dict[str, Any]:
    """Return what a line tells the readers of a scope, in plain values ready for JSON."""
    return {
        "id": line.id,
        "type": line.topic.value,
        "timestamp": _moment(line.at),
        "data": _published(line)
        if line.unit is None
        else _done(line, line.unit, rulebook, scope, full=full),
    }


def outlook(line: Line, scope: Scope) -> tuple[bool, bool, bool]:
    """Return whether the unit lay in the scope before the line, after it, and when it was read.

    All readers with the same outlook get the same message.
    """
    if scope.tier is Tier.CITY or line.unit is None:
        return True, True, True
    if line.unit.reporter == scope.account:
        return True, True, True
    before, after = line.before, line.after
    left = before is not None and lies_in(scope, before)
    return left, after is not None and lies_in(scope, after), sees(scope, line.unit)


def _done(
    line: Line, unit: Unit, rulebook: Rulebook, scope: Scope, *, full: bool
) -> dict[str, Any]:
    code = line.organisation
    was_in, is_in, is_seen = outlook(line, scope)
    body = rulebook.organisations.get(code) if code else None
    data: dict[str, Any] = {
        "action": ACTION_OF[line.topic].value,
        "seq": line.seq,
        "state": (line.state or unit.state).value,
        "organisation": {"code": code, "name": body.name if body else code} if code else None,
        "actor": line.actor_name,
        "unit": {
            "id": str(unit.id),
            "number": unit.number,
            "version": unit.version,
            "parent": str(unit.parent) if unit.parent else None,
        },
        "change": _change(line, was_in=was_in, is_in=is_in),
    }
    if full:
        if is_seen:
            # Its light as the log has told it: the same however late the line is read.
            shown = render.unit(unit, rulebook, unit.updated_at)
            data["unit"] = shown.model_dump(mode="json", by_alias=True)
        data |= {"reason": line.reason, "details": line.data}
    return data


def _published(line: Line) -> dict[str, Any]:
    told = line.data
    return {
        "version": told["version"],
        "changed": told["changed"],
        "in_force_at": _moment(datetime.fromisoformat(told["in_force_at"])),
        "by": told["by"],
        "note": line.reason,
    }


def _change(line: Line, *, was_in: bool, is_in: bool) -> dict[str, Any] | None:
    before, after = line.before, line.after
    # Only the first line of a change tells it; a new unit's comes from nowhere.
    if after is None or (before is None and line.seq != 1):
        return None
    left = _group(before) if before and was_in else None
    reached = _group(after) if is_in else None
    return None if left == reached else {"from": left, "to": reached}


def _group(stance: Stance) -> dict[str, str | None] | None:
    holder, state, kind, light, *_ = stance
    if state not in OPEN:
        return None
    return {"organisation": holder, "state": state, "kind": kind, "light": light or None}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
