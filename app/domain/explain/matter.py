"""Why this place and this entry: by which words, and which others were near."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.domain.classify import Method
from app.domain.explain.outcome import outcome
from app.domain.explain.passage import Background, Passage, Said, Subject
from app.domain.explain.words import METHOD, OBSTACLE, PLACE, quoted
from app.domain.responsibility import Entry, EntryCode
from app.domain.unit import Unit

NEAR: Final = 3
"""How many of the entries that were near are told."""

FAINT: Final = 0.02
"""Below this score an entry was seen but is not near."""


def place(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell where it is and by what that was known."""
    reason, path = unit.reasons.get("place"), background.path(unit)
    names = " ".join(area.name for area in path)
    if reason is None:
        said = Said(f"{names}, 同所属事件。", f"{names}, that of its event.")
        yield Passage(Subject.PLACE, said, {"area": path[-1].code, "tier": path[-1].tier})
        return
    by, words = PLACE[reason["by"]], quoted(reason["words"])
    yield Passage(
        Subject.PLACE,
        Said(
            f"{names}, 依据{by[0]}{words}。",
            f"{names}, by {by[1]}{words and f' {words}'}.",
        ),
        {
            "area": path[-1].code,
            "tier": path[-1].tier,
            "by": reason["by"],
            "words": reason["words"],
        },
    )


def entry(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell which filing condition it was filed under, or why none."""
    reason = unit.reasons.get("classification", {})
    found = background.rulebook.list.get(unit.entry) if unit.entry else None
    if unit.task is not None:
        yield _order(unit, found)
    elif unit.entry is None and "ruling" in unit.reasons:
        said = Said(
            "清单中没有对应条目, 由中心指定承办。", "none of the list; a centre named the holder."
        )
        yield Passage(Subject.ENTRY, said, {"entry": None})
    elif unit.entry is None:
        yield _undecided(reason, background.confidence(unit))
    elif found is not None:
        yield _decided(found, reason, background.confidence(unit))


def _order(unit: Unit, found: Entry | None) -> Passage:
    title = f"{found.code}《{found.title}》" if found else ""
    number = (unit.task or 0) + 1
    return Passage(
        Subject.ENTRY,
        Said(
            f"事件 {title} 的第 {number} 项任务“{unit.title}”。",
            f"task {number} “{unit.title}” of event {title}.",
        ),
        {"entry": unit.entry, "task": unit.task},
    )


def _undecided(reason: Mapping[str, Any], confidence: float) -> Passage:
    candidates: Sequence[Mapping[str, Any]] = reason.get("candidates", ())
    facts = {"by": reason.get("by", Method.UNSURE), "confidence": confidence}
    if not candidates:
        said = Said(
            "未定; 描述与清单没有相同的字词, 待人工研判。",
            "none; the text shares no words with the list, a person must look.",
        )
        return Passage(Subject.ENTRY, said, facts)
    best = candidates[0]["score"]
    said = Said(
        f"未定; 最高得分 {best:.2f}, 低于把握线 {confidence:.2f}, 待人工研判。",
        f"none; the best score {best:.2f} is below the confidence of {confidence:.2f},"
        " a person must look.",
    )
    return Passage(Subject.ENTRY, said, {**facts, "score": best})


def _decided(found: Entry, reason: Mapping[str, Any], confidence: float) -> Passage:
    seen: Sequence[Mapping[str, Any]] = reason.get("candidates", ())
    own = next((one for one in seen if one["entry"] == found.code), {})
    method, words = reason.get("by", Method.PERSON), own.get("words", ())
    by = _by(method, reason.get("rule", ""), quoted(words))
    facts = {
        "entry": found.code,
        "title": found.title,
        "condition": found.condition,
        "by": method,
        "rule": reason.get("rule", ""),
        "words": words,
    }
    if method == Method.TEXT and own:
        score = own["score"]
        facts |= {"score": score, "confidence": confidence}
        by = Said(
            f"{by.zh}, 得分 {score:.2f}, 达到把握线 {confidence:.2f}",
            f"{by.en}, score {score:.2f}, reaching the confidence of {confidence:.2f}",
        )
    return Passage(
        Subject.ENTRY,
        Said(
            f"{found.code}《{found.title}》, 立案条件“{found.condition}”; 由{by.zh}。",
            f"{found.code}《{found.title}》, filing condition “{found.condition}”;"
            f" decided by {by.en}.",
        ),
        facts,
    )


def _by(method: str, rule: str, words: str) -> Said:
    by = METHOD[method]
    if method == Method.RULE:
        return Said(f"{by[0]}“{rule}”确定", f"{by[1]} “{rule}”")
    if method in {Method.TEXT, Method.CODE} and words:
        return Said(
            f"{by[0]}{words}确定" if method == Method.TEXT else f"{by[0]}及描述中的{words}确定",
            f"{by[1]} {words}",
        )
    return Said(f"{by[0]}确定", by[1])


def near(unit: Unit, background: Background) -> Iterator[Passage]:
    """Tell which other conditions the text came near to, and who would have got it then."""
    seen = unit.reasons.get("classification", {}).get("candidates", ())
    others = [one for one in seen if one["entry"] != unit.entry and one["score"] >= FAINT]
    for one in others[:NEAR]:
        found = background.rulebook.list.get(EntryCode(one["entry"]))
        if found is not None:
            yield _candidate(one, found, unit, background)


def _candidate(one: Mapping[str, Any], found: Entry, unit: Unit, background: Background) -> Passage:
    path = background.path(unit)
    would = outcome(found, path, unit, background.around(path, unit))
    words, score = quoted(one["words"]), f"{one['score']:.2f}"
    return Passage(
        Subject.NEAR,
        Said(
            f"{found.code}《{found.title}》, 得分 {score}{words and f', {words}'};"
            f" 若按此条, 将{would.said.zh}。",
            f"{found.code}《{found.title}》, score {score}{words and f', {words}'};"
            f" under it this would be {would.said.en}.",
        ),
        {**would.facts, "title": found.title, "score": one["score"], "words": one["words"]},
    )


def skipped(unit: Unit, _background: Background) -> Iterator[Passage]:
    """Tell which local rules were passed over although they would have applied."""
    for one in unit.reasons.get("classification", {}).get("skipped", ()):
        why = OBSTACLE[one["why"]]
        yield Passage(
            Subject.RULE,
            Said(
                f"“{one['rule']}”本应适用, 已跳过: {why[0]}。",
                f"“{one['rule']}” would have applied and was skipped: {why[1]}.",
            ),
            dict(one),
        )
