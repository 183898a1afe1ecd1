"""Why this holder: what it holds and where, or why it has the unit although it does not."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.domain.area import Area, Tier
from app.domain.destination import lowest
from app.domain.explain.passage import Background, Passage, Said, Subject
from app.domain.explain.words import quoted
from app.domain.organisation import Function, OrganisationCode
from app.domain.responsibility import Entry
from app.domain.route import RouteReason
from app.domain.unit import State, Unit
from app.domain.words import TIER, Words

# `{area}` is where the list looks for a holder, `{function}` the duty, `{level}` the tier asked
# for, `{rule}` the local rule that decided, `{ruler}` who named the holder.
ROUTE: Final[Words] = {
    RouteReason.HELD: ("它在{area}承担{function}职能", "it holds {function} in {area}"),
    RouteReason.ABOVE: (
        "{area}无单位承担{function}职能, 由上级承担",
        "nobody holds {function} in {area}, so one above does",
    ),
    RouteReason.GAP: (
        "{area}无单位承担{function}职能(职责空白), 由中心兜底",
        "nobody holds {function} in {area}: a gap in the list, so the centre has it",
    ),
    RouteReason.COARSE: (
        "清单规定由{level}处置, 而位置只知到{area}, 由最近的中心承接",
        "the list asks for the {level}, the place is only known to {area}",
    ),
    RouteReason.OWNED: ("事件由中心统筹, 交各承办单位分头办理", "a centre owns an event"),
    RouteReason.EMERGENCY: (
        "紧急情况直达镇街中心统筹, 同时通知各级中心",
        "an emergency goes straight to the street centre, and those above are told",
    ),
    RouteReason.STEPWISE: (
        "该中心逐级派遣, 等待人工下派",
        "this centre passes units on by hand",
    ),
    RouteReason.OFF_DUTY: (
        "应承接的单位无人值班, 由上级中心承接",
        "nobody is on duty where it was going, so the centre above has it",
    ),
    RouteReason.DUTY: (
        "该事项不由镇街牵头, 它在{area}承担{function}职能",
        "no street leads in this matter, it holds {function} in {area}",
    ),
    RouteReason.RULE: ("由本地规则“{rule}”指定", "named by the local rule “{rule}”"),
    RouteReason.RULED: ("由中心{ruler}指定", "named by a centre{ruler}"),
    RouteReason.ESCALATED: (
        "由下级上报, 由上级中心处理",
        "it was sent up, and the centre above must act",
    ),
    RouteReason.DISPUTED: (
        "多次退回, 由上级中心指定承办",
        "it was returned too often: the centre above must rule who has it",
    ),
    RouteReason.RETURNED: (
        "被退回, 由所属中心处理",
        "it was returned to the centre above its holder",
    ),
}
TRIAGED: Final = Said("条目未定, 由最近的中心研判", "the entry is open: the nearest centre decides")
UNKNOWN: Final = Said("现由它受理", "it has the unit now")


def holder(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell who has the unit, their telephone, who is on duty, and why it is theirs."""
    name, reason = background.body(unit.holder), reasons_of(unit)
    known = background.rulebook.organisations.get(unit.holder)
    phone = known.phone if known else ""
    people = reason.get("on_duty", ())
    on_duty = "、".join(f"{one['person']} {one['phone']}".strip() for one in people)
    why, hops = _whole_why(unit, reason, background), " → ".join(map(background.body, unit.route))
    zh = [name, phone and f"电话 {phone}", on_duty and f"值班 {on_duty}", why.zh]
    en = [name, phone and f"tel. {phone}", on_duty and f"on duty {on_duty}", why.en]
    yield Passage(
        Subject.HOLDER,
        Said(
            f"{', '.join(filter(None, zh))}; 派遣路径: {hops}。",
            f"{', '.join(filter(None, en))}; route: {hops}.",
        ),
        {
            "holder": unit.holder,
            "holder_name": name,
            "phone": phone,
            "on_duty": list(people),
            "by": reason.get("by"),
            "meant": reason.get("meant"),
            "meant_by": reason.get("meant_by"),
            "function": function_of(unit, background.entry(unit)),
            "route": list(unit.route),
        },
    )


def reasons_of(unit: Unit) -> Mapping[str, Any]:
    """Return why the holder has the unit; of one in triage only why it was stopped, if it was."""
    reasons = unit.reasons
    ruled = {"by": RouteReason.RULED} if "ruling" in reasons else None
    found: Mapping[str, Any] = reasons.get("route") or ruled or reasons.get("triage") or {}
    return found


def _whole_why(unit: Unit, reason: Mapping[str, Any], background: Background) -> Said:
    """Say why the holder has it, and of a unit stopped on its way where it was going and why."""
    if not reason:
        return TRIAGED if unit.state is State.TRIAGE else UNKNOWN
    why = _why(reason["by"], unit, background)
    if "meant" not in reason:
        return why
    meant = background.body(OrganisationCode(reason["meant"]))
    after = TRIAGED if unit.level is None else _why(reason["meant_by"], unit, background)
    return Said(
        f"{why.zh}; 应到{meant}: {after.zh}", f"{why.en}; it was going to {meant}: {after.en}"
    )


def _why(by: str, unit: Unit, background: Background) -> Said:
    entry = background.entry(unit)
    function = function_of(unit, entry)
    said = background.function(function) if function else Said("", "")
    tier = TIER[lowest(entry, function) if entry and function else unit.level or Tier.CITY]
    area, rule = reached(unit, background).name, unit.reasons.get("classification", {}).get("rule")
    ruler = unit.reasons.get("ruling", {}).get("by", "")
    zh, en = ROUTE[by]
    return Said(
        zh.format(area=area, function=said.zh, level=tier[0], rule=rule, ruler=quoted([ruler])),
        en.format(
            area=area, function=said.en, level=tier[1], rule=rule, ruler=ruler and f" ({ruler})"
        ),
    )


def function_of(unit: Unit, entry: Entry | None) -> Function | None:
    """Return the duty the unit's holder is sought by."""
    if entry is None:
        return None
    return entry.lead if unit.task is None else entry.orders[unit.task].function


def reached(unit: Unit, background: Background) -> Area:
    """Return the area where the list looks for a holder, or the known one around it."""
    path, entry = background.path(unit), background.entry(unit)
    function = function_of(unit, entry)
    if entry is None or function is None:
        return path[-1]
    return path[: lowest(entry, function).rank + 1][-1]
