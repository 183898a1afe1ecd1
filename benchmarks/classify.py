"""How well free texts are recalled: petitions beside scikit-learn, and reports by phone.

python -m benchmarks.classify
python -m benchmarks.classify --file my_reports.csv

A file has the columns text and code (class 事项 of GB/T 47678.5-2026), and street_code if the
recognition of places is to be measured too.
"""

import argparse
import csv
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from app import data
from app.domain.area import Areas, Tier
from app.domain.classify import Candidate
from app.domain.limit import parse_limit
from app.domain.organisation import Function
from app.domain.policy import Policy
from app.domain.responsibility import (
    Category,
    Entry,
    EntryCode,
    Evidence,
    Kind,
    ResponsibilityList,
    Urgency,
)
from app.domain.rulebook import Part
from app.recall.entries import EntryMatcher
from app.recall.places import Gazetteer
from app.sheets import areas as area_sheet
from app.sheets import responsibility as list_sheet

ROOT: Final = Path(__file__).parents[1]
REPORTS: Final = ROOT / "benchmarks/data/phone_reports.csv"
SHARED: Final = Path(os.environ.get("YIGUAN_SHARED_DATA") or ROOT.parent / "shared/data")
SCHEME: Final = "GB/T 47678.5-2026"
MATTER: Final = "事项"
CONFIDENCE: Final = Policy().confidence
BATCH: Final = 200
PARTS: Final = 5
PLACED: Final = 0.6


@dataclass(frozen=True)
class Report:
    """One text with what it should be recalled as."""

    text: str
    code: str
    street: str = ""


@dataclass(frozen=True)
class Outcome:
    """Shares of all reports, 0 to 1; `right` is the share of the dispatched that is right."""

    first: float
    three: float
    dispatched: float
    right: float


def shipped_entries() -> tuple[Entry, ...]:
    """Return the list that the product ships."""
    return list_sheet.parse(data.shipped(Part.LIST), functions=data.functions())


def shipped_areas() -> Areas:
    """Return the areas that the product ships."""
    return Areas(area_sheet.parse(data.shipped(Part.AREAS)))


