"""What another kind, holder or count of time would have led to."""

from collections.abc import Iterator
from dataclasses import replace

from app.domain.counterfactual.case import Case, told
from app.domain.destination import nearest_by_list
from app.domain.explain.holder import function_of, reached, reasons_of
from app.domain.explain.outcome import outcome
from app.domain.explain.passage import Passage, Said
from app.domain.limit import Basis
from app.domain.organisation import Function, Organisations
from app.domain.responsibility import Entry, Urgency
from app.domain.route import RouteReason
from app.domain.unit import Clause, ClockName


def other_kind(case: Case) -> Iterator[Passage]:
    """Ask of the kind: what without the clause that decided, or with one that did not."""
    entry = case.root_entry
    if entry is None or case.routed_by is RouteReason.RULE:
        return
    changed, said = _reworded(entry, case.unit.clause)
    would = outcome(changed, case.path, case.unit, case.book, is_issued=False)
    if case.changes(would):
        yield told(
            "kind", f"{said.zh}, 将{would.said.zh}", f"{said.en}: {would.said.en}", would.facts
        )


def _reworded(entry: Entry, clause: Clause) -> tuple[Entry, Said]:
    """Return the entry without what made its kind, and how to say so."""
    if clause is Clause.ISSUED:
        return entry, Said("若非上级交办", "Had it not been issued from above")
    if clause is Clause.LISTED:
        return replace(entry, kind=None), Said(
            "若清单不指定类型", "Did the list leave the kind to the rule"
        )
    if clause is Clause.SINGLE:
        return replace(entry, kind=None, urgency=Urgency.URGENT), Said(
            "若清单列为紧急(类型按通则)", "Did the list call it urgent (its kind by the rule)"
        )
    plain = replace(entry, kind=None, urgency=Urgency.NORMAL, plan=(), joint=())
    reasons = [
        (entry.urgency is not Urgency.NORMAL, "未列为紧急或重大", "did not call it pressing"),
        (bool(entry.plan), "未设预案", "had no plan for it"),
        (bool(entry.joint), "未要求共同处置", "asked no other body to act"),
    ]
    zh = "、".join(zh for holds, zh, _ in reasons if holds)
    en = " and ".join(en for holds, _, en in reasons if holds)
    return plain, Said(f"若清单{zh}", f"If the list {en}")


def by_list(case: Case) -> Iterator[Passage]:
    """Ask of what people named or gave back: who the list would have named."""
    entry = case.root_entry
    if entry is None or case.routed_by not in {RouteReason.RULED, RouteReason.RETURNED}:
        return
    would = case.would(entry)
    is_ruled = case.routed_by is RouteReason.RULED
    zh = "若不由中心指定" if is_ruled else "若未被退回"
    en = "Had no centre named the holder" if is_ruled else "Had it not been returned"
    if case.changes(would):
        yield told("holder", f"{zh}, 将{would.said.zh}", f"{en}: {would.said.en}", would.facts)


def held(case: Case) -> Iterator[Passage]:
    """Ask of a duty that nobody holds at the level: whose it would be, and who is next above."""
    entry = case.entry
    function = function_of(case.unit, entry)
    missing = {RouteReason.GAP, RouteReason.ABOVE}
    if entry is None or function is None or case.routed_by not in missing:
        return
    book, said = case.book, case.background.function(function)
    area = reached(case.unit, case.background)
    above = nearest_by_list(entry, function, case.path, book)
    zh, en, facts = "", "", {"function": function, "area": area.code}
    if case.routed_by is RouteReason.GAP and not above.is_gap:
        facts["above"] = above.holder.code
        zh = f"; 上级最近承担此职能的是{above.holder.name}"
        en = f"; the nearest above that holds it is {above.holder.name}"
    yield told(
        "holder",
        f"若{area.name}有单位承担{said.zh}职能, 将由该单位承办{zh}",
        f"If a body of {area.name} held {said.en}, it would have it{en}",
        facts,
    )


def stopped(case: Case) -> Iterator[Passage]:
    """Ask of a unit that was stopped on its way: who would have it if it had not been."""
    reason = reasons_of(case.unit)
    if "meant" not in reason:
        return
    meant, centre = case.background.body(case.holder), case.background.body(case.unit.holder)
    is_off = reason["by"] == RouteReason.OFF_DUTY
    zh = (
        f"若{meant}当时有人值班, 将由它承接" if is_off else f"若{centre}自动派遣, 将直接派给{meant}"
    )
    en = (
        f"Had somebody been on duty there, {meant} would have it"
        if is_off
        else f"If {centre} did not pass units on by hand, {meant} would have it"
    )
    yield told(
        "stop",
        f"{zh}, 将直接到{meant}",
        f"{en}: straight to {meant}",
        {"holder": case.holder, "by": reason["by"]},
    )


def stand_in(case: Case) -> Iterator[Passage]:
    """Ask of a holder: who would have it if this one did not hold the duty."""
    entry = case.root_entry
    if entry is None or case.routed_by not in {RouteReason.HELD, RouteReason.DUTY}:
        return
    book = replace(case.book, organisations=_without(entry.lead, case))
    would = outcome(entry, case.path, case.unit, book)
    own, said = case.background.body(case.holder), case.background.function(entry.lead)
    yield told(
        "holder",
        f"若{own}不承担{said.zh}职能, 将{would.said.zh}",
        f"If {own} did not hold {said.en}: {would.said.en}",
        {**would.facts, "function": entry.lead},
    )


def _without(function: Function, case: Case) -> Organisations:
    """Return the bodies around the place, of which the holder does not hold the function."""
    bodies = case.book.organisations
    around = (body for area in case.path for body in bodies.of_area(area.code))
    return Organisations(
        replace(body, functions=tuple(one for one in body.functions if one != function))
        if body.code == case.holder
        else body
        for body in around
    )


def other_limit(case: Case) -> Iterator[Passage]:
    """Ask of the deadline: when it would be if the other kind of time were counted."""
    for clock in case.clocks:
        if clock.name is not ClockName.DISPOSE or clock.spent or not clock.due_at:
            continue
        is_work = clock.basis is Basis.WORK
        calendar, other = case.background.rulebook.calendar, Basis.WALL if is_work else Basis.WORK
        due = calendar.add(clock.started_at, clock.limit, other).at
        if due == clock.due_at:
            continue
        moment = case.background.moment(due)
        zh, en = ("昼夜连续计", "wall-clock") if is_work else ("按工作时间计", "working")
        hours = f"{clock.limit / 3600:g}"
        yield told(
            "limit",
            f"若处置时限的 {hours} 小时{zh}, 至 {moment} 止",
            f"Were the {hours} hours of its limit {en} time: until {moment}",
            {"due_at": due, "basis": other},
        )
