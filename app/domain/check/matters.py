"""The list by itself: categories without an entry, conditions claimed twice, one kind only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from app.domain.check.finding import Finding, Fix, Severity, Sort, lines_of, some_en, some_zh
from app.domain.check.scene import Scene
from app.domain.classify import kind_of
from app.domain.responsibility import Category, Entry
from app.domain.words import KIND

Catalogue = Mapping[Category, str]
"""The names of a classification's categories."""

NEAR: Final = 0.9
"""Conditions that share so much of their character pairs say the same."""
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


def uncovered(scene: Scene, catalogue: Catalogue) -> Iterator[Finding]:
    """Yield the categories without an entry, of classifications the list covers by half."""
    covered = {one for entry in scene.entries for one in (entry.category, *entry.also)}
    used = {entry.category.scheme for entry in scene.entries}
    for scheme in sorted(used & {category.scheme for category in catalogue}):
        known = [category for category in catalogue if category.scheme == scheme]
        missing = [category for category in known if category not in covered]
        if len(missing) * 2 > len(known):
            continue
        for class_ in sorted({category.class_ for category in missing}):
            lacking = [category for category in missing if category.class_ == class_]
            yield _uncovered(scene, lacking, catalogue)


def _uncovered(scene: Scene, missing: Sequence[Category], catalogue: Catalogue) -> Finding:
    first = missing[0]
    names = [f"{category.code} {catalogue[category]}" for category in missing]
    return Finding(
        Sort.UNCOVERED,
        Severity.WARNING,
        f"{first.scheme} {first.class_}有 {len(missing)} 个类别没有条目: {some_zh(names)}",
        f"{first.scheme} {first.class_}: categories without an entry ({len(missing)}):"
        f" {some_en(names)}",
        Fix(
            f"list: 增加 scheme={first.scheme}、class={first.class_}、code={first.code} 的行,"
            " 或在相同事项的 also 列写上该类别",
            f"list: add a row with scheme={first.scheme}, class={first.class_},"
            f" code={first.code}, or name the category in also of the same matter",
        ),
        areas=scene.whole,
        categories=tuple(missing),
    )


def overlaps(scene: Scene) -> Iterator[Finding]:
    """Yield pairs of entries of one matter whose conditions say the same."""
    groups: dict[object, list[_Claim]] = {}
    for entry in scene.entries:
        claim = _claim(entry)
        groups.setdefault(entry.category, []).append(claim)
        groups.setdefault((entry.category.scheme, entry.title), []).append(claim)
    seen: set[tuple[Entry, ...]] = set()
    for group in groups.values():
        for one, other in combinations(group, 2):
            pair = (one.entry, other.entry)
            if pair not in seen and _is_same(one, other):
                seen.add(pair)
                yield _overlap(scene, *pair)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a condition comes to: its signs, its numbers, its pairs of characters."""

    entry: Entry
    bare: str
    numbers: tuple[str, ...]
    pairs: frozenset[tuple[str, str]]


def _claim(entry: Entry) -> _Claim:
    bare = "".join(sign for sign in entry.condition if sign.isalnum()).lower()
    numbers = tuple(_NUMBER.findall(entry.condition))
    return _Claim(entry, bare, numbers, frozenset(pairwise(bare)))


def _is_same(one: _Claim, other: _Claim) -> bool:
    if one.numbers != other.numbers or not _is_at_once(one.entry, other.entry):
        return False
    if one.bare == other.bare:
        return True
    shared, either = len(one.pairs & other.pairs), len(one.pairs | other.pairs)
    return shared >= NEAR * either > 0


def _is_at_once(one: Entry, other: Entry) -> bool:
    """Tell whether both are in force on some day."""
    return all(
        earlier.valid_to is None or later.valid_from is None or later.valid_from < earlier.valid_to
        for earlier, later in ((one, other), (other, one))
    )


def _overlap(scene: Scene, one: Entry, other: Entry) -> Finding:
    rows = scene.rows((one, other))
    first, second = rows
    return Finding(
        Sort.OVERLAP,
        Severity.ERROR,
        f"{first[0]} 与 {second[0]} 的立案条件相同: {other.condition}",
        f"{first[0]} and {second[0]} claim the same condition: {other.condition}",
        Fix(
            f"list 第 {first[1]}、{second[1]} 行: 删去一行, 或在 condition 列写明两者的区别",
            f"list rows {first[1]} and {second[1]}: delete one, or say in condition how they"
            " differ",
        ),
        rows,
        scene.whole,
    )


def uniform(scene: Scene) -> Iterator[Finding]:
    """Yield the fact that a list knows one kind only."""
    kinds = {kind_of(entry)[0] for entry in scene.entries}
    if len(scene.entries) < 2 or len(kinds) > 1:
        return
    zh, en = KIND[kinds.pop()]
    rows = scene.rows(scene.entries)
    yield Finding(
        Sort.UNIFORM,
        Severity.WARNING,
        f"全部 {len(rows)} 个条目的类型都是{zh}: 三类业务单元没有区分",
        f"all {len(rows)} entries are of the kind {en}: the list does not tell kinds apart",
        Fix(
            f"list 第 {lines_of(rows)} 行: 清空 kind 列即由规则判定; 紧急、有预案、须多单位共同"
            "处置的为事件",
            f"list row {lines_of(rows)}: leave kind empty and the rule decides; urgent, planned"
            " and joint matters are events",
        ),
        rows,
        scene.whole,
    )