def read_reports(path: Path) -> list[Report]:
    """Return the reports of a CSV with the columns text, code and perhaps street_code."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Report(row["text"], row["code"], row.get("street_code") or "") for row in rows]


def judge(
    found: Sequence[tuple[Candidate, ...]],
    truth: Sequence[Callable[[EntryCode], bool]],
) -> Outcome:
    """Compare candidates with what each text should be."""
    hits = [
        [is_right(seen.entry) for seen in seen_all]
        for seen_all, is_right in zip(found, truth, strict=True)
    ]
    sure = [
        hit[0]
        for hit, seen in zip(hits, found, strict=True)
        if seen and seen[0].score >= CONFIDENCE
    ]
    return Outcome(
        first=_share(hit[:1].count(True) for hit in hits),
        three=_share(any(hit[:3]) for hit in hits),
        dispatched=len(sure) / max(len(hits), 1),
        right=_share(sure),
    )


def _share(hits: Iterable[bool | int]) -> float:
    counted = list(hits)
    return sum(counted) / max(len(counted), 1)


def cost(matcher: EntryMatcher, texts: Sequence[str]) -> tuple[float, float]:
    """Return the CPU per text in batches of 200 and alone, in microseconds."""
    many = (list(texts) * (BATCH // len(texts) + 1))[:BATCH]
    matcher.find(many)
    return (
        min(_cpu(lambda: matcher.find(many)) for _ in range(5)) / len(many),
        _cpu(lambda: [matcher.find([text]) for text in texts]) / len(texts),
    )


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e6


def score_reports(console: Console, path: Path, entries: tuple[Entry, ...]) -> None:
    """Print how the shipped list does on a file of reports."""
    reports = read_reports(path)
    start = time.process_time()
    matcher = EntryMatcher.build(entries)
    built = time.process_time() - start
    listed = ResponsibilityList(entries)
    texts = [report.text for report in reports]
    found = matcher.find(texts)
    outcome = judge(found, [_category_is(listed, report.code) for report in reports])
    batch, alone = cost(matcher, texts)
    table = Table(title=f"{path.name}: {len(reports)} reports, {len(entries)} entries")
    table.add_column("measure")
    table.add_column("figure", justify="right")
    table.add_row("right code first (top-1)", f"{outcome.first:.1%}")
    table.add_row("right code in the first three (top-3)", f"{outcome.three:.1%}")
    table.add_row(f"dispatched automatically (score ≥ {CONFIDENCE})", f"{outcome.dispatched:.1%}")
    table.add_row("  of these right", f"{outcome.right:.1%}")
    table.add_row("left to triage", f"{1 - outcome.dispatched:.1%}")
    table.add_row(f"CPU per text, batches of {BATCH}", f"{batch:.0f} µs")
    table.add_row("CPU per text, alone", f"{alone:.0f} µs")
    table.add_row("CPU to learn the list", f"{built:.2f} s")
    placed = [report for report in reports if report.street]
    if placed:
        right, wrong = score_places(placed)
        table.add_row(f"street recognised ({len(placed)} texts name one)", f"{right:.1%}")
        table.add_row("another street taken for it", f"{wrong:.1%}")
    console.print(table)


def _category_is(listed: ResponsibilityList, code: str) -> Callable[[EntryCode], bool]:
    return lambda entry: listed[entry].category == Category(SCHEME, MATTER, code)


def score_places(reports: Sequence[Report]) -> tuple[float, float]:
    """Return the shares of texts placed in the right street, and in another one."""
    areas = shipped_areas()
    gazetteer = Gazetteer.build(areas)
    right = wrong = 0
    for report in reports:
        found = gazetteer.find(report.text)
        if found and found[0].score >= PLACED:
            street = areas.at(found[0].area, Tier.STREET)
            right += street is not None and street.code == report.street
            wrong += street is not None and street.code != report.street
    return right / len(reports), wrong / len(reports)


def score_petitions(console: Console) -> None:
    """Print how the same matcher does on 7 broad labels, beside a linear SVM."""
    path = SHARED / "petition_titles.csv"
    if not path.exists():
        console.print(f"{path} is not here (set YIGUAN_SHARED_DATA): petitions left out")
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["title"], row["label"]) for row in csv.DictReader(file)]
    table = Table(title=f"{len(rows)} petition titles, 7 labels: trained on 4/5, tested on 1/5")
    for column in ("tested part", "recall (top-1)", "recall (top-3)", "TF-IDF(1-3) + LinearSVC"):
        table.add_column(column, justify="right")
    total: list[tuple[float, float, float]] = []
    for part in range(PARTS):
        train = [row for row in rows if _part(row[0]) != part]
        test = [row for row in rows if _part(row[0]) == part]
        ours, theirs = _recalled(train, test), _classified(train, test)
        total.append((ours.first, ours.three, theirs))
        table.add_row(str(part), f"{ours.first:.1%}", f"{ours.three:.1%}", f"{theirs:.1%}")
    means = [sum(column) / PARTS for column in zip(*total, strict=True)]
    table.add_section()
    table.add_row("mean", *(f"{mean:.1%}" for mean in means))
    console.print(table)


def _part(title: str) -> int:
    """Return the fifth that a title belongs to, the same on every machine."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % PARTS


def _recalled(train: Sequence[tuple[str, str]], test: Sequence[tuple[str, str]]) -> Outcome:
    labels = sorted({label for _, label in train})
    matcher = EntryMatcher.build(
        _labelled(label, [title for title, own in train if own == label]) for label in labels
    )
    found = matcher.find([title for title, _ in test])
    return judge(found, [_is(label) for _, label in test])


def _is(label: str) -> Callable[[EntryCode], bool]:
    return lambda entry: entry == label


def _labelled(label: str, titles: Sequence[str]) -> Entry:
    """Return a label as an entry with its titles as examples."""
    return Entry(
        code=EntryCode(label),
        category=Category("petition", MATTER, label),
        category_name=label,
        title=label,
        condition=label,
        closing="",
        kind=Kind.ITEM,
        level=Tier.DISTRICT,
        lead=Function("mediation"),
        support=(),
        urgency=Urgency.NORMAL,
        limit=parse_limit("5工作日"),
        evidence=Evidence.NONE,
        examples=tuple(titles),
    )


def _classified(train: Sequence[tuple[str, str]], test: Sequence[tuple[str, str]]) -> float:
    """Return the accuracy of the usual baseline."""
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    known = features.fit_transform([title for title, _ in train])
    machine = LinearSVC().fit(known, [label for _, label in train])
    said = machine.predict(features.transform([title for title, _ in test]))
    return _share(one == label for one, (_, label) in zip(said, test, strict=True))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.classify",
        description="How well texts are recalled: petitions, and reports by phone.",
        epilog="example: python -m benchmarks.classify --file my_reports.csv",
    )
    parser.add_argument(
        "--file",
        type=Path,
        help="score this CSV (text,code[,street_code]; code of class 事项) instead of both",
    )
    chosen = parser.parse_args(arguments)
    console = Console()
    if chosen.file is None:
        score_petitions(console)
    reports = chosen.file or REPORTS
    if not reports.exists():
        parser.error(f"{reports} is not here")
    score_reports(console, reports, shipped_entries())


if __name__ == "__main__":
    main()
