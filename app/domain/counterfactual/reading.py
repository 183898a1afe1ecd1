"""What another reading of the report would have led to."""

from collections.abc import Iterator
from math import ceil, floor

from app.domain.classify import Method
from app.domain.counterfactual.case import Case, told
from app.domain.explain.passage import Passage, Said
from app.domain.responsibility import Entry
from app.domain.route import RouteReason, to_centre
from app.domain.unit import State


def surer(case: Case) -> Iterator[Passage]:
    """Ask of a text that was not clear enough: how much was missing."""
    if case.unit.state is not State.TRIAGE or not case.candidates:
        return
    (best, score), confidence = case.candidates[0], case.background.confidence(case.unit)
    missing, would = ceil(round((confidence - score) * 100, 6)) / 100, case.would(best)
    category, title = _category(best, case), best.title
    zh = f"或上报时给定类别{category.zh}, " if category else ""
    en = f"or with category {category.en}, " if category else ""
    yield told(
        "text",
        f"若得分再高 {missing:.2f}(达到把握线 {confidence:.2f}), {zh}"
        f"即按《{title}》{would.said.zh}",
        f"With a score higher by {missing:.2f} (the confidence is {confidence:.2f}), {en}"
        f"it is filed under《{title}》: {would.said.en}",
        {
            **would.facts,
            "missing": missing,
            "confidence": confidence,
            "category": _named(best) if category else None,
        },
    )


def less_sure(case: Case) -> Iterator[Passage]:
    """Ask of a text that decided: how much less would have sent it to a person."""
    if case.classification.get("by") != Method.TEXT or not case.candidates or not case.root_entry:
        return
    score, confidence = case.candidates[0][1], case.background.confidence(case.unit)
    spare = (floor(round((score - confidence) * 100, 6)) + 1) / 100
    route = to_centre(case.path, case.book, RouteReason.OWNED)
    yield told(
        "text",
        f"若得分再低 {spare:.2f}(低于把握线 {confidence:.2f}), 即转{route.holder.name}人工研判",
        f"With a score lower by {spare:.2f} (under the confidence of {confidence:.2f}), a person at"
        f" {route.holder.name} looks at it first",
        {"spare": spare, "confidence": confidence, "holder": route.holder.code},
    )


def without_rule(case: Case) -> Iterator[Passage]:
    """Ask of a local rule: what the text alone would have led to."""
    if case.classification.get("by") != Method.RULE or not case.root_entry:
        return
    confidence = case.background.confidence(case.unit)
    if case.candidates and case.candidates[0][1] >= confidence:
        best = case.candidates[0][0]
        would = case.would(best)
        yield told(
            "rule",
            f"若不按本地规则, 文字匹配《{best.title}》, 将{would.said.zh}",
            f"Without the local rule the text says《{best.title}》: {would.said.en}",
            would.facts,
        )
        return
    centre = to_centre(case.path, case.book, RouteReason.OWNED).holder
    yield told(
        "rule",
        f"若不按本地规则, 文字把握不足, 即转{centre.name}人工研判",
        f"Without the local rule the text is not clear enough: a person at {centre.name} looks",
        {"holder": centre.code},
    )


def other_reading(case: Case) -> Iterator[Passage]:
    """Ask of the next entry that would have led elsewhere than the one it has or is nearest to."""
    best = case.entry or (case.candidates[0][0] if case.candidates else None)
    now = (case.unit.kind, case.unit.holder) if case.entry or not best else case.would(best).leads
    for entry, score in case.candidates:
        would = case.would(entry)
        if would.leads == now:
            continue
        category = _category(entry, case)
        zh = f"若上报时给定类别{category.zh}" if category else f"若文字更接近《{entry.title}》"
        en = (
            f"With category {category.en}" if category else f"Were the text nearer《{entry.title}》"
        )
        facts = {**would.facts, "score": score, "category": _named(entry) if category else None}
        yield told("category", f"{zh}, 将{would.said.zh}", f"{en}: {would.said.en}", facts)
        return


def _category(entry: Entry, case: Case) -> Said | None:
    """Return how to ask for the entry by its category; None where a category has several."""
    category = entry.category
    if len(case.background.rulebook.list.under(category)) != 1:
        return None
    named = f"{category.code}({entry.category_name}, {category.scheme} {category.class_})"
    return Said(f" {named}", named.replace("(", " (", 1))


def _named(entry: Entry) -> dict[str, str]:
    """Return the entry's category as a report gives it."""
    category = entry.category
    return {"scheme": category.scheme, "class": category.class_, "code": category.code}
