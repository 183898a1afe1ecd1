"""What became of replayed rows, counted and shown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from rich.table import Table

from app.cli.root import console
from app.domain.area import Tier

_ROWS_SHOWN: Final = 5
_TOP: Final = 3


class Fate(StrEnum):
    """What the service made of a row."""

    WRITTEN = "written"
    """新写入"""
    KNOWN = "known"
    """已存在"""
    REFUSED = "refused"
    """被拒绝"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row's fate; for rows written now also who got it and what was considered.

    `candidates` are the service's own, best first: entry, score and, where it tells it, holder.
    """

    number: int
    fate: Fate
    reason: str = ""
    expected: str = ""
    holder: str = ""
    tier: str = ""
    is_triaged: bool = False
    candidates: tuple[Mapping[str, Any], ...] = ()


def holders(outcome: Outcome) -> list[str]:
    """Return the first holder and those of the candidates, best first, none twice."""
    named = (str(seen["holder"]) for seen in outcome.candidates if "holder" in seen)
    return list(dict.fromkeys((outcome.holder, *named)))


def show(outcomes: Sequence[Outcome]) -> None:
    """Print the counts, and every reason for a refusal with its first rows."""
    table = Table("回放结果 result", "行数 rows", "占比 share")
    for name, count, total in _lines(outcomes):
        table.add_row(name, str(count), f"{count / total:.1%}" if total else "")
    console.print(table)
    _show_refused(outcomes)


def _lines(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, int, int]]:
    """Yield name, count and what the share is of."""
    fates = Counter(outcome.fate for outcome in outcomes)
    written = [outcome for outcome in outcomes if outcome.fate is Fate.WRITTEN]
    yield "新写入 written", fates[Fate.WRITTEN], len(outcomes)
    yield "已存在 already there", fates[Fate.KNOWN], len(outcomes)
    yield "被拒绝 refused", fates[Fate.REFUSED], len(outcomes)
    triaged = sum(outcome.is_triaged for outcome in written)
    yield "直接派遣 straight", len(written) - triaged, len(written)
    yield "待研判 triage", triaged, len(written)
    tiers = Counter(outcome.tier for outcome in written)
    for tier in Tier:
        yield f"承办层级 holder: {tier}", tiers[tier], len(written)
    yield from _right(written)


def _right(written: Iterable[Outcome]) -> Iterator[tuple[str, int, int]]:
    """Yield how often the expected organisation was the first holder, or among the first three."""
    judged = [outcome for outcome in written if outcome.expected]
    if not judged:
        return
    ranked = [holders(outcome) for outcome in judged]
    first = sum(outcome.holder == outcome.expected for outcome in judged)
    three = sum(
        outcome.expected in named[:_TOP] for outcome, named in zip(judged, ranked, strict=True)
    )
    yield "首派正确 first holder as expected", first, len(judged)
    if any("holder" in seen for outcome in judged for seen in outcome.candidates):
        yield "前三含正确 expected among the first three", three, len(judged)


def _show_refused(outcomes: Iterable[Outcome]) -> None:
    reasons: dict[str, list[int]] = {}
    for outcome in outcomes:
        if outcome.fate is Fate.REFUSED:
            reasons.setdefault(outcome.reason, []).append(outcome.number)
    if not reasons:
        return
    table = Table("拒绝原因 why refused", "行数 rows", "首批行号 first rows")
    for reason, rows in sorted(reasons.items(), key=lambda item: -len(item[1])):
        more = " …" if len(rows) > _ROWS_SHOWN else ""
        table.add_row(reason, str(len(rows)), ", ".join(map(str, rows[:_ROWS_SHOWN])) + more)
    console.print(table)
