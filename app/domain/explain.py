"""Decisions told in words, from the reasons stored when they were made."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.domain.admission import Located
from app.domain.area import AreaCode
from app.domain.classify import Method
from app.domain.clock import Clock
from app.domain.responsibility import EntryCode
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from app.domain.words import BASIS, CLAUSE, CLOCK, KIND, TIER, Words

PLACE: Final[Words] = {
    Located.CODE: ("上报时给出的编码", "the code given"),
    Located.POINT: ("坐标", "the point"),
    Located.ADDRESS: ("地址文字", "the address"),
    Located.TEXT: ("事件描述中的地名", "a place named in the text"),
    Located.ORGANISATION: ("上报单位的辖区", "the reporter's own area"),
    Located.PERSON: ("人工研判", "a person"),
}
METHOD: Final[Words] = {
    Method.CODE: ("上报时给定的类别", "the category given"),
    Method.RULE: ("本地规则", "a local rule"),
    Method.TEXT: ("文字匹配", "the text"),
    Method.PERSON: ("人工研判", "a person"),
    Method.UNSURE: ("把握不足, 待人工研判", "not sure enough: a person must look"),
}
ROUTE: Final[Words] = {
    RouteReason.HELD: ("在该层级的本地承担此职能", "it holds the function at that level there"),
    RouteReason.ABOVE: ("本级无此职能, 由上级承担", "it holds the function one tier further up"),
    RouteReason.GAP: (
        "无单位承担此职能, 由中心兜底(职责空白)",
        "nobody holds it: a gap in the list",
    ),
    RouteReason.COARSE: ("位置不够具体, 由最近的中心承接", "the place is not known finely enough"),
    RouteReason.OWNED: ("事件由中心统筹", "a centre owns an event"),
    RouteReason.RULED: ("由中心指定", "named by a centre"),
    RouteReason.RETURNED: (
        "被退回, 由所属中心处理",
        "it was returned to the centre above its holder",
    ),
}


def explain(unit: Unit, clocks: Sequence[Clock], rulebook: Rulebook, *, chinese: bool) -> list[str]:
    """Return the unit's decisions as sentences, in the order they were taken.

    `rulebook` is the version the unit was judged by; moments are told in its zone.
    """
    say = _Teller(0 if chinese else 1, rulebook)
    reasons = unit.reasons
    told = [
        say.place(reasons["place"]) if "place" in reasons else "",
        say.entry(unit, reasons.get("classification", {})),
        say.kind(unit),
        say.route(unit, reasons.get("route", {})),
        *(say.clock(clock) for clock in clocks),
        say.text(f"依据规则库第 {unit.rulebook} 版判定。", f"Judged by rulebook {unit.rulebook}."),
    ]
    return [sentence for sentence in told if sentence]


class _Teller:
    """Says one decision at a time in one language."""

    def __init__(self, language: int, rulebook: Rulebook) -> None:
        self._language = language
        self._rulebook = rulebook
        self._zone = ZoneInfo(rulebook.calendar.zone)

    def text(self, chinese: str, english: str) -> str:
        return (chinese, english)[self._language]

    def word(self, words: Words, key: object) -> str:
        return words[key][self._language]

    def moment(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def place(self, reason: Mapping[str, Any]) -> str:
        path = self._rulebook.areas.path(AreaCode(reason["area"]))
        name = " ".join(area.name for area in path)
        by = self.word(PLACE, reason["by"])
        named = "、".join(reason["words"])
        words = self.text(f"(“{named}”)", f" ({named})") if named else ""
        return self.text(f"位置: {name}, 依据{by}{words}。", f"Place: {name}, by {by}{words}.")

    def entry(self, unit: Unit, reason: Mapping[str, Any]) -> str:
        if unit.task is not None:
            return self._order(unit)
        by = self.word(METHOD, reason.get("by", Method.PERSON))
        listed = self._candidates(reason.get("candidates", ()))
        if unit.entry is None:
            return self.text(f"类别: {by}。候选: {listed}", f"Entry: {by}. Candidates: {listed}")
        entry = self._rulebook.list.get(unit.entry)
        title = f"{unit.entry}《{entry.title}》" if entry else unit.entry
        condition = entry.condition if entry else ""
        said = self.text(
            f"条目: {title}, 立案条件“{condition}”, 由{by}确定。",
            f"Entry: {title}, filing condition “{condition}”, decided by {by}.",
        )
        return said + (self.text(f"候选: {listed}", f" Candidates: {listed}") if listed else "")

    def _order(self, unit: Unit) -> str:
        entry = self._rulebook.list.get(unit.entry) if unit.entry else None
        title = f"{entry.code}《{entry.title}》" if entry else ""
        number = (unit.task or 0) + 1
        return self.text(
            f"条目: 事件 {title} 预案的第 {number} 项任务“{unit.title}”。",
            f"Entry: task {number} “{unit.title}” of the plan of event {title}.",
        )

    def _candidates(self, candidates: Sequence[Mapping[str, Any]]) -> str:
        return "; ".join(self._candidate(one) for one in candidates)

    def _candidate(self, one: Mapping[str, Any]) -> str:
        entry = self._rulebook.list.get(EntryCode(one["entry"]))
        title = entry.title if entry else ""
        words = "、".join(one["words"])
        return f"{one['entry']} {title} {one['score']:.2f}" + (f" ({words})" if words else "")

    def kind(self, unit: Unit) -> str:
        kind, clause = self.word(KIND, unit.kind), self.word(CLAUSE, unit.clause)
        return self.text(f"类型: {kind}, 因为{clause}。", f"Kind: {kind}, because {clause}.")

    def route(self, unit: Unit, reason: Mapping[str, Any]) -> str:
        bodies = self._rulebook.organisations
        hops = " → ".join(bodies[code].name if code in bodies else code for code in unit.route)
        if not reason:
            return self.text(f"现由 {hops} 受理。", f"Now with: {hops}.")
        why, level = self.word(ROUTE, reason["by"]), self.word(TIER, reason["level"])
        function = reason["function"]
        return self.text(
            f"派遣路径: {hops}; 处置层级{level}, 职能 {function}, {why}。",
            f"Route: {hops}; level {level}, function {function}: {why}.",
        )

    def clock(self, clock: Clock) -> str:
        name, basis = self.word(CLOCK, clock.name), self.word(BASIS, clock.basis)
        start = self.moment(clock.started_at)
        due = self.moment(clock.due_at) if clock.due_at else "-"
        minutes = clock.limit // 60
        said = self.text(
            f"{name}时限: {minutes} 分钟{basis}, 自 {start} 起, 至 {due} 止",
            f"{name}: {minutes} minutes {basis}, from {start} until {due}",
        )
        return said + self._notes(clock)

    def _notes(self, clock: Clock) -> str:
        notes: list[tuple[bool, Callable[[], str]]] = [
            (
                clock.is_provisional,
                lambda: self.text("(暂定: 该年放假安排尚未公布)", " (provisional)"),
            ),
            (not clock.is_running, lambda: self.text("(已停止)", " (stopped)")),
            (
                clock.overdue_at is not None,
                lambda: self.text("(已超期)", " (overdue)"),
            ),
        ]
        return "".join(say() for holds, say in notes if holds) + self.text("。", ".")
