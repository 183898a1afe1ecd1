"""The check of a rulebook: 20 faults of each sort, all found, and nothing else said."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest

from app import data
from app.domain.check.finding import SORT, Finding, Severity, Sort
from app.domain.check.report import Report, check
from app.domain.responsibility import Kind
from app.domain.rulebook import Rulebook
from tests import planting
from tests.planting import FAULTS, TODAY, Fault, Planted

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
PLANTERS: dict[Sort, Callable[[Rulebook], Planted]] = {
    Sort.GAP: planting.gaps,
    Sort.UNCOVERED: planting.uncovered,
    Sort.OVERLAP: planting.overlaps,
    Sort.RIVALS: planting.rivals,
    Sort.DEAD: planting.dead,
    Sort.UNMEETABLE: planting.unmeetable,
    Sort.MISPLACED: planting.misplaced,
    Sort.PUSHED_DOWN: planting.pushed_down,
    Sort.UNIFORM: planting.uniform,
}
"""Shadows need a matcher: tests/flows/test_shadows.py."""


@pytest.fixture(scope="module")
def city() -> Rulebook:
    return planting.clean_city()


@pytest.fixture(scope="module", params=PLANTERS)
def planted(request: pytest.FixtureRequest, city: Rulebook) -> tuple[Sort, Planted, Report]:
    """Faults of one sort in the clean city, and what the check says of it."""
    done = PLANTERS[request.param](city)
    return request.param, done, checked(done.rulebook)


def checked(rulebook: Rulebook) -> Report:
    return check(rulebook, data.categories(), TODAY)


def is_of(finding: Finding, fault: Fault) -> bool:
    return (
        fault.rows <= {code for code, _ in finding.rows}
        and fault.areas <= set(finding.areas)
        and fault.categories <= set(finding.categories)
    )


def test_the_shipped_city_has_no_fault(city: Rulebook):
    assert checked(city).findings == ()


def test_the_whole_city_is_checked_in_seconds(city: Rulebook):
    begun = perf_counter()
    checked(city)
    assert perf_counter() - begun < 5


def test_all_that_is_planted_is_found_and_nothing_else(planted: tuple[Sort, Planted, Report]):
    sort, (faults, found) = planted[0], (planted[1].faults, planted[2].findings)
    assert {finding.sort for finding in found} == {sort}
    assert len(set(faults)) == (1 if sort is Sort.UNIFORM else FAULTS)
    assert [one for one in faults if not any(is_of(other, one) for other in found)] == []
    assert {code for one in found for code, _ in one.rows} == union(faults, "rows")
    assert {area for one in found for area in one.areas} == union(faults, "areas")
    assert {name for one in found for name in one.categories} == union(faults, "categories")


def union(faults: Iterable[Fault], what: str) -> set[object]:
    return {one for fault in faults for one in getattr(fault, what)}


def test_rows_are_those_of_the_sheet(city: Rulebook):
    place, entry = next(
        (place, entry) for place, entry in enumerate(city.list.values()) if entry.lead == "telecom"
    )
    rulebook = planting.changed(city, [replace(entry, lead=planting.Function("nobody"))])
    (finding,) = checked(rulebook).findings
    # The header is row 1.
    assert finding.rows == ((entry.code, place + 2),)


def test_every_finding_says_where_and_what_to_do(planted: tuple[Sort, Planted, Report]):
    sort, _, report = planted
    for finding in report.findings:
        assert finding.areas
        assert all((finding.zh, finding.en, finding.fix.zh, finding.fix.en))
        assert finding.link == f"docs/checks.md#{sort}"


@pytest.mark.parametrize("sort", Sort)
def test_every_sort_has_its_words_and_a_section_of_the_page(sort: Sort):
    assert SORT[sort]
    assert f"\n## {sort}\n" in PAGE.read_text(encoding="utf-8")


def test_the_worst_stands_first(city: Rulebook):
    found = checked(planting.unmeetable(city).rulebook).findings
    severities = [finding.severity for finding in found]
    assert {severities[0], severities[-1]} == {Severity.ERROR, Severity.WARNING}
    assert severities == sorted(severities)


def test_the_shares_of_the_kinds_add_up(city: Rulebook):
    report = checked(city)
    assert report.entries == len(city.list)
    assert sum(report.shares.values()) == pytest.approx(1)
    assert report.shares[Kind.EVENT] > 0.1


def test_findings_that_concern_many_are_told_once(city: Rulebook):
    bodies = [
        replace(body, functions=()) if body.code.endswith("-WG") else body
        for body in city.organisations.values()
    ]
    rulebook = replace(city, organisations=planting.Organisations(bodies[:-1]))
    found = checked(rulebook).findings
    # Grids hold nothing any more: a finding a function, not one a grid and entry.
    assert {finding.sort for finding in found} == {Sort.MISPLACED}
    assert len(found) == len(planting.led_at(city, planting.Tier.GRID))
