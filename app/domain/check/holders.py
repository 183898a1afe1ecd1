"""Who holds what an entry asks for: gaps, levels beside every holder, duties pushed down."""

from collections.abc import Iterator, Mapping

from app.domain.area import AreaCode, Tier
from app.domain.check.finding import Finding, Fix, Severity, Sort, lines_of, some_en, some_zh
from app.domain.check.scene import Scene
from app.domain.destination import lowest
from app.domain.organisation import Function
from app.domain.responsibility import Duty, Entry
from app.domain.words import TIER

Needs = Mapping[tuple[Function, Tier], list[Entry]]
"""The entries that ask for a function at a level."""


def gaps(scene: Scene) -> Iterator[Finding]:
    """Yield what nobody does in some area: each function and level once, with every area."""
    for (function, level), entries in _leads(scene).items():
        if level in scene.tiers(function) and (missing := scene.without(function, level)):
            yield _gap(scene, function, level, entries, missing)
    for (function, level), entries in _others(scene).items():
        missing = scene.out_of_reach(function, level)
        if _is_within_reach(scene, function, level) and missing:
            yield _gap(scene, function, level, entries, missing, others=True)


def misplaced(scene: Scene) -> Iterator[Finding]:
    """Yield what is asked for at a level where nobody in the whole city holds it."""
    for (function, level), entries in _leads(scene).items():
        if scene.is_held(function) and level not in scene.tiers(function):
            yield _misplaced(scene, function, level, entries)
    for (function, level), entries in _others(scene).items():
        rest = [entry for entry in entries if entry.duty is not Duty.WITHDRAWN]
        if rest and scene.is_held(function) and not _is_within_reach(scene, function, level):
            yield _misplaced(scene, function, level, rest)


def pushed_down(scene: Scene) -> Iterator[Finding]:
    """Yield duties that the lists of the streets forbid: taken back, or only to be assisted."""
    groups: dict[tuple[Duty, Tier], list[Entry]] = {}
    for entry in scene.entries:
        if entry.duty is not None and _is_amiss(entry.duty, entry.level):
            groups.setdefault((entry.duty, entry.level), []).append(entry)
    for (duty, level), entries in groups.items():
        yield _pushed_down(scene, duty, level, entries)
    for (function, level), entries in _others(scene).items():
        taken = [entry for entry in entries if entry.duty is Duty.WITHDRAWN]
        if taken and scene.is_held(function) and not _is_within_reach(scene, function, level):
            yield _ordered_down(scene, function, level, taken)


def _leads(scene: Scene) -> Needs:
    """Return the entries whose lead is looked for at their own level and nowhere else."""
    found: dict[tuple[Function, Tier], list[Entry]] = {}
    for entry in scene.entries:
        if lowest(entry, entry.lead) is entry.level:
            found.setdefault((entry.lead, entry.level), []).append(entry)
    return found


def _others(scene: Scene) -> Needs:
    """Return the functions looked for from a level upwards: those that act besides the lead.

    So is a lead that a street's list keeps from its own level.
    """
    found: dict[tuple[Function, Tier], list[Entry]] = {}
    for entry in scene.entries:
        ordered = (order.function for order in entry.plan)
        for function in dict.fromkeys((entry.lead, *entry.joint, *ordered)):
            level = lowest(entry, function)
            if function != entry.lead or level is not entry.level:
                found.setdefault((function, level), []).append(entry)
    return found


def _is_within_reach(scene: Scene, function: Function, level: Tier) -> bool:
    return any(tier.rank <= level.rank for tier in scene.tiers(function))


