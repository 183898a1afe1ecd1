"""The check of a whole rulebook, with what only its matcher can tell: entries no report reaches."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Final

from app import data
from app.domain.area import AreaCode
from app.domain.check.finding import Finding, Fix, Severity, Sort, lines_of, some_en, some_zh
from app.domain.check.matters import Catalogue
from app.domain.check.report import Report, check
from app.domain.check.scene import Scene
from app.domain.organisation import Function
from app.domain.policy import Rule
from app.domain.responsibility import Category, Entry, EntryCode
from app.domain.rulebook import Rulebook
from app.flows.rulebook import Reference
from app.recall.entries import EntryMatcher
from app.recall.features import folded

BATCH: Final = 2000
"""Texts matched together: against 5,000 entries their scores take 40 MB."""


def check_whole(reference: Reference, catalogue: Catalogue, today: date) -> Report:
    """Return what is wrong with a rulebook on a day; seconds of pure computation."""
    rulebook = reference.rulebook
    functions = {Function(code): name for code, name in data.functions().items()}
    found = shadows(rulebook, reference.matcher, today)
    return check(rulebook, catalogue, today, found, functions=functions)


def shadows(rulebook: Rulebook, matcher: EntryMatcher, today: date) -> Iterator[Finding]:
    """Yield the entries that no report can reach, with what stands before each."""
    scene = Scene(rulebook, today)
    return chain(_ended(scene), _silenced(scene), _outdone(scene, matcher), _caught(scene))


def _said(entry: Entry) -> tuple[str, ...]:
    """Return the texts by which a report of the entry can be known."""
    said = (entry.title, entry.condition, *entry.synonyms, *entry.keywords, *entry.examples)
    return tuple(dict.fromkeys(said))


def _ended(scene: Scene) -> Iterator[Finding]:
    if scene.ended:
        rows = scene.rows(scene.ended)
        codes = [code for code, _ in rows]
        yield Finding(
            Sort.SHADOW,
            Severity.INFO,
            f"已过有效期, 不再立案: {some_zh(codes)}",
            f"past their validity, nothing is filed under them: {some_en(codes)}",
            Fix(
                f"list 第 {lines_of(rows)} 行: 仍须使用的, 更正 valid_to 列; 否则可保留备查",
                f"list row {lines_of(rows)}: correct valid_to if still needed; else leave them",
            ),
            rows,
            scene.whole,
        )


def _silenced(scene: Scene) -> Iterator[Finding]:
    """Yield the entries whose exclusions stand in all that would be said of them."""
    for entry in scene.entries:
        exclusions = [folded(word) for word in entry.exclusions]
        said = [
            folded(text)
            for text in (entry.title, *entry.synonyms, *entry.keywords, *entry.examples)
        ]
        if all(any(word in text for word in exclusions) for text in said):
            yield _shadow(
                scene,
                entry,
                "被自己的排除词排除: 标题、关键词、示例都含排除词",
                "is shut out by itself: its exclusions stand in its title, keywords and examples",
                Fix(
                    f"list 第 {scene.number[entry.code]} 行: 从 exclusions 列去掉其自身所用的词",
                    f"list row {scene.number[entry.code]}: take its own words out of exclusions",
                ),
            )


def _outdone(scene: Scene, matcher: EntryMatcher) -> Iterator[Finding]:
    """Yield the entries that another one of the category outranks in every text of their own."""
    among: dict[Category, list[EntryCode]] = {}
    for entry in scene.entries:
        among.setdefault(entry.category, []).append(entry.code)
    asked = [
        (entry, text)
        for entry in scene.entries
        if len(among[entry.category]) > 1
        for text in _said(entry)
    ]
    winners: dict[EntryCode, list[EntryCode]] = {}
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        fields = [among[entry.category] for entry, _ in batch]
        ranked = matcher.find_each_among([text for _, text in batch], fields, 1)
        for (entry, _), found in zip(batch, ranked, strict=True):
            winners.setdefault(entry.code, []).append(found[0].entry)
    for code, won in winners.items():
        if code not in won:
            yield _outranked(scene, scene.rulebook.list[code], max(won, key=won.count))


def _outranked(scene: Scene, entry: Entry, by: EntryCode) -> Finding:
    row, other = scene.number[entry.code], scene.number[by]
    return _shadow(
        scene,
        entry,
        f"的标题、条件、关键词、示例都更像 {by} (第 {other} 行)",
        f"is outranked by {by} (row {other}) in every text of its own",
        Fix(
            f"list 第 {row} 行: 在 keywords、examples 列写上只属于它的说法",
            f"list row {row}: give keywords and examples that only it would be told by",
        ),
    )


def _caught(scene: Scene) -> Iterator[Finding]:
    """Yield the entries whose every text a local rule gives to another entry first."""
    areas: dict[tuple[EntryCode, EntryCode, str], list[AreaCode]] = {}
    for area, policy in scene.policies.items():
        rules = [rule for rule in policy.rules if _catches_any_report(rule, scene)]
        for entry in scene.entries if rules else ():
            rule = _catcher(entry, rules)
            if rule is not None:
                areas.setdefault((entry.code, rule.entry, rule.name), []).append(area)
    for (code, other, name), caught in areas.items():
        yield _shadow(
            scene,
            scene.rulebook.list[code],
            f"的全部说法都先被规则“{name}”派给 {other}",
            f"never is reached: the rule “{name}” gives all its texts to {other} first",
            Fix(
                f'policies: 在 [policy."{caught[0]}"] 中收窄规则“{name}”的条件, 或删去该规则',
                f'policies: narrow rule “{name}” in [policy."{caught[0]}"], or delete it',
            ),
            areas=tuple(caught),
        )


def _catches_any_report(rule: Rule, scene: Scene) -> bool:
    """Tell whether a rule asks for words and nothing else, and can be applied."""
    plain = Rule(rule.name, rule.entry, contains=rule.contains, holder=rule.holder)
    entry = scene.rulebook.list.get(rule.entry)
    return rule == plain and entry is not None and not scene.has_ended(entry.valid_to)


def _catcher(entry: Entry, rules: Sequence[Rule]) -> Rule | None:
    """Return a rule for another entry, if such rules come first for every text of this one."""
    first: list[Rule | None] = [
        next((rule for rule in rules if all(word in text for word in rule.contains)), None)
        for text in _said(entry)
    ]
    if any(rule is None or rule.entry == entry.code for rule in first):
        return None
    return first[0]


def _shadow(
    scene: Scene,
    entry: Entry,
    zh: str,
    en: str,
    fix: Fix,
    *,
    areas: tuple[AreaCode, ...] | None = None,
) -> Finding:
    return Finding(
        Sort.SHADOW,
        Severity.ERROR,
        f"{entry.code} {entry.title}{zh}",
        f"{entry.code} {en}",
        fix,
        scene.rows([entry]),
        scene.whole if areas is None else areas,
    )
