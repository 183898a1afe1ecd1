"""Why this kind and this level, and which entry empowers the holder."""

from collections.abc import Iterator
from dataclasses import replace

from app.domain.classify import kind_of
from app.domain.explain.holder import function_of, reasons_of
from app.domain.explain.passage import Background, Passage, Said, Subject
from app.domain.explain.words import DUTY, ENTRY_BASIS
from app.domain.responsibility import Entry, Urgency
from app.domain.route import RouteReason
from app.domain.unit import Clause, Unit
from app.domain.words import CLAUSE, KIND, TIER, URGENCY


def kind(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell which clause of the rule of kinds decided, or that the list did."""
    named, clause = KIND[unit.kind], CLAUSE[unit.clause]
    entry = background.entry(unit)
    zh, en, facts = "", "", {"kind": unit.kind, "clause": unit.clause}
    if unit.clause is Clause.LISTED and entry is not None:
        ruled, why = kind_of(replace(entry, kind=None))
        facts |= {"by_rule": ruled, "by_rule_clause": why}
        zh = f"(按通则应为{KIND[ruled][0]}: {CLAUSE[why][0]})"
        en = f" (by the general rule: {KIND[ruled][1]}, for {CLAUSE[why][1]})"
    if unit.clause is Clause.UNDECIDED:
        yield Passage(
            Subject.KIND,
            Said(f"{clause[0]}, 暂按{named[0]}登记。", f"{clause[1]}, {named[1]} for now."),
            facts,
        )
        return
    yield Passage(
        Subject.KIND,
        Said(
            f"{named[0]}, 因为{clause[0]}{zh}。",
            f"{named[1]}, because {clause[1]}{en}.",
        ),
        facts,
    )


def level(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell which tier the list lays the matter on, and what the streets' own list says of it."""
    if unit.level is None:
        return
    entry, tier = background.entry(unit), TIER[unit.level]
    duty = entry.duty if entry else None
    urgency = URGENCY[unit.urgency]
    pressing = unit.urgency is not Urgency.NORMAL
    zh = f"({DUTY[duty][0]})" if duty else ""
    en = f" ({DUTY[duty][1]})" if duty else ""
    yield Passage(
        Subject.LEVEL,
        Said(
            f"清单规定由{tier[0]}处置{zh}{f', 紧急程度为{urgency[0]}' if pressing else ''}。",
            f"the list lays it on the {tier[1]}{en}"
            f"{f', urgency {urgency[1]}' if pressing else ''}.",
        ),
        {"level": unit.level, "duty": duty, "urgency": unit.urgency},
    )


def basis(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell which entry empowers the holder, and by what law (法无授权不可为)."""
    entry = background.entry(unit)
    if unit.is_unlisted:
        is_ruled = reasons_of(unit).get("by") == RouteReason.RULED
        zh = "承办单位由中心指定" if is_ruled else "须由中心指定承办单位"
        en = "a centre has named one" if is_ruled else "a centre must name one"
        yield Passage(
            Subject.BASIS,
            Said(f"无清单依据, {zh}。", f"no entry of the list empowers a holder; {en}."),
            {"is_unlisted": True},
        )
    elif entry is not None:
        yield _empowered(unit, entry, background)


def _empowered(unit: Unit, entry: Entry, background: Background) -> Passage:
    function = background.function(function_of(unit, entry) or entry.lead)
    part = ("牵头", "to lead") if unit.task is None else ("承办此任务", "to do this task")
    kept = ENTRY_BASIS[entry.basis]
    law = Said(f"法律依据: {entry.law}", f"law: {entry.law}") if entry.law else Said("", "")
    source = f", {entry.source}" if entry.source else ""
    zh = [f"清单条目 {entry.code} 授权{function.zh}职能{part[0]}", law.zh, f"{kept[0]}{source}"]
    en = [f"entry {entry.code} empowers {function.en} {part[1]}", law.en, f"{kept[1]}{source}"]
    facts = {"entry": entry.code, "law": entry.law, "source": entry.source, "basis": entry.basis}
    return Passage(
        Subject.BASIS,
        Said("; ".join(filter(None, zh)) + "。", "; ".join(filter(None, en)) + "."),
        {**facts, "is_unlisted": False},
    )