def _gap(
    scene: Scene,
    function: Function,
    level: Tier,
    entries: list[Entry],
    missing: frozenset[AreaCode],
    *,
    others: bool = False,
) -> Finding:
    rows = scene.rows(entries)
    (zh, en), names = TIER[level], scene.names(missing)
    above_zh, above_en = ("及以上", " or above") if others else ("", "")
    return Finding(
        Sort.GAP,
        Severity.ERROR,
        f"职能 {scene.called(function)} 在{zh}{above_zh}无单位承担: {some_zh(names)};"
        f" 涉及 {len(rows)} 个条目",
        f"nobody holds {function} at the {en} level{above_en} in {some_en(names)};"
        f" entries that ask for it: {len(rows)}",
        Fix(
            f"organisations: 在 {names[0]} 某单位的 functions 列加上 {function}, 再 `yiguan load"
            f" organisations FILE`; 或改 list 第 {lines_of(rows)} 行",
            f"organisations: add {function} to the functions of a body of {names[0]}, then"
            f" `yiguan load organisations FILE`; or change row {lines_of(rows)} of the list",
        ),
        rows,
        tuple(sorted(missing)),
    )


def _misplaced(scene: Scene, function: Function, level: Tier, entries: list[Entry]) -> Finding:
    rows, tiers = scene.rows(entries), scene.tiers(function)
    held_zh = "、".join(TIER[tier][0] for tier in tiers)
    held_en = ", ".join(TIER[tier][1] for tier in tiers)
    return Finding(
        Sort.MISPLACED,
        Severity.ERROR,
        f"层级为{TIER[level][0]}, 但全市只在{held_zh}有单位承担职能 {scene.called(function)}",
        f"the level is {TIER[level][1]}, but {function} is held at {held_en} only",
        Fix(
            f"list 第 {lines_of(rows)} 行: level 列改为 {' 或 '.join(tiers)}, 或换一个职能",
            f"list row {lines_of(rows)}: set level to {' or '.join(tiers)}, or another function",
        ),
        rows,
        scene.whole,
    )


def _is_amiss(duty: Duty, level: Tier) -> bool:
    """Tell whether a duty stands at a level where the streets' lists do not have it."""
    if duty is Duty.BASIC:
        return level.rank < Tier.STREET.rank
    return level.rank > Tier.DISTRICT.rank


_SAID = {
    Duty.WITHDRAWN: (
        "上级部门已收回的事项, 层级不得为",
        "taken back by the departments above, yet its level is",
    ),
    Duty.COOPERATING: (
        "镇街只配合的事项, 层级不得为",
        "the street only assists, yet its level is",
    ),
    Duty.BASIC: ("镇街基本履职事项, 层级不应为", "the street's own duty, yet its level is"),
}


def _pushed_down(scene: Scene, duty: Duty, level: Tier, entries: list[Entry]) -> Finding:
    rows, (zh, en) = scene.rows(entries), _SAID[duty]
    ought = Tier.STREET if duty is Duty.BASIC else Tier.DISTRICT
    return Finding(
        Sort.PUSHED_DOWN,
        Severity.WARNING if duty is Duty.BASIC else Severity.ERROR,
        f"{zh}{TIER[level][0]}: {some_zh(code for code, _ in rows)}",
        f"{en} {TIER[level][1]}: {some_en(code for code, _ in rows)}",
        Fix(
            f"list 第 {lines_of(rows)} 行: level 列改为 {ought}, 或更正 duty 列",
            f"list row {lines_of(rows)}: set level to {ought}, or correct duty",
        ),
        rows,
        scene.whole,
    )


def _ordered_down(scene: Scene, function: Function, level: Tier, entries: list[Entry]) -> Finding:
    rows, tiers = scene.rows(entries), scene.tiers(function)
    held = "、".join(TIER[tier][0] for tier in tiers)
    return Finding(
        Sort.PUSHED_DOWN,
        Severity.ERROR,
        f"上级部门已收回的事项, 却把任务派给只在{held}承担的职能 {scene.called(function)}",
        f"taken back by the departments above, yet it orders {function}, held only at"
        f" {', '.join(tiers)} and not at {level} or above",
        Fix(
            f"list 第 {lines_of(rows)} 行: 从 joint、plan 列去掉 {function}",
            f"list row {lines_of(rows)}: take {function} out of joint and plan",
        ),
        rows,
        scene.whole,
    )
