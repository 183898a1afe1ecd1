"""A trial for the office: what changes, who gains and loses, and examples, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.domain.area import Tier
from app.domain.explain.words import METHOD
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode, Kind
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.trial import ASPECT, Aspect, Change, Example, Trial, Values
from app.domain.unit import State
from app.domain.words import KIND, STATE, TIER
from app.sheets.export import Sheet, workbook

NOTHING: Final = "—"
_ROUTE: Final[Mapping[str, str]] = {
    RouteReason.HELD: "本地承担此职能",
    RouteReason.ABOVE: "由上级承担",
    RouteReason.GAP: "无单位承担, 中心兜底",
    RouteReason.COARSE: "位置不够具体",
    RouteReason.OWNED: "中心统筹",
    RouteReason.EMERGENCY: "紧急直达镇街中心",
    RouteReason.STEPWISE: "逐级派遣, 等待此中心下派",
    RouteReason.OFF_DUTY: "无人值班, 由上级中心承接",
    RouteReason.DUTY: "镇街不牵头, 由区县以上承担",
    RouteReason.RULE: "本地规则指定",
}


@dataclass(frozen=True, slots=True)
class Sides:
    """The two rulebooks of a trial: they tell what codes are called."""

    before: Rulebook
    after: Rulebook

    def organisation(self, code: OrganisationCode) -> str:
        """Return a body's name, as the draft has it if it does."""
        bodies = self.after.organisations
        known = bodies if code in bodies else self.before.organisations
        return known[code].name

    def texts(self, change: Change) -> tuple[str, str]:
        """Return both values of a change in words."""
        return (
            _words(change.aspect, change.before, self.before),
            _words(change.aspect, change.after, self.after),
        )


def _words(aspect: Aspect, values: Values, rulebook: Rulebook) -> str:
    named = [_word(aspect, value, rulebook) for value in values]
    return "、".join(dict.fromkeys(named)) or NOTHING


def _word(aspect: Aspect, value: str | datetime, rulebook: Rulebook) -> str:
    if isinstance(value, datetime):
        zone = ZoneInfo(rulebook.calendar.zone)
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    match aspect:
        case Aspect.ENTRY:
            return f"{value} {rulebook.list[EntryCode(value)].title}"
        case Aspect.HOLDER:
            return rulebook.organisations[OrganisationCode(value)].name
        case Aspect.KIND:
            return KIND[Kind(value)][0]
        case Aspect.LEVEL:
            return TIER[Tier(value)][0]
        case _:
            return STATE[State.TRIAGE][0]


def why(reasons: Mapping[str, Any]) -> str:
    """Return in a few words why an event was filed and routed so."""
    classified = reasons.get("classification", {})
    candidates: Sequence[Mapping[str, Any]] = classified.get("candidates", ())
    words = "、".join(candidates[0].get("words", ())) if candidates else ""
    by = METHOD[classified["by"]][0] if "by" in classified else ""
    routed = _ROUTE.get(reasons.get("route", {}).get("by", ""), "")
    return "; ".join(part for part in (f"{by}({words})" if words else by, routed) if part)


def summary(trial: Trial) -> Iterator[tuple[str, str, int]]:
    """Yield what is counted, in Chinese and in English."""
    yield "试运行事件", "events tried", trial.total
    yield "有变化", "changed", trial.changed
    for aspect in Aspect:
        zh, en = ASPECT[aspect]
        yield f"  {zh}变化", f"{en} changed", trial.by_aspect[aspect]
    yield "转入待研判", "to triage", trial.to_triage
    yield "不再待研判", "out of triage", trial.out_of_triage
    by_draft = sum(count for one, count in trial.refused.items() if one.by_draft)
    yield "草稿不予受理", "refused by the draft", by_draft
    rest = trial.refused.total() - by_draft
    yield "对照版也不受理, 未比较", "not comparable", rest


def kinds(trial: Trial) -> Iterator[tuple[str, str, int, int]]:
    """Yield each kind with its units before and after; what waits for a person has none."""
    for kind, load in trial.kinds.items():
        zh, en = KIND[kind] if kind else STATE[State.TRIAGE]
        yield zh, en, load.before, load.after


def trial_book(trial: Trial, sides: Sides) -> bytes:
    """Return the workbook: summary, kinds, load by organisation, changed events."""
    loads = (
        (sides.organisation(code), code, load.before, load.after, load.gain)
        for code, load in trial.loads.items()
    )
    refused = (
        (one.zh, "草稿" if one.by_draft else "对照版", count)
        for one, count in trial.refused.most_common()
    )
    changed = (row for example in trial.examples for row in _changed(example, sides))
    return workbook(
        (
            Sheet("汇总", ("项目", "数量"), ((zh, count) for zh, _, count in summary(trial))),
            Sheet(
                "类型占比",
                ("类型", "试运行前", "占比前", "试运行后", "占比后"),
                _shares(trial),
            ),
            Sheet("单位负荷", ("单位", "编码", "试运行前", "试运行后", "增减"), loads),
            Sheet(
                "变化事件",
                ("事件编号", "描述", "变化项", "原判定", "新判定", "原依据", "新依据"),
                changed,
            ),
            Sheet("不予受理", ("原因", "由谁", "数量"), refused),
        )
    )


def _shares(trial: Trial) -> Iterator[tuple[object, ...]]:
    rows = list(kinds(trial))
    old, new = sum(row[2] for row in rows), sum(row[3] for row in rows)
    for zh, _, before, after in rows:
        yield zh, before, f"{before / max(old, 1):.1%}", after, f"{after / max(new, 1):.1%}"


def _changed(example: Example, sides: Sides) -> Iterator[tuple[object, ...]]:
    for change in example.changes:
        was, becomes = sides.texts(change)
        reasons = why(example.before), why(example.after)
        yield str(example.event), example.text, ASPECT[change.aspect][0], was, becomes, *reasons
